import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type * as vscode from 'vscode';

import { placeIn, slidesPage } from '../src/slides_page';
import { SlidesPanel } from '../src/slides_panel';
import { forget, Position, Range, seen, Uri } from './fake_vscode';

const meta = (policy: string) => `<meta http-equiv="Content-Security-Policy" content="${policy}">`;
const strictest =
  /^<!doctype html><html><head lang="en"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; /;

test('a deck with a policy is shown as it came', () => {
  const deck = `<!doctype html><html><head>${meta("default-src 'none'; script-src 'nonce-N'")}</head><body><p>$& $1</p></body></html>`;
  assert.equal(slidesPage(deck), deck);
});

test('a deck without a policy gets one that lets no script run', () => {
  const page = slidesPage('<!doctype html><html><head lang="en"><title>t</title></head><body></body></html>');
  assert.match(page, strictest);
  assert.doesNotMatch(page, /script-src/);
  assert.match(slidesPage('<p>bare</p>'), /^<meta http-equiv/);
});

test('a policy in the body is no policy', () => {
  const page = slidesPage(`<!doctype html><html><head lang="en"></head><body>${meta('script-src *')}</body></html>`);
  assert.match(page, strictest);
});

test('a place needs a path and two counts, and is not on the network', () => {
  assert.deepEqual(placeIn({ path: '/a.py', line: 0, column: 4, more: 1 }), { path: '/a.py', line: 0, column: 4 });
  for (const bad of [
    undefined,
    null,
    'x',
    {},
    { path: '/a', line: -1, column: 0 },
    { path: '/a', line: 1.5, column: 0 },
    { path: 1, line: 1, column: 1 },
    { path: '\\\\host\\share', line: 1, column: 1 },
    { path: '//host/share', line: 1, column: 1 },
  ]) {
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
  const nonces: string[] = [];
  const slides = new SlidesPanel(async (_uri, _position, nonce) => (nonces.push(nonce), { title: '', html: '' }));
  await slides.show(at.uri, at.position);
  await slides.show(at.uri, at.position);
  assert.match(nonces[0]!, /^[0-9a-f]{32}$/);
  assert.notEqual(nonces[0], nonces[1]);
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
  assert.deepEqual(
    seen.shown.map((each) => each.uri),
    ['file:/w/app.py', 'file:/w/other.py', 'untitled:Untitled-1'],
  );
  assert.equal(seen.shown[0]!.options['preserveFocus'], true);
  assert.deepEqual(seen.shown[0]!.options['selection'], new Range(new Position(3, 2), new Position(3, 2)));
});
