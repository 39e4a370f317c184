// Starts the server, shows its slides, and decides nothing about code.

import { mkdir } from 'node:fs/promises';
import type * as vscode from 'vscode';

import { App } from './app';

let app: App | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  await mkdir(context.globalStorageUri.fsPath, { recursive: true });
  app = new App(context);
  context.subscriptions.push(app);
  void app.begin();
}

export async function deactivate(): Promise<void> {
  await app?.end();
}
