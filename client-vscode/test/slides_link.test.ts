import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type * as vscode from 'vscode';

import { SlidesLinks } from '../src/slides_link';
import { FakePanel, forget, Position, Range, seen, Uri } from './fake_vscode';

beforeEach(forget);

const document = Uri.file('/w/app.py');
const page = Uri.parse('https://pages/busy-wait.html');

/** Links that lead to slides at every place, or at none, and the places they led to. */
function linksWith(thereIsOne: boolean) {
  const asked: unknown[] = [];
  const links = new SlidesLinks(async (uri, position) => (asked.push([uri.toString(), position]), thereIsOne));
  const diagnostic = {
    range: new Range(new Position(3, 4), new Position(3, 9)),
    code: { value: 'busy-wait', target: page },
  };
  links.into(document as unknown as vscode.Uri, [diagnostic as unknown as vscode.Diagnostic]);
  return { asked, links, diagnostic };
}

/** Opens a link as the editor does; whether the tab it made is gone afterwards. */
async function click(uri: Uri): Promise<boolean> {
  const panel = new FakePanel();
  let isGone = false;
  panel.onDidDispose(() => (isGone = true));
  seen.customEditors[0]!.resolveCustomEditor({ uri }, panel);
  assert.equal(isGone, false, 'the editor has not resolved it yet');
  await new Promise((resolve) => setTimeout(resolve, 5));
  return isGone;
}

test('the name of a finding leads to its slides, and to no tab of its own', async () => {
  const { asked, diagnostic } = linksWith(true);
  assert.equal(diagnostic.code.value, 'busy-wait');
  assert.ok(await click(diagnostic.code.target));
  assert.deepEqual(asked, [['file:/w/app.py', new Position(3, 4)]]);
  assert.deepEqual(seen.openedOutside, []);
});

test('where there are no slides, the page is opened', async () => {
  await click(linksWith(false).diagnostic.code.target);
  assert.deepEqual(seen.openedOutside, [page.toString()]);
});

test('a link that somebody else made leads nowhere', async () => {
  const { asked } = linksWith(true);
  for (const query of ['', 'no json', '{"uri": 1}']) {
    await click(Uri.from({ scheme: 'awaitlens-slides', path: '/x.awaitlens-slides', query }));
  }
  const place = JSON.stringify({ uri: 'file:/w/app.py', position: { line: 1, character: 0 } });
  await click(Uri.from({ scheme: 'file', path: '/w/x.awaitlens-slides', query: place }));
  assert.deepEqual([asked, seen.openedOutside], [[], []]);
});

test('a name without a page is left as it is', () => {
  const { links } = linksWith(true);
  const bare = { range: new Range(new Position(0, 0), new Position(0, 1)), code: 'busy-wait' };
  links.into(document as unknown as vscode.Uri, [bare as unknown as vscode.Diagnostic]);
  assert.equal(bare.code, 'busy-wait');
});
