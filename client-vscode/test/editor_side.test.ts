import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { beforeEach, test } from 'node:test';
import type * as vscode from 'vscode';

import { settingsForServer } from '../src/configuration';
import { debugInformation } from '../src/debug_information';
import { interpreterOf } from '../src/paths';
import { run, surroundings } from '../src/process';
import { findPython } from '../src/python';
import { chosenInterpreter } from '../src/python_environments';
import { Status } from '../src/status';
import { forget, seen, Uri } from './fake_vscode';

beforeEach(forget);
const folder = (name: string) => Uri.file(name) as unknown as vscode.Uri;
const environments = (executable: string | undefined) => ({
  isActive: true,
  exports: { getEnvironment: async () => ({ execInfo: { run: { executable } } }) },
});
const python = (executable: string) => ({
  isActive: false,
  activate: async () => ({
    environments: {
      getActiveEnvironmentPath: () => ({ path: 'x' }),
      resolveEnvironment: async () => ({ executable: { uri: Uri.file(executable) } }),
    },
  }),
});

test('only what the user set is sent, under the names of pyproject.toml', () => {
  const raw = {
    enable: true,
    select: ['ALL'],
    ignore: [],
    notBlocking: ['a.b'],
    showPossible: false,
    python: null,
    path: '/x',
  };
  const set = new Set(['select', 'notBlocking', 'python', 'path']);
  assert.deepEqual(
    settingsForServer(raw, (key) => set.has(key)),
    { select: ['ALL'], 'not-blocking': ['a.b'] },
  );
});

test('a folder that is switched off finds nothing and hints nothing', () => {
  assert.deepEqual(
    settingsForServer({ enable: false, select: ['ALL'] }, (key) => key === 'select'),
    { select: ['ALL'], ignore: ['ALL'], hints: [] },
  );
});

test('the environments extension is asked first, the Python extension second', async () => {
  seen.extensions.set('ms-python.python', python('/from/python'));
  assert.equal(await chosenInterpreter(folder('/w')), '/from/python');
  seen.extensions.set('ms-python.vscode-python-envs', environments('/from/envs'));
  assert.equal(await chosenInterpreter(folder('/w')), '/from/envs');
  seen.extensions.set('ms-python.vscode-python-envs', environments(undefined));
  assert.equal(await chosenInterpreter(folder('/w')), '/from/python');
});

test('an extension that fails is an extension without an answer', async () => {
  seen.extensions.set('ms-python.python', { isActive: false, activate: () => Promise.reject(new Error('broken')) });
  assert.equal(await chosenInterpreter(folder('/w')), undefined);
});

test('without those extensions the .venv of the folder is taken', async () => {
  const root = mkdtempSync(path.join(tmpdir(), 'awaitlens-venv-'));
  const interpreter = interpreterOf(path.join(root, '.venv'));
  mkdirSync(path.dirname(interpreter), { recursive: true });
  writeFileSync(interpreter, '');
  assert.equal(await chosenInterpreter(folder(root)), interpreter);
  rmSync(root, { recursive: true });
  assert.equal(await chosenInterpreter(folder(root)), undefined);
});

test('the status says what runs, and is busy only while it starts', () => {
  const status = new Status();
  const item = seen.statusItems[0]!;
  status.show({ kind: 'starting' });
  assert.equal(item['busy'], true);
  status.show({ kind: 'running', server: { origin: 'PATH', command: '/bin/awaitlens', args: [], version: '0.1.0' } });
  assert.deepEqual(
    [item['text'], item['detail'], item['busy'], item['severity']],
    ['AwaitLens 0.1.0', 'PATH: /bin/awaitlens', false, 0],
  );
  status.show({ kind: 'failed', message: 'no Python' });
  assert.deepEqual(
    [item['detail'], item['severity'], (item['command'] as vscode.Command).command],
    ['no Python', 2, 'awaitlens.restart'],
  );
});

test('debug information names variables but not their values', () => {
  const text = debugInformation({
    extension: '0.1.0',
    editor: 'Code 1.100',
    system: 'linux x64',
    remote: undefined,
    trusted: false,
    folders: 2,
    state: { kind: 'failed', message: 'no network' },
    settings: { environment: { TOKEN: 'secret' }, select: ['ALL'] },
  });
  assert.match(text, /restricted mode/);
  assert.match(text, /failed: no network/);
  assert.match(text, /TOKEN/);
  assert.doesNotMatch(text, /secret/);
});

test('a program runs in clean surroundings, and its end is told either way', async () => {
  assert.deepEqual(surroundings({ PYTHONPATH: '/x', VIRTUAL_ENV: '/v', HOME: '/h', NONE: undefined }, { MORE: '1' }), {
    HOME: '/h',
    MORE: '1',
  });
  const spoke = await run(process.execPath, ['-e', 'console.log("out"); console.error("err"); process.exitCode = 3']);
  assert.deepEqual([spoke.code, spoke.stdout, spoke.stderr], [3, 'out\n', 'err\n']);
  const missing = await run('/no/such/program', []);
  assert.equal(missing.code, null);
  assert.match(missing.stderr, /ENOENT/);
});

test('a program that is stopped ends', async () => {
  const stop = new AbortController();
  const ending = run(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { signal: stop.signal });
  stop.abort();
  assert.equal((await ending).code, null);
});

test('the preferred Python is taken when it is new enough, and the program on PATH when not', async () => {
  const asked: string[] = [];
  const runner = (good: string) => async (command: string) => (
    asked.push(command),
    { code: command === good ? 0 : 1, stdout: '', stderr: '' }
  );
  const search = { value: '', avoid: [] };
  assert.equal(await findPython(['/old', '/new'], search, runner('/new')), '/new');
  assert.deepEqual(asked, ['/old', '/new']);
  assert.equal(await findPython(['/old'], search, runner('/new')), undefined);
});
