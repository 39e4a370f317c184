import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';

import { interpreterOf } from '../src/paths';
import {
  existingInterpreter,
  forgetEnvironment,
  makeEnvironment,
  SetupFailure,
  type Workshop,
} from '../src/private_environment';
import type { Outcome } from '../src/process';

const WHEEL = '/extension/bundled/awaitlens-0.1.0-py3-none-any.whl';
let storage: string;
beforeEach(() => (storage = mkdtempSync(path.join(tmpdir(), 'awaitlens-private-'))));
afterEach(() => rmSync(storage, { recursive: true, force: true }));

const fine: Outcome = { code: 0, stdout: '', stderr: '' };

/** A workshop whose tools make the interpreter's file and otherwise do what `answer` says. */
function workshop(
  answer: (line: string) => Outcome = () => fine,
  some: Partial<Workshop> = {},
): Workshop & { lines: string[] } {
  const lines: string[] = [];
  return {
    storage,
    wheel: WHEEL,
    uv: undefined,
    python: async () => '/usr/bin/python3',
    report: () => undefined,
    signal: new AbortController().signal,
    run: async (command, args) => {
      const line = [command, ...args].join(' ');
      lines.push(line.replaceAll(/\.[0-9a-f]{8}(?=\/|$)/g, ''));
      if (args.includes('venv')) {
        const interpreter = interpreterOf(args.at(-1)!);
        mkdirSync(path.dirname(interpreter), { recursive: true });
        writeFileSync(interpreter, '');
      }
      return answer(line);
    },
    lines,
    ...some,
  };
}

const failsWith = (kind: string) => (error: unknown) => error instanceof SetupFailure && error.kind === kind;
const said = (stderr: string) =>
  workshop((line) => (line.includes('install') ? { code: 1, stdout: '', stderr } : fine));

test('venv and pip make it, isolated, from the wheel', async () => {
  const shop = workshop();
  const interpreter = await makeEnvironment(shop);
  const environment = path.join(storage, 'awaitlens-0.1.0-py3-none-any');
  assert.equal(interpreter, interpreterOf(environment));
  assert.deepEqual(shop.lines, [
    `/usr/bin/python3 -I -m venv ${environment}`,
    `${interpreter} -I -m pip install --no-input --disable-pip-version-check ${WHEEL}`,
  ]);
  assert.equal(await existingInterpreter(storage, WHEEL), interpreter);
});

test('uv makes it where there is uv, without a look at configuration or Python', async () => {
  const shop = workshop(undefined, { uv: '/usr/bin/uv', python: () => assert.fail('uv finds Python itself') });
  await makeEnvironment(shop);
  assert.match(shop.lines[0]!, /^\/usr\/bin\/uv venv --no-project --no-config --python >=3\.10 /);
  assert.match(shop.lines[1]!, /^\/usr\/bin\/uv pip install --python .*python.* \/extension/);
});

test('a failure leaves nothing behind', async () => {
  await assert.rejects(makeEnvironment(said('something odd')), failsWith('failed'));
  assert.deepEqual(readdirSync(storage), []);
  assert.equal(await existingInterpreter(storage, WHEEL), undefined);
});

test('no Python, no venv module and no network are told apart', async () => {
  await assert.rejects(makeEnvironment(workshop(undefined, { python: async () => undefined })), failsWith('no-python'));
  const bare =
    'The virtual environment was not created successfully because ensurepip is not\navailable. apt install python3.11-venv';
  await assert.rejects(makeEnvironment(workshop(() => ({ code: 1, stdout: bare, stderr: '' }))), failsWith('no-venv'));
  for (const offline of [
    'Failed to establish a new connection: [Errno -3] Temporary failure in name resolution',
    'error: Failed to fetch: `https://index/pygls/`\n  Caused by: dns error',
    'ERROR: No matching distribution found for pygls<3,>=2.1',
  ]) {
    await assert.rejects(makeEnvironment(said(offline)), failsWith('no-network'), offline);
  }
});

test('a stop by the user is no failure of the tool', async () => {
  const stop = new AbortController();
  const shop = workshop(() => (stop.abort(), { code: null, stdout: '', stderr: 'aborted' }), { signal: stop.signal });
  await assert.rejects(makeEnvironment(shop), failsWith('cancelled'));
  assert.deepEqual(readdirSync(storage), []);
});

test('an environment that another window finished first is kept', async () => {
  const first = await makeEnvironment(workshop());
  writeFileSync(path.join(path.dirname(first), 'of-the-first'), '');
  await makeEnvironment(workshop());
  assert.ok(existsSync(path.join(path.dirname(first), 'of-the-first')));
});

test('half an environment is made again', async () => {
  const half = interpreterOf(path.join(storage, 'awaitlens-0.1.0-py3-none-any'));
  mkdirSync(path.dirname(half), { recursive: true });
  writeFileSync(half, '');
  assert.equal(await existingInterpreter(storage, WHEEL), undefined);
  assert.equal(await makeEnvironment(workshop()), half);
});

test('environments of other versions go when they were not used for a month', async () => {
  for (const [name, days] of [
    ['old', 40],
    ['recent', 3],
  ] as const) {
    const mark = path.join(storage, name, '.awaitlens-complete');
    mkdirSync(path.dirname(mark));
    writeFileSync(mark, '');
    const used = Date.now() / 1000 - days * 86_400;
    utimesSync(mark, used, used);
  }
  await makeEnvironment(workshop());
  assert.deepEqual(readdirSync(storage).sort(), ['awaitlens-0.1.0-py3-none-any', 'recent']);
});

test('a forgotten environment is gone', async () => {
  await makeEnvironment(workshop());
  await forgetEnvironment(storage, WHEEL);
  assert.equal(await existingInterpreter(storage, WHEEL), undefined);
});
