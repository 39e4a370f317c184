// The commands of the palette and of the links in hovers.

import * as vscode from 'vscode';

import type { App } from './app';
import { debugInformation } from './debug_information';
import { placeOf } from './place';

const EXAMPLE = `import asyncio
import time


async def greet(name: str) -> None:
    time.sleep(1)
    print(f"Hello, {name}")


asyncio.run(greet("you"))
`;

export function registerCommands(app: App): vscode.Disposable {
  const commands: Record<string, (...args: unknown[]) => unknown> = {
    showSlides: (place) => showSlides(app, place),
    proveIt: (place) => proveIt(app, place),
    checkWorkspace: () => checkWorkspace(app),
    restart: () => app.lifecycle.restart(),
    installServer: () => installServer(app),
    showLog: () => app.log.show(),
    showServerLog: () => app.channels.server.show(),
    copyDebugInformation: () => copyDebugInformation(app),
    newExample: () => newExample(),
  };
  const registered = Object.entries(commands).map(([name, act]) =>
    vscode.commands.registerCommand(`awaitlens.${name}`, act),
  );
  return vscode.Disposable.from(...registered);
}

// From a hover or a code action the place comes along; from the palette it is where the cursor stands.
async function showSlides(app: App, argument: unknown): Promise<void> {
  const place = placeOf(argument) ?? cursor();
  if (place) {
    await app.slides.show(place.uri, place.position);
  }
}

async function proveIt(app: App, argument: unknown): Promise<void> {
  const place = placeOf(argument) ?? cursor();
  if (place) {
    await app.prove(place.uri, place.position);
  }
}

function cursor(): { uri: vscode.Uri; position: vscode.Position } | undefined {
  const editor = vscode.window.activeTextEditor;
  return editor && { uri: editor.document.uri, position: editor.selection.active };
}

async function checkWorkspace(app: App): Promise<void> {
  if (app.state.kind !== 'running') {
    void vscode.window.setStatusBarMessage('AwaitLens does not run yet.', 5000);
    return;
  }
  await app.check.run(app.state.server);
  await vscode.commands.executeCommand('workbench.actions.view.problems');
}

async function installServer(app: App): Promise<void> {
  await app.lifecycle.stop();
  await app.search.forget();
  await app.lifecycle.restart();
}

async function copyDebugInformation(app: App): Promise<void> {
  const settings = vscode.workspace.getConfiguration('awaitlens');
  const text = debugInformation({
    extension: app.version,
    editor: `${vscode.env.appName} ${vscode.version}`,
    system: `${process.platform} ${process.arch}`,
    remote: vscode.env.remoteName,
    trusted: vscode.workspace.isTrusted,
    folders: vscode.workspace.workspaceFolders?.length ?? 0,
    state: app.state,
    settings: changed(settings, app.context),
    serverState: await app.client
      ?.sendRequest('workspace/executeCommand', { command: 'awaitlens.debugInformation', arguments: [] })
      .catch(String),
  });
  await vscode.env.clipboard.writeText(text);
  app.log.info(text);
  vscode.window.setStatusBarMessage('Debug information of AwaitLens copied.', 5000);
}

function changed(settings: vscode.WorkspaceConfiguration, context: vscode.ExtensionContext): Record<string, unknown> {
  const { contributes } = context.extension.packageJSON as { contributes: { configuration: { properties: object }[] } };
  const keys = contributes.configuration
    .flatMap((section) => Object.keys(section.properties))
    .map((key) => key.slice('awaitlens.'.length));
  const given = keys.map((key) => [key, settings.get(key), settings.inspect(key)?.defaultValue] as const);
  return Object.fromEntries(given.filter(([, value, standard]) => JSON.stringify(value) !== JSON.stringify(standard)));
}

async function newExample(): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ language: 'python', content: EXAMPLE });
  await vscode.window.showTextDocument(document);
}
