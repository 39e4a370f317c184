// A place in a document, as code actions, links and commands name it.

import * as vscode from 'vscode';

/** The place in `{uri, position}`; undefined for anything else. */
export function placeOf(argument: unknown): { uri: vscode.Uri; position: vscode.Position } | undefined {
  const { uri, position } = (argument ?? {}) as { uri?: unknown; position?: { line?: unknown; character?: unknown } };
  if (typeof uri !== 'string' || typeof position?.line !== 'number' || typeof position.character !== 'number') {
    return undefined;
  }
  return { uri: vscode.Uri.parse(uri), position: new vscode.Position(position.line, position.character) };
}
