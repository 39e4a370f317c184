import assert from 'node:assert/strict';
import { test } from 'node:test';

import { findServer, type Places, SettingFailure } from '../src/discovery';
import type { Outcome, Run } from '../src/process';

const places = (some: Partial<Places>): Places => ({
  setting: '',
  interpreters: [],
  onPath: [],
  privateInterpreter: async () => '/private/bin/python',
  ...some,
});

/** A machine on which the named programs have an AwaitLens of that version; all others fail. */
function machine(versions: Record<string, string>): { run: Run; started: string[] } {
  const started: string[] = [];
  const run: Run = async (command, args): Promise<Outcome> => {
    started.push([command, ...args].join(' '));
    const version = versions[command];
    return version
      ? { code: 0, stdout: `awaitlens ${version}\n`, stderr: '' }
      : { code: 1, stdout: '', stderr: 'No module named awaitlens\nmore' };
  };
  return { run, started };
}

const find = (some: Partial<Places>, versions: Record<string, string>, log: string[] = []) =>
  findServer(places(some), '0.1.0', machine(versions).run, (line) => log.push(line));

test('the setting wins over everything', async () => {
  const server = await find(
    { setting: '/set/awaitlens', interpreters: ['/env/python'] },
    { '/set/awaitlens': '0.1.2', '/env/python': '0.1.0' },
  );
  assert.deepEqual(server, { origin: 'setting', command: '/set/awaitlens', args: [], version: '0.1.2' });
});

test('a setting that does not run is an error, not a reason to take another', async () => {
  const trial = find({ setting: '/gone', interpreters: ['/env/python'] }, { '/env/python': '0.1.0' });
  await assert.rejects(
    trial,
    (error) => error instanceof SettingFailure && /\/gone.*No module named awaitlens$/.test(error.message),
  );
});

test('a setting may name another version: it is the user who decides', async () => {
  assert.equal((await find({ setting: '/set/awaitlens' }, { '/set/awaitlens': '9.0.0' })).version, '9.0.0');
});

test('then the chosen interpreter, isolated from the folder it is started in', async () => {
  const server = await find(
    { interpreters: ['/env/python'], onPath: ['/usr/bin/awaitlens'] },
    { '/env/python': '0.1.0', '/usr/bin/awaitlens': '0.1.0' },
  );
  assert.deepEqual(server.args, ['-I', '-m', 'awaitlens']);
  assert.equal(server.origin, 'interpreter');
});

test('an interpreter without AwaitLens, or with one that does not fit, is passed over and the log says why', async () => {
  const log: string[] = [];
  const server = await find(
    { interpreters: ['/bare/python', '/old/python'], onPath: ['/usr/bin/awaitlens'] },
    { '/old/python': '0.0.9', '/usr/bin/awaitlens': '0.1.4' },
    log,
  );
  assert.deepEqual([server.origin, server.command], ['PATH', '/usr/bin/awaitlens']);
  assert.deepEqual(log, [
    'interpreter: /bare/python -I -m awaitlens: has no awaitlens',
    'interpreter: /old/python -I -m awaitlens: has 0.0.9, which does not fit 0.1.0',
  ]);
});

test('the private environment comes last, and only then is it made', async () => {
  let made = 0;
  const privateInterpreter = async () => (made++, '/private/bin/python');
  await find({ onPath: ['/usr/bin/awaitlens'], privateInterpreter }, { '/usr/bin/awaitlens': '0.1.0' });
  assert.equal(made, 0);
  const server = await find({ privateInterpreter }, { '/private/bin/python': '0.1.0' });
  assert.deepEqual([server.origin, server.command, made], ['private', '/private/bin/python', 1]);
});
