import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type * as vscode from 'vscode';

import { placeIn, slidesPage } from '../src/slides_page';
import { SlidesPanel } from '../src/slides_panel';
import { forget, Position, Range, seen, Uri } from './fake_vscode';

const deck = (policy: string, body = '') =>
  `<!doctype html><html><head><meta http-equiv="Content-Security-Policy" content="${policy}"><title>t</title></head><body>${body}</body></html>`;
const policyOf = (page: string) => /Security-Policy" content="([^"]*)"/.exec(page)?.[1];

test('the bridge is added to what the deck allows, and nothing else changes', () => {
  const page = slidesPage(deck("default-src 'none'; script-src 'sha256-abc='; style-src 'unsafe-inline'"), 'N');
  assert.equal(policyOf(page), "default-src 'none'; script-src 'sha256-abc=' 'nonce-N'; style-src 'unsafe-inline'");
  assert.equal(page.match(/Content-Security-Policy/g)?.length, 1);
  assert.ok(page.indexOf('<head>') < page.indexOf('<script nonce="N">'));
});

test('a policy with escaped quotes is read as the browser reads it', () => {
  assert.equal(policyOf(slidesPage(deck('default-src &#x27;none&#39;'), 'N')), "default-src 'none'; script-src 'nonce-N'");
});

test('a deck that allows no scripts gets the bridge alone', () => {
  assert.match(policyOf(slidesPage(deck("script-src 'none'"), 'N'))!, /^script-src 'nonce-N'$/);
});

test('without a policy nothing runs but the bridge; one smuggled into the body does not count', () => {
  const smuggled = deck("script-src 'unsafe-inline' *").replace(/<meta[^>]*>/, '').replace('<body>', `<body><meta http-equiv="Content-Security-Policy" content="script-src *">`);
  assert.equal(policyOf(slidesPage(smuggled, 'N')), "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'nonce-N'");
  assert.match(slidesPage('<p>bare</p>', 'N'), /^<meta http-equiv/);
});

test('a place needs a path and two counts, and is not on the network', () => {
  assert.deepEqual(placeIn({ path: '/a.py', line: 0, column: 4, more: 1 }), { path: '/a.py', line: 0, column: 4 });
  for (const bad of [undefined, null, 'x', {}, { path: '/a', line: -1, column: 0 }, { path: '/a', line: 1.5, column: 0 }, { path: 1, line: 1, column: 1 }, { path: '\\\\host\\share', line: 1, column: 1 }, { path: '//host/share', line: 1, column: 1 }]) {
    assert.equal(placeIn(bad), undefined, JSON.stringify(bad));
  }
});

const at = { uri: Uri.file('/w/app.py') as unknown as vscode.Uri, position: new Position(3, 0) as vscode.Position };
const panelWith = (answer: { title: string; html: string } | null) => new SlidesPanel(async () => answer);

beforeEach(forget);

test('all decks share one panel, until it is closed', async () => {
  const slides = panelWith({ title: 'A race', html: '<p>' });
  await slides.show(at.uri, at.position);
  await slides.show(at.uri, at.position);
  assert.equal(seen.panels.length, 1);
  assert.equal(seen.panels[0]!.title, 'A race');
  seen.panels[0]!.dispose();
  await slides.show(at.uri, at.position);
  assert.equal(seen.panels.length, 2);
});

test('every page has a nonce of its own', async () => {
  const slides = panelWith({ title: '', html: '<p>' });
  await slides.show(at.uri, at.position);
  const first = seen.panels[0]!.webview.html;
  await slides.show(at.uri, at.position);
  assert.notEqual(seen.panels[0]!.webview.html, first);
});

test('where there is nothing to show, no panel opens', async () => {
  await panelWith(null).show(at.uri, at.position);
  assert.equal(seen.panels.length, 0);
  assert.equal(seen.statusBar.length, 1);
});

test('a click goes to the line, and the deck keeps the focus', async () => {
  await panelWith({ title: '', html: '' }).show(at.uri, at.position);
  const panel = seen.panels[0]!;
  await panel.received.fire({ path: '', line: 3, column: 2 });
  await panel.received.fire({ path: '/w/other.py', line: 1, column: 0 });
  await panel.received.fire({ path: 'untitled:Untitled-1', line: 1, column: 0 });
  await panel.received.fire({ nonsense: true });
  assert.deepEqual(seen.shown.map((each) => each.uri), ['file:/w/app.py', 'file:/w/other.py', 'untitled:Untitled-1']);
  assert.equal(seen.shown[0]!.options['preserveFocus'], true);
  assert.deepEqual(seen.shown[0]!.options['selection'], new Range(new Position(3, 2), new Position(3, 2)));
});
