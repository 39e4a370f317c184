// The item in the language status: what the server is doing, and a way to more.

import * as vscode from 'vscode';

import { describe } from './discovery';
import type { State } from './lifecycle';
import { SELECTOR } from './selector';

export class Status implements vscode.Disposable {
  private readonly item = vscode.languages.createLanguageStatusItem('awaitlens.status', SELECTOR);

  constructor() {
    this.item.name = 'AwaitLens';
    this.show({ kind: 'off' });
  }

  show(state: State): void {
    const view = VIEWS[state.kind](state as never);
    this.item.text = view.text;
    this.item.detail = view.detail;
    this.item.busy = state.kind === 'starting';
    this.item.severity =
      state.kind === 'failed' ? vscode.LanguageStatusSeverity.Error : vscode.LanguageStatusSeverity.Information;
    this.item.command = view.command;
  }

  /** A step of a long start. */
  step(text: string): void {
    this.item.detail = text;
  }

  dispose(): void {
    this.item.dispose();
  }
}

interface View {
  readonly text: string;
  readonly detail?: string;
  readonly command: vscode.Command;
}

const SHOW_LOG: vscode.Command = { title: 'Show Log', command: 'awaitlens.showLog' };
const RESTART: vscode.Command = { title: 'Restart', command: 'awaitlens.restart' };

const VIEWS: { [K in State['kind']]: (state: Extract<State, { kind: K }>) => View } = {
  off: () => ({ text: 'AwaitLens is off', command: { title: 'Start', command: 'awaitlens.restart' } }),
  starting: () => ({ text: 'AwaitLens', detail: 'starting', command: SHOW_LOG }),
  running: ({ server }) => ({ text: `AwaitLens ${server.version}`, detail: describe(server), command: SHOW_LOG }),
  failed: ({ message }) => ({ text: 'AwaitLens does not run', detail: message, command: RESTART }),
};
