// Shows the deck that the server made, and goes to the line that is clicked in it.

import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

import { type Place, placeIn, slidesPage } from './slides_page';

export interface Deck {
  readonly title: string;
  readonly html: string;
}

/** Asks the server for the deck at a place; null where there is nothing to show. The deck's policy names the nonce. */
export type AskForDeck = (uri: vscode.Uri, position: vscode.Position, nonce: string) => Promise<Deck | null>;

/** One panel for all decks: the next one takes the place of the last. */
export class SlidesPanel implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private shown: vscode.Uri | undefined;

  constructor(private readonly ask: AskForDeck) {}

  /** Whether there was something to show. */
  async show(uri: vscode.Uri, position: vscode.Position): Promise<boolean> {
    const deck = await this.ask(uri, position, randomBytes(16).toString('hex'));
    if (!deck) {
      vscode.window.setStatusBarMessage('AwaitLens has nothing to show for this line.', 5000);
      return false;
    }
    const panel = this.open();
    this.shown = uri;
    panel.title = deck.title;
    panel.webview.html = slidesPage(deck.html);
    panel.reveal(undefined, false);
    return true;
  }

  dispose(): void {
    this.panel?.dispose();
  }

  private open(): vscode.WebviewPanel {
    if (this.panel) {
      return this.panel;
    }
    const options = { enableScripts: true, localResourceRoots: [], enableFindWidget: true };
    const panel = vscode.window.createWebviewPanel('awaitlens.slides', 'AwaitLens', vscode.ViewColumn.Beside, options);
    panel.onDidDispose(() => (this.panel = undefined));
    panel.webview.onDidReceiveMessage((message: unknown) => this.go(placeIn(message)));
    this.panel = panel;
    return panel;
  }

  // The deck keeps the focus, so that the arrow keys go on turning slides.
  private async go(place: Place | undefined): Promise<void> {
    if (!place || !this.shown) {
      return;
    }
    const uri = uriOf(place.path, this.shown);
    const position = new vscode.Position(place.line, place.column);
    const visible = vscode.window.visibleTextEditors.find(
      (editor) => editor.document.uri.toString() === uri.toString(),
    );
    const editor = await vscode.window.showTextDocument(uri, {
      viewColumn: visible?.viewColumn ?? vscode.ViewColumn.One,
      preserveFocus: true,
      selection: new vscode.Range(position, position),
    });
    editor.revealRange(
      editor.document.lineAt(position.line).range,
      vscode.TextEditorRevealType.InCenterIfOutsideViewport,
    );
  }
}

// What is not on a disk (an unsaved document, a cell) has its URI for a path.
function uriOf(path: string, own: vscode.Uri): vscode.Uri {
  if (path === '' || path === own.fsPath || path === own.path) {
    return own;
  }
  return /^(untitled|vscode-notebook-cell):/.test(path) ? vscode.Uri.parse(path) : vscode.Uri.file(path);
}
