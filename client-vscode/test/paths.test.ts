import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import * as path from 'node:path';
import { after, test } from 'node:test';

import { expandPath, isInside, programsOnPath } from '../src/paths';

const root = mkdtempSync(path.join(tmpdir(), 'awaitlens-paths-'));
after(() => rmSync(root, { recursive: true }));

function program(folder: string): string {
  mkdirSync(path.join(root, folder), { recursive: true });
  const file = path.join(root, folder, process.platform === 'win32' ? 'tool.exe' : 'tool');
  writeFileSync(file, '');
  return file;
}

test('inside is decided part by part', () => {
  assert.ok(isInside('/a/b/c.py', '/a/b'));
  assert.ok(isInside('/a/b', '/a/b'));
  assert.ok(isInside('/a/b/..c', '/a/b'));
  assert.ok(!isInside('/a/bc', '/a/b'));
  assert.ok(!isInside('/a', '/a/b'));
});

test('home and workspace folder are put in', () => {
  assert.equal(expandPath('~/bin/awaitlens', undefined), `${homedir()}/bin/awaitlens`);
  assert.equal(expandPath(' ${workspaceFolder}/x ', '/w'), '/w/x');
  assert.equal(expandPath('/a~b', undefined), '/a~b');
  assert.equal(expandPath('', '/w'), '');
});

test('programs are found in the order of the path, folders of that name are not programs', () => {
  const [one, two] = [program('one'), program('two')];
  mkdirSync(path.join(root, 'three', 'tool'), { recursive: true });
  const value = ['one', 'none', 'three', 'two'].map((name) => path.join(root, name)).join(path.delimiter);
  assert.deepEqual(programsOnPath('tool', { value, avoid: [] }), [one, two]);
});

test('nothing is taken from an untrusted folder or a relative entry', () => {
  program('workspace/bin');
  const other = program('workspace2');
  const entries = [path.join(root, 'workspace/bin'), 'bin', '.', '', path.join(root, 'workspace2')];
  const search = { value: entries.join(path.delimiter), avoid: [path.join(root, 'workspace')] };
  assert.deepEqual(programsOnPath('tool', search), [other]);
});
