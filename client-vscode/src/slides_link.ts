// A click on the name of a pitfall, in a hover or in the Problems panel, shows its slides.
//
// For such a link the editor follows no command, but it opens an editor. So the link leads to an editor of the
// extension's own, which hands over to the slides and goes.

import * as vscode from 'vscode';

import { placeOf } from './place';

const SCHEME = 'awaitlens-slides';
const VIEW = 'awaitlens.slidesLink';

export class SlidesLinks implements vscode.Disposable {
  private readonly pages = new Map<string, vscode.Uri>();
  private readonly editor: vscode.Disposable;

  /** `show` tells whether there was something to show; if not, the page of the pitfall is opened. */
  constructor(private readonly show: (uri: vscode.Uri, position: vscode.Position) => Promise<boolean>) {
    this.editor = vscode.window.registerCustomEditorProvider(VIEW, {
      openCustomDocument: (uri) => ({ uri, dispose: () => undefined }),
      resolveCustomEditor: ({ uri }, panel) => {
        setTimeout(() => panel.dispose()); // Not before it has been resolved.
        void this.follow(uri);
      },
    });
  }

  /** The diagnostics of a document, their names leading to their slides. */
  into(uri: vscode.Uri, diagnostics: vscode.Diagnostic[]): vscode.Diagnostic[] {
    for (const diagnostic of diagnostics) {
      if (typeof diagnostic.code === 'object') {
        const { value, target } = diagnostic.code;
        this.pages.set(pathOf(value), target);
        diagnostic.code = { value, target: linkTo(uri, diagnostic.range.start, value) };
      }
    }
    return diagnostics;
  }

  dispose(): void {
    this.editor.dispose();
  }

  private async follow(link: vscode.Uri): Promise<void> {
    const place = link.scheme === SCHEME ? placeOf(asJson(link.query)) : undefined;
    const page = this.pages.get(link.path);
    if (!(place && (await this.show(place.uri, place.position))) && page) {
      await vscode.env.openExternal(page);
    }
  }
}

// What was opened last is listed by the editor under this name.
function pathOf(pitfall: string | number): string {
  return `/${pitfall}.${SCHEME}`;
}

function linkTo(uri: vscode.Uri, { line, character }: vscode.Position, pitfall: string | number): vscode.Uri {
  const query = JSON.stringify({ uri: uri.toString(), position: { line, character } });
  return vscode.Uri.from({ scheme: SCHEME, path: pathOf(pitfall), query });
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
