// Looks for the server in this window: what the window offers, what of it may be trusted, and the private environment.

import { readdir } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';

import { findServer, type FoundServer, type Places } from './discovery';
import { expandPath, programsOnPath, type SearchPath } from './paths';
import { existingInterpreter, forgetEnvironment, makeEnvironment, SetupFailure } from './private_environment';
import { run } from './process';
import { findPython } from './python';

type Choose = (folder: vscode.Uri | undefined) => Promise<string | undefined>;

export class ServerSearch {
  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly choose: Choose,
    private readonly log: (line: string) => void,
    private readonly step: (text: string) => void,
  ) {}

  /** The server for this window. Rejects with SettingFailure or SetupFailure. */
  async find(): Promise<FoundServer> {
    const { version } = this.context.extension.packageJSON as { version: string };
    return findServer(await this.places(), version, run, this.log);
  }

  /** Removes the private environment; the next search that needs it makes it again. */
  async forget(): Promise<void> {
    await forgetEnvironment(this.storage, await this.wheel());
  }

  private async places(): Promise<Places> {
    const interpreters = await this.interpreters();
    const setting = vscode.workspace.getConfiguration('awaitlens').get('path', '');
    return {
      setting: expandPath(setting, vscode.workspace.workspaceFolders?.[0]?.uri.fsPath),
      interpreters,
      onPath: programsOnPath('awaitlens', this.searchPath()),
      privateInterpreter: () => this.privateInterpreter(interpreters),
    };
  }

  // A folder that is not trusted may carry an interpreter of its own making. It is not even asked for its version.
  private async interpreters(): Promise<string[]> {
    if (!vscode.workspace.isTrusted) {
      return [];
    }
    const folders = vscode.workspace.workspaceFolders?.map((folder) => folder.uri) ?? [undefined];
    const chosen = await Promise.all(folders.map((folder) => this.choose(folder)));
    return [...new Set(chosen.filter((interpreter) => interpreter !== undefined))];
  }

  private searchPath(): SearchPath {
    const folders = vscode.workspace.workspaceFolders?.map((folder) => folder.uri.fsPath) ?? [];
    return { value: process.env['PATH'] ?? '', avoid: vscode.workspace.isTrusted ? [] : folders };
  }

  private async privateInterpreter(interpreters: readonly string[]): Promise<string> {
    const wheel = await this.wheel();
    return (await existingInterpreter(this.storage, wheel)) ?? this.make(wheel, interpreters);
  }

  private async make(wheel: string, interpreters: readonly string[]): Promise<string> {
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: 'AwaitLens sets up its server',
      cancellable: true,
    };
    return vscode.window.withProgress(options, (progress, token) => {
      const stop = new AbortController();
      token.onCancellationRequested(() => stop.abort());
      return makeEnvironment({
        storage: this.storage,
        wheel,
        run,
        uv: programsOnPath('uv', this.searchPath())[0],
        python: () => findPython(interpreters, this.searchPath(), run),
        report: (message) => this.report(message, progress),
        signal: stop.signal,
      });
    });
  }

  private report(message: string, progress: vscode.Progress<{ message: string }>): void {
    this.log(`private environment: ${message}`);
    this.step(message);
    progress.report({ message });
  }

  private async wheel(): Promise<string> {
    const folder = path.join(this.context.extensionPath, 'bundled');
    const names = await readdir(folder).catch(() => []);
    const wheel = names.find((name) => name.endsWith('.whl'));
    if (!wheel) {
      throw new SetupFailure(
        'failed',
        'This build of the extension carries no server. Install awaitlens with pip, or name it in awaitlens.path.',
      );
    }
    return path.join(folder, wheel);
  }

  private get storage(): string {
    return path.join(this.context.globalStorageUri.fsPath, 'server');
  }
}
