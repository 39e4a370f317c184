// As much of the editor's module as the tests of this extension touch.

export class Position {
  constructor(
    readonly line: number,
    readonly character: number,
  ) {}
}

export class Range {
  constructor(
    readonly start: Position,
    readonly end: Position,
  ) {}
}

export class Uri {
  private constructor(
    readonly scheme: string,
    readonly path: string,
    readonly query = '',
  ) {}
  static from({ scheme, path, query }: { scheme: string; path: string; query: string }): Uri {
    return new Uri(scheme, path, query);
  }
  static file(path: string): Uri {
    return new Uri('file', path);
  }
  static parse(text: string): Uri {
    const colon = text.indexOf(':');
    return new Uri(text.slice(0, colon), text.slice(colon + 1).replace(/^\/\//, ''));
  }
  get fsPath(): string {
    return this.path;
  }
  toString(): string {
    return `${this.scheme}:${this.path}`;
  }
}

export class Disposable {
  constructor(private readonly act: () => void) {}
  static from(...parts: { dispose(): unknown }[]): Disposable {
    return new Disposable(() => parts.forEach((part) => part.dispose()));
  }
  dispose(): void {
    this.act();
  }
}

type Listener = (event?: unknown) => unknown;

/** An event of the editor's, and the hand that fires it. */
export class Signal {
  private listeners: Listener[] = [];
  readonly event = (listener: Listener): Disposable => {
    this.listeners.push(listener);
    return new Disposable(() => (this.listeners = this.listeners.filter((other) => other !== listener)));
  };
  async fire(event?: unknown): Promise<void> {
    await Promise.all(this.listeners.map((listener) => listener(event)));
  }
}

export const ViewColumn = { One: 1, Beside: -2 };
export const TextEditorRevealType = { InCenterIfOutsideViewport: 2 };
export const LanguageStatusSeverity = { Information: 0, Warning: 1, Error: 2 };

export class FakePanel {
  title = '';
  readonly received = new Signal();
  readonly disposed = new Signal();
  readonly webview = { html: '', onDidReceiveMessage: this.received.event };
  readonly onDidDispose = this.disposed.event;
  reveal(): void {}
  dispose(): void {
    void this.disposed.fire();
  }
}

/** What the extension did to the editor, and what the editor holds. */
export const seen = {
  panels: [] as FakePanel[],
  shown: [] as { uri: string; options: Record<string, unknown> }[],
  statusBar: [] as string[],
  statusItems: [] as Record<string, unknown>[],
  extensions: new Map<string, unknown>(),
  customEditors: [] as { resolveCustomEditor(document: { uri: Uri }, panel: FakePanel): void }[],
  openedOutside: [] as string[],
};

export function forget(): void {
  seen.customEditors.length = seen.openedOutside.length = 0;
  seen.panels.length = seen.shown.length = seen.statusBar.length = seen.statusItems.length = 0;
  seen.extensions.clear();
}

export const window = {
  visibleTextEditors: [] as { document: { uri: Uri }; viewColumn: number }[],
  createWebviewPanel(): FakePanel {
    seen.panels.push(new FakePanel());
    return seen.panels.at(-1)!;
  },
  registerCustomEditorProvider(_view: string, editor: (typeof seen.customEditors)[number]): Disposable {
    seen.customEditors.push(editor);
    return new Disposable(() => undefined);
  },
  setStatusBarMessage: (text: string) => seen.statusBar.push(text),
  async showTextDocument(uri: Uri, options: Record<string, unknown>) {
    seen.shown.push({ uri: uri.toString(), options });
    return { document: { lineAt: (line: number) => ({ range: line }) }, revealRange() {} };
  },
};

export const languages = {
  createLanguageStatusItem(): Record<string, unknown> {
    seen.statusItems.push({ dispose() {} });
    return seen.statusItems.at(-1)!;
  },
};

export const extensions = { getExtension: (id: string) => seen.extensions.get(id) };

export const env = { openExternal: async (uri: Uri) => seen.openedOutside.push(uri.toString()) };
