import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CrashGuard } from '../src/crash_guard';
import type { FoundServer } from '../src/discovery';
import { Lifecycle } from '../src/lifecycle';
import { SetupFailure } from '../src/private_environment';

const SERVER: FoundServer = { origin: 'PATH', command: '/usr/bin/awaitlens', args: [], version: '0.1.0' };

/** A window that records what happens; `find` and `begin` may be replaced. */
class Window {
  found = SERVER;
  find = async (): Promise<FoundServer> => this.found;
  begin = async (): Promise<void> => undefined;
  readonly states: string[] = [];
  readonly complaints: string[] = [];
  readonly events: string[] = [];
  kill: () => void = () => assert.fail('nothing runs');
  readonly life = new Lifecycle(
    {
      find: () => this.find(),
      connect: (server, down) => {
        this.kill = down;
        return {
          start: () => (this.events.push(`start ${server.command}`), this.begin()),
          stop: async () => void this.events.push(`stop ${server.command}`),
        };
      },
      show: (state) => this.states.push(state.kind),
      complain: (message) => this.complaints.push(message),
      log: () => undefined,
    },
    new CrashGuard(2, 1000, () => 0),
  );
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('a start finds, starts and says so', async () => {
  const window = new Window();
  await window.life.start();
  assert.deepEqual(window.events, ['start /usr/bin/awaitlens']);
  assert.equal(window.states.at(-1), 'running');
});

test('a restart ends the old server first', async () => {
  const window = new Window();
  await window.life.start();
  await window.life.restart();
  assert.deepEqual(window.events, ['start /usr/bin/awaitlens', 'stop /usr/bin/awaitlens', 'start /usr/bin/awaitlens']);
});

test('many wishes at once come down to the last', async () => {
  const window = new Window();
  await Promise.all([window.life.start(), window.life.restart(), window.life.restart(), window.life.restart()]);
  assert.equal(window.events.filter((event) => event.startsWith('start')).length, 1);
});

test('a killed server comes back, a few times, then there is one message', async () => {
  const window = new Window();
  await window.life.start();
  for (let crash = 1; crash <= 2; crash++) {
    window.kill();
    await settled();
    assert.equal(window.states.at(-1), 'running', `after crash ${crash}`);
  }
  window.kill();
  await settled();
  assert.equal(window.states.at(-1), 'failed');
  assert.equal(window.complaints.length, 1);
});

test('after a restart by hand, crashes are counted anew', async () => {
  const window = new Window();
  await window.life.start();
  for (let crash = 1; crash <= 3; crash++) {
    window.kill();
    await settled();
  }
  await window.life.restart();
  assert.equal(window.states.at(-1), 'running');
  window.kill();
  await settled();
  assert.equal(window.states.at(-1), 'running');
});

test('a server that dies while it starts is one crash, not two', async () => {
  const window = new Window();
  let tries = 0;
  window.begin = async () => {
    if (++tries === 1) {
      window.kill();
      throw new Error('connection closed');
    }
  };
  await window.life.start();
  await settled();
  assert.equal(tries, 2);
  assert.equal(window.states.at(-1), 'running');
});

test('a late report about an earlier connection changes nothing', async () => {
  const window = new Window();
  await window.life.start();
  const late = window.kill;
  await window.life.restart();
  late();
  await settled();
  assert.equal(window.events.length, 3);
});

test('the same server is left alone when the circumstances change, another one is taken', async () => {
  const window = new Window();
  await window.life.start();
  await window.life.reconsider();
  assert.equal(window.events.length, 1);
  window.found = { ...SERVER, command: '/other/awaitlens' };
  await window.life.reconsider();
  assert.deepEqual(window.events.slice(1), ['stop /usr/bin/awaitlens', 'start /other/awaitlens']);
});

test('a failure is told once, and again when the user tried again', async () => {
  const window = new Window();
  window.find = () => Promise.reject(new SetupFailure('no-network', 'no network'));
  await window.life.start();
  await window.life.reconsider();
  assert.deepEqual(window.complaints, ['no network']);
  await window.life.restart();
  assert.deepEqual(window.complaints, ['no network', 'no network']);
  assert.equal(window.states.at(-1), 'failed');
});

test('a stop by the user is not complained about', async () => {
  const window = new Window();
  window.find = () => Promise.reject(new SetupFailure('cancelled', 'cancelled'));
  await window.life.start();
  assert.deepEqual(window.complaints, []);
  assert.equal(window.states.at(-1), 'failed');
});

test('old crashes are forgotten', () => {
  let now = 0;
  const guard = new CrashGuard(1, 1000, () => now);
  assert.equal(guard.crashed(), 'restart');
  now = 2000;
  assert.equal(guard.crashed(), 'restart');
  assert.equal(guard.crashed(), 'give up');
});
