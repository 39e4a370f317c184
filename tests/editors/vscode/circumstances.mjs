// What a user meets before the first finding: an empty machine, no network, a folder not trusted, several folders.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { sleep, until } from './waiting.mjs';

/** In a fresh profile on a machine without AwaitLens: the extension makes its private environment for real. */
export const fresh = {
  'installed from the .vsix alone, it finds': async (code) => {
    const page = await code.open('notify.py');
    const toast = page.page.locator('.notification-toast', { hasText: 'AwaitLens sets up its server' });
    await toast.first().waitFor();
    await page.shot('fresh-setup');
    const start = Date.now();
    await until('underlined', async () => (await page.underlinedNow()).length === 1, 120);
    console.log(`        private environment and first finding: ${((Date.now() - start) / 1000).toFixed(1)} s`);
    const [server] = code.processes('awaitlens server');
    assert.match(
      server.command,
      /globalStorage\/awaitlens\.awaitlens\/server\/awaitlens-[^/]*\/bin\/python -I -m awaitlens server/,
    );
    await toast.first().waitFor({ state: 'hidden' });
    await page.shot('fresh-finds');
    const next = await code.open('notify.py');
    await next.underlined('time.sleep(0.01)');
    assert.deepEqual(await next.notifications(), [], 'the next window takes the same environment');
  },
};

export function forgetPrivateEnvironment(code) {
  rmSync(path.join(code.user, 'User/globalStorage/awaitlens.awaitlens'), { recursive: true, force: true });
}

/** In a fresh profile with a package index that cannot be reached, until it can. */
export const offline = {
  'without a network it says so, once, and can be tried again': async (code) => {
    const page = await code.open('notify.py');
    const toast = page.page.locator('.notification-toast', { hasText: 'Is there a network?' });
    await toast.first().waitFor();
    const again = toast.getByText('Try Again').first();
    await again.waitFor();
    await sleep(500); // It fades in.
    await page.shot('offline');
    rmSync(pipConfiguration(code));
    await again.click();
    await page.underlined('time.sleep(0.01)');
    await page.shot('online-again');
    return page;
  },
};

/** Cuts pip off: what it reads besides the machine's own configuration names an index that does not answer. */
export function cutOff(code) {
  const nowhere = '[global]\nindex-url = http://127.0.0.1:9/\nextra-index-url =\nfind-links =\nretries = 0\n';
  writeFileSync(pipConfiguration(code), nowhere);
}

export const pipConfiguration = (code) => path.join(code.root, 'pip.conf');

/** In a fresh profile on a machine without Python. */
export const bare = {
  'without Python it says what is needed': async (code) => {
    const page = await code.open('notify.py');
    const needed = 'AwaitLens needs Python 3.10 or newer, and none was found.';
    await page.page.locator('.notification-toast', { hasText: needed }).first().waitFor();
    await sleep(500); // It fades in.
    await page.shot('no-python');
    return page;
  },
};

/** With a server that tells its version and then dies whenever it is started. */
export const dying = {
  'a server that always dies is given up, with one message and a button': async (code) => {
    const page = await code.open('notify.py');
    const message = 'The AwaitLens server ended several times in a short while and is not started again.';
    const toast = page.page.locator('.notification-toast', { hasText: message });
    await toast.first().waitFor();
    assert.equal(startsOf(code), 5, 'it was started again a few times');
    await sleep(500); // It fades in.
    assert.equal((await page.notifications()).length, 1);
    await page.shot('given-up');
    await toast.getByText('Try Again').first().click();
    await until('another start', () => startsOf(code) > 5, 20);
    return page;
  },
};

export const dyingServer = (code) => path.join(code.root, 'dying');
const startsOf = (code) => readFileSync(`${dyingServer(code)}.starts`, 'utf8').length;

export function plantDyingServer(code) {
  const program = `#!/bin/sh\n[ "$1" != --version ] || { echo awaitlens 0.1.0; exit; }\nprintf x >> "$0.starts"\nexit 3\n`;
  writeFileSync(dyingServer(code), program, { mode: 0o755 });
  rmSync(`${dyingServer(code)}.starts`, { force: true });
}

/** In Restricted Mode: the workspace carries an interpreter and settings that must not be used. */
export const restricted = {
  'it reads, finds, and starts nothing of the workspace': async (code) => {
    const page = await code.open('notify.py');
    await page.underlined('time.sleep(0.01)');
    await page.page.getByText('Restricted Mode').first().waitFor();
    assert.equal(code.processes(code.workspace).filter((each) => each.command.includes('evil')).length, 0);
    assert.throws(() => code.read('started'), /ENOENT/, 'no program of the workspace ran');
    await page.shot('restricted');
    return page;
  },
};

/** Puts into a workspace what a hostile one would carry: an interpreter and a path that leave a trace when started. */
export function plantTraps({ workspace }) {
  const trap = `#!/bin/sh\ntouch '${path.join(workspace, 'started')}'\nexit 1\n`;
  for (const place of ['.venv/bin/python', 'evil/awaitlens']) {
    mkdirSync(path.dirname(path.join(workspace, place)), { recursive: true });
    writeFileSync(path.join(workspace, place), trap, { mode: 0o755 });
  }
  mkdirSync(path.join(workspace, '.vscode'), { recursive: true });
  const settings = { 'awaitlens.path': path.join(workspace, 'evil/awaitlens'), 'awaitlens.arguments': ['--evil'] };
  writeFileSync(path.join(workspace, '.vscode/settings.json'), JSON.stringify(settings));
}

/** Two folders in one window, with settings of their own. */
export const folders = {
  'each folder has its own settings': async (code) => {
    const text = `${code.read('notify.py')}\n\nasync def hurry():\n    notify("you")\n`;
    for (const [name, ignore] of [
      ['one', []],
      ['two', ['blocking-sleep']],
    ]) {
      mkdirSync(code.file(`${name}/.vscode`), { recursive: true });
      writeFileSync(code.file(`${name}/app.py`), text);
      writeFileSync(code.file(`${name}/.vscode/settings.json`), JSON.stringify({ 'awaitlens.ignore': ignore }));
    }
    writeFileSync(code.file('both.code-workspace'), JSON.stringify({ folders: [{ path: 'one' }, { path: 'two' }] }));
    const workspace = { workspace: code.file('both.code-workspace') };
    const page = await code.open('one/app.py', workspace);
    await page.underlined('time.sleep(0.01)', 'notify("you")');
    const other = await code.open('two/app.py', workspace);
    await other.underlined('notify("you")');
    await other.shot('folders');
  },
};
