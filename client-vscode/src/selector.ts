// The documents AwaitLens looks at.

export const SELECTOR = [
  { scheme: 'file', language: 'python' },
  { scheme: 'untitled', language: 'python' },
  { scheme: 'vscode-notebook', language: 'python' },
  { scheme: 'vscode-notebook-cell', language: 'python' },
];
