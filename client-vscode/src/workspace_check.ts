// Checks all files of the workspace once, and shows what is in those that are not open. Open ones are the server's.

import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';

import type { FoundServer } from './discovery';
import { run } from './process';
import { checkArguments, readReport, type Reported, unitsBefore } from './report';

const SEVERITIES: Readonly<Record<string, vscode.DiagnosticSeverity>> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
  hint: vscode.DiagnosticSeverity.Hint,
};

export class WorkspaceCheck implements vscode.Disposable {
  private readonly shown = vscode.languages.createDiagnosticCollection('awaitlens-check');
  private readonly opened = vscode.workspace.onDidOpenTextDocument((document) => this.shown.delete(document.uri));

  constructor(private readonly log: (line: string) => void) {}

  /** Checks every folder, with progress and a way to stop. */
  async run(server: FoundServer): Promise<void> {
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: 'AwaitLens checks the workspace',
      cancellable: true,
    };
    const count = await vscode.window.withProgress(options, async (_, token) => {
      const stop = new AbortController();
      token.onCancellationRequested(() => stop.abort());
      this.shown.clear();
      const counts = (vscode.workspace.workspaceFolders ?? []).map((folder) =>
        this.checkFolder(server, folder.uri, stop.signal),
      );
      return (await Promise.all(counts)).reduce((sum, one) => sum + one, 0);
    });
    vscode.window.setStatusBarMessage(`AwaitLens: ${count} finding(s) in the workspace`, 8000);
  }

  dispose(): void {
    this.opened.dispose();
    this.shown.dispose();
  }

  private async checkFolder(server: FoundServer, folder: vscode.Uri, signal: AbortSignal): Promise<number> {
    const settings = vscode.workspace.getConfiguration('awaitlens', folder);
    const args = checkArguments(settings.get<string[]>('select', []), settings.get<string[]>('ignore', []));
    const outcome = await run(server.command, [...server.args, ...args], { folder: folder.fsPath, signal });
    if (outcome.code !== 0 && outcome.code !== 1) {
      this.log(`the check of ${folder.fsPath} did not end well: ${outcome.stderr.trim()}`);
      return 0;
    }
    const files = [...readReport(outcome.stdout)];
    await Promise.all(files.map(([name, findings]) => this.showFile(path.resolve(folder.fsPath, name), findings)));
    return files.reduce((sum, [, findings]) => sum + findings.length, 0);
  }

  private async showFile(file: string, findings: readonly Reported[]): Promise<void> {
    const uri = vscode.Uri.file(file);
    if (vscode.workspace.textDocuments.some((document) => document.uri.fsPath === uri.fsPath)) {
      return;
    }
    const lines = (await readFile(file, 'utf8')).replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
    this.shown.set(
      uri,
      findings.map((finding) => diagnosticOf(finding, lines)),
    );
  }
}

function diagnosticOf(finding: Reported, lines: readonly string[]): vscode.Diagnostic {
  const place = (line: number, column: number) =>
    new vscode.Position(line - 1, unitsBefore(lines[line - 1] ?? '', column));
  const range = new vscode.Range(place(finding.line, finding.column), place(finding.end_line, finding.end_column));
  const diagnostic = new vscode.Diagnostic(range, finding.message, SEVERITIES[finding.severity]);
  diagnostic.source = 'awaitlens';
  diagnostic.code = finding.pitfall;
  return diagnostic;
}
