// Ties the parts together: the life of the server, the status, the slides, the commands, the events of the window.

import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';

import { askForDeck, askForProof, type Channels, makeClient } from './client';
import { registerCommands } from './commands';
import { RESTART_KEYS } from './configuration';
import { describe, type FoundServer } from './discovery';
import { Lifecycle, type State } from './lifecycle';
import { chosenInterpreter, watchInterpreters } from './python_environments';
import { ServerSearch } from './server_search';
import { SlidesLinks } from './slides_link';
import { SlidesPanel } from './slides_panel';
import { Status } from './status';
import { WorkspaceCheck } from './workspace_check';

export class App implements vscode.Disposable {
  readonly log = vscode.window.createOutputChannel('AwaitLens', { log: true });
  readonly channels: Channels = {
    server: vscode.window.createOutputChannel('AwaitLens Server', { log: true }),
    trace: vscode.window.createOutputChannel('AwaitLens Trace', { log: true }),
  };
  readonly slides = new SlidesPanel(async (...place) => (this.client ? askForDeck(this.client, ...place) : null));
  private readonly links = new SlidesLinks((uri, position) => this.slides.show(uri, position));
  readonly check = new WorkspaceCheck((line) => this.log.info(line));
  readonly search: ServerSearch;
  readonly lifecycle: Lifecycle;
  state: State = { kind: 'off' };
  /** What the settings say. The state may lag behind: a server takes a while to start and to stop. */
  private enabled = isEnabledSomewhere();
  private readonly status = new Status();
  private readonly parts: vscode.Disposable[] = [];

  constructor(readonly context: vscode.ExtensionContext) {
    this.search = new ServerSearch(
      context,
      chosenInterpreter,
      (line) => this.log.info(line),
      (step) => this.status.step(step),
    );
    this.lifecycle = new Lifecycle({
      find: () => this.search.find(),
      connect: (server, down) => this.connect(server, down),
      show: (state) => this.show(state),
      complain: (message) => void this.complain(message),
      log: (line) => this.log.info(line),
    });
    this.parts.push(
      this.log,
      this.channels.server,
      this.channels.trace,
      this.slides,
      this.links,
      this.check,
      this.status,
      registerCommands(this),
      ...this.watch(),
    );
  }

  get version(): string {
    return (this.context.extension.packageJSON as { version: string }).version;
  }

  get client(): LanguageClient | undefined {
    return this.lifecycle.connection as LanguageClient | undefined;
  }

  async begin(): Promise<void> {
    this.parts.push(await watchInterpreters(() => this.reconsider()));
    if (this.enabled) {
      await this.lifecycle.start();
    }
  }

  async end(): Promise<void> {
    await this.lifecycle.stop();
  }

  dispose(): void {
    this.parts.forEach((part) => part.dispose());
  }

  /** The proof of the race at a place, in a new buffer that the user may read, run and keep. */
  async prove(uri: vscode.Uri, position: vscode.Position): Promise<void> {
    const proof = this.client ? await askForProof(this.client, uri, position) : null;
    if (!proof) {
      vscode.window.setStatusBarMessage('AwaitLens has nothing to prove on this line.', 5000);
      return;
    }
    const document = await vscode.workspace.openTextDocument({ language: 'python', content: proof.script });
    await vscode.window.showTextDocument(document, vscode.ViewColumn.Beside);
  }

  private connect(server: FoundServer, down: () => void): LanguageClient {
    this.log.info(`server ${server.version}, ${describe(server)}`);
    return makeClient(server, {
      channels: this.channels,
      folder: this.context.globalStorageUri.fsPath,
      down,
      link: (uri, diagnostics) => this.links.into(uri, diagnostics),
      showSlides: async (uri, position) => void (await this.slides.show(uri, position)),
      prove: (uri, position) => this.prove(uri, position),
    });
  }

  private show(state: State): void {
    this.state = state;
    this.status.show(state);
  }

  private async complain(message: string): Promise<void> {
    const choice = await vscode.window.showErrorMessage(message, 'Try Again', 'Show Log', 'Settings');
    if (choice === 'Try Again') {
      await this.lifecycle.restart();
    } else if (choice === 'Show Log') {
      this.log.show();
    } else if (choice === 'Settings') {
      await vscode.commands.executeCommand('workbench.action.openSettings', 'awaitlens.path');
    }
  }

  private watch(): vscode.Disposable[] {
    return [
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.reconsider()),
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.reconsider()),
      vscode.workspace.onDidChangeConfiguration((change) => this.settingsChanged(change)),
    ];
  }

  private reconsider(): void {
    if (!this.followSwitch() && this.enabled) {
      void this.lifecycle.reconsider();
    }
  }

  // All other settings reach the server while it runs: it asks for them.
  private settingsChanged(change: vscode.ConfigurationChangeEvent): void {
    const mustRestart = RESTART_KEYS.some((key) => change.affectsConfiguration(key));
    if (!this.followSwitch() && this.enabled && mustRestart) {
      void this.lifecycle.restart();
    }
  }

  /** Starts or stops the server if the settings now say the other thing; whether they do. */
  private followSwitch(): boolean {
    const enabled = isEnabledSomewhere();
    if (enabled === this.enabled) {
      return false;
    }
    this.enabled = enabled;
    void (enabled ? this.lifecycle.restart() : this.lifecycle.stop());
    return true;
  }
}

function isEnabledSomewhere(): boolean {
  const places = vscode.workspace.workspaceFolders?.map((folder) => folder.uri) ?? [undefined];
  return places.some((place) => vscode.workspace.getConfiguration('awaitlens', place).get('enable', true));
}
