// What a user does and sees, one scenario each. Every scenario opens its own window on the workspace and leaves a picture.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { sleep, until } from './waiting.mjs';
import { ROOT } from './workbench.mjs';

/** In a trusted window, with the server named by the setting. */
export const trusted = {
  'squiggles at the right words': async (code) => {
    const page = await code.open('notify.py');
    await page.underlined('time.sleep(0.01)');
    await page.problems(/Warnings: 1|1 problem/i);
    await page.shot('squiggle');
    return page;
  },

  'a slide of the talk: squiggles at the right words, and the hover': async (code) => {
    cpSync(path.join(ROOT, 'examples/talk'), code.file('talk'), { recursive: true });
    const page = await code.open('talk/slide_22.py');
    await page.underlined('stats["alive"] = alive + 1');
    const text = await page.hover('alive + 1', 'across an await you are not');
    assert.match(text, /what another task writes in between can be lost/);
    await page.shot('slide-22');
    return page;
  },

  'the status tells what runs': async (code) => {
    const page = await code.open('notify.py');
    await page.underlined('time.sleep(0.01)');
    await page.page.locator('#status\\.languageStatus, .status-bar [id*="languageStatus"]').first().hover();
    await page.page
      .locator('.hover-language-status', { hasText: /AwaitLens \d+\.\d+\.\d+/ })
      .first()
      .waitFor();
    await page.shot('status');
    return page;
  },

  'a hover explains, and leads to the slides': async (code) => {
    const page = await code.open('notify.py');
    await page.underlined('time.sleep(0.01)');
    const text = await page.hover('sleep(0.01)', 'Never block the loop');
    assert.match(text, /awaitlens\s*\(?blocking-sleep\)?/, `the diagnostic names its source and pitfall: ${text}`);
    assert.match(text, /notify\(\) sleeps/, `it is told in the user's own names: ${text}`);
    await page.shot('hover');
    await page.page.locator('.monaco-hover:visible a', { hasText: 'Show slides' }).first().click();
    await page.frameWith('h2');
    return page;
  },

  "a click on a pitfall's name in the hover shows its slides": async (code) => {
    const page = await code.open('race.py');
    await page.underlined('stats["alive"] = alive + 1');
    await page.hover('alive + 1', 'stale-write-after-await');
    await page.page.locator('.monaco-hover:visible a.code-link').first().click();
    await page.frameWith('.slide h2');
    await until('the code and its slides, and nothing else', async () => (await page.tabs()).length === 2, 10);
    await page.shot('slides-by-name');
    return page;
  },

  "a click on a pitfall's name in the Problems panel shows its slides": async (code) => {
    const page = await code.open('race.py');
    await page.underlined('stats["alive"] = alive + 1');
    await page.press('Control+Shift+m');
    await page.page.locator('.markers-panel a', { hasText: 'stale-write-after-await' }).first().click();
    await page.frameWith('.slide h2');
    await until('the code and its slides, and nothing else', async () => (await page.tabs()).length === 2, 10);
    await page.shot('slides-by-name-in-problems');
    return page;
  },

  'a race is proved by a program that runs': async (code) => {
    const page = await code.open('race.py');
    await page.underlined('stats["alive"] = alive + 1');
    const titles = await page.quickFixes('alive + 1');
    await page.choose(titles.find((title) => /^Prove it/.test(title)));
    await page.page.locator('.tab.active', { hasText: 'Untitled-1' }).waitFor();
    await page.shot('proof');
    const script = await until(
      'the proof copied',
      async () => {
        await page.press('Control+a', 'Control+c');
        const copied = await page.clipboard();
        return copied.trimEnd().endsWith('main()') && copied;
      },
      20,
    );
    const proof = spawnSync('python3', ['-I', '-'], { input: script, encoding: 'utf8' });
    assert.match(proof.stderr, /PROVED: no order/, proof.stdout);
    return page;
  },

  'the lightbulb shows, the fix is applied, the file is saved': async (code) => {
    const page = await code.open('notify.py');
    await page.underlined('time.sleep(0.01)');
    await page.clickOn('sleep(0.01)');
    await page.page
      .locator('.lightBulbWidget, [class*="codicon-gutter-lightbulb"]')
      .first()
      .waitFor({ state: 'visible' });
    await page.shot('lightbulb');
    const titles = await page.quickFixes('sleep(0.01)');
    assert.match(titles[0], /asyncio\.sleep/, 'the repair comes first');
    assert.ok(titles.findIndex((title) => /^ignore/i.test(title)) > 0, 'ignoring comes after it');
    await page.shot('quick-fixes');
    await page.choose(titles[0]);
    await page.showsLine('await asyncio.sleep(0.01)');
    await page.underlined();
    await page.press('Control+s');
    await until('the file is saved', () => code.read('notify.py').includes('await asyncio.sleep(0.01)'), 10);
    await page.shot('fixed');
    return page;
  },

  'ignore on this line': async (code) => {
    const page = await code.open('broken.py');
    await page.underlined('time.sleep(1)', 'time.sleep(3)');
    const titles = await page.quickFixes('sleep(1)');
    await page.choose(titles.find((title) => /ignore.*line/i.test(title)));
    await page.showsLine('# awaitlens: ignore[blocking-sleep]');
    await page.underlined('time.sleep(3)');
    await page.shot('ignored');
    return page;
  },

  'a pitfall is seen within a second of typing it': async (code) => {
    const page = await code.open('notify.py');
    await page.underlined('time.sleep(0.01)');
    await page.goTo(10, 99);
    await page.press('End');
    const times = await page.timesOfTyping(['time.sleep(0.01)'], 7);
    code.record('20 lines', times);
    assert.ok(Math.min(...times) < 1000, `a machine may be busy for a while, but not each time: ${times} ms`);
    await page.shot('typed');
    return page;
  },

  'half-typed code keeps its squiggles in place': async (code) => {
    const page = await code.open('broken.py');
    await page.underlined('time.sleep(1)', 'time.sleep(3)');
    await page.goTo(9, 1);
    await page.press('End');
    for (const character of '\n    if total[0 and (x.') {
      await page.type(character);
      for (let look = 0; look < 4; look++) {
        assert.deepEqual(
          await page.underlinedNow(),
          ['time.sleep(1)', 'time.sleep(3)'],
          `after typing ${JSON.stringify(character)}`,
        );
        await sleep(40);
      }
    }
    await page.shot('half-typed');
    return page;
  },

  'breaking a helper is seen in the file that calls it, and mending it too': async (code) => {
    const page = await code.open('views.py');
    await page.showsLine('helpers.save(order)');
    await page.openFile('helpers.py');
    await page.goTo(1, 1);
    await page.type('async ');
    await page.press('Control+s');
    await page.openFile('views.py');
    await page.underlined('helpers.save(order)');
    await page.shot('helper-broken');
    await page.openFile('helpers.py');
    await page.goTo(1, 1);
    await page.press(...Array(6).fill('Delete'), 'Control+s');
    await page.openFile('views.py');
    await page.underlined();
    return page;
  },

  'the Problems panel lists the findings': async (code) => {
    const page = await code.open('broken.py');
    await page.underlined('time.sleep(1)', 'time.sleep(3)');
    await page.press('Control+Shift+m');
    const panel = page.page.locator('.markers-panel');
    await panel.locator('.monaco-list-row', { hasText: 'blocking-sleep' }).nth(1).waitFor();
    await page.shot('problems');
    return page;
  },

  'hints are shown, and go when they are switched off': async (code) => {
    const page = await code.open('race.py');
    await page.showsLine('others may run here');
    await page.shot('hints');
    await page.isSettled();
    code.writeSettings({ 'awaitlens.hints': [] });
    await page.showsNoLine('others may run here');
    code.writeSettings({ 'awaitlens.hints': undefined });
    await page.showsLine('others may run here');
    return page;
  },

  'slides open, turn by key, and a click goes to the line': async (code) => {
    const page = await code.open('notify.py');
    await page.underlined('time.sleep(0.01)');
    await page.clickOn('sleep(0.01)');
    await page.run('AwaitLens: Show Slides for This Line');
    await page.frameWith('.slide h2');
    const heading = async () =>
      (await page.frameWith('.slide h2')).locator('.slide:not([hidden]) h2').first().innerText();
    const first = await heading();
    await page.shot('slides-first');
    await page.press('ArrowRight');
    await until('the next slide', async () => (await heading()) !== first, 10);
    await page.shot('slides-next');
    await page.press('ArrowLeft');
    await until('the first slide again', async () => (await heading()) === first, 10);
    await page.clickOn('report(name)');
    await page.page.locator('#status\\.editor\\.selection', { hasText: 'Ln 13' }).waitFor();
    const deck = await page.frameWith('button.place');
    await deck.locator('button.place:visible').first().click();
    await page.page.locator('.editor-instance .active-line-number', { hasText: /^9$/ }).waitFor();
    await page.shot('slides-line');
    return page;
  },

  'settings count without a restart': async (code) => {
    const page = await code.open('broken.py');
    await page.underlined('time.sleep(1)', 'time.sleep(3)');
    const newest = () => Math.max(...code.processes('awaitlens server').map((each) => each.pid));
    const server = newest();
    await page.isSettled();
    code.writeSettings({ 'awaitlens.ignore': ['blocking-sleep'] });
    await page.underlined();
    await page.shot('settings-ignored');
    code.writeSettings({ 'awaitlens.ignore': undefined });
    await page.underlined('time.sleep(1)', 'time.sleep(3)');
    assert.equal(newest(), server, 'the server went on');
    code.writeSettings({ 'awaitlens.enable': false });
    await page.underlined();
    code.writeSettings({ 'awaitlens.enable': undefined, 'awaitlens.severity': { 'blocking-sleep': 'error' } });
    await page.page.locator('.editor-instance .squiggly-error').first().waitFor({ state: 'attached' });
    code.writeSettings({ 'awaitlens.severity': undefined });
    await page.underlined('time.sleep(1)', 'time.sleep(3)');
    return page;
  },

  'a killed server comes back and misses nothing': async (code) => {
    const page = await code.open('broken.py');
    await page.underlined('time.sleep(1)', 'time.sleep(3)');
    await page.goTo(9, 1);
    await page.type('    # unsaved\n');
    const killed = code.processes('awaitlens server').map((each) => each.pid);
    assert.notEqual(killed.length, 0);
    killed.forEach((pid) => process.kill(pid, 'SIGKILL'));
    await until(
      'another server',
      () => code.processes('awaitlens server').some((each) => !killed.includes(each.pid)),
      15,
    );
    await page.underlined('time.sleep(1)', 'time.sleep(3)');
    await page.goTo(14, 1);
    await page.press('End');
    await page.type('\n    time.sleep(4)');
    await page.underlined('time.sleep(1)', 'time.sleep(3)', 'time.sleep(4)');
    assert.deepEqual(await page.notifications(), [], 'nothing pops up');
    await page.shot('killed-and-back');
    return page;
  },

  'a file with an emoji before the finding': async (code) => {
    const page = await code.open('emoji.py');
    await page.underlined('time.sleep(1)');
    await page.shot('emoji');
    return page;
  },

  'an untitled document': async (code) => {
    const page = await code.open();
    await page.run('AwaitLens: New Python File with a Pitfall');
    await page.underlined('time.sleep(1)');
    await page.shot('untitled');
    return page;
  },

  'a notebook is one module': async (code) => {
    const page = await code.open();
    await page.openNotebook('story.ipynb');
    await until('the cells are underlined', async () => (await page.underlinedNow()).includes('time.sleep(2)'), 30);
    await page.shot('notebook');
    assert.deepEqual(await page.underlinedNow(), ['time.sleep(2)', 'load()']);
    return page;
  },

  'ten thousand lines': async (code) => {
    const block = (number) => `async def task_${number}():\n    await other(${number})\n    return ${number}\n\n\n`;
    const text = `import time\n\n\n${Array.from({ length: 2000 }, (_, number) => block(number)).join('')}async def last():\n    time.sleep(1)\n`;
    writeFileSync(code.file('large.py'), text);
    const page = await code.open('large.py');
    await page.press('Control+End');
    await page.underlined('time.sleep(1)');
    await page.press('Control+End', 'ArrowUp', 'End');
    code.record('10,000 lines', await page.timesOfTyping(['time.sleep(1)'], 7));
    await page.shot('large');
    return page;
  },

  'on save, safe fixes are applied and no others': async (code) => {
    const suppressed = '    print("done")  # awaitlens: ignore[blocking-sleep]\n';
    writeFileSync(code.file('onsave.py'), `import time\n\n\nasync def wait():\n    time.sleep(1)\n${suppressed}`);
    code.writeSettings({ 'editor.codeActionsOnSave': { 'source.fixAll.awaitlens': 'explicit' } });
    const page = await code.open('onsave.py');
    await until('both findings', async () => (await page.underlinedNow()).length === 2, 30);
    await page.clickOn('import');
    await page.press('End');
    const saved = async () => {
      // A window that is still young now and then saves by the settings it had when it was last open.
      await page.press('Space', 'Control+s');
      await sleep(4000);
      return code.read('onsave.py').endsWith('print("done")\n');
    };
    await until('saved without the unused suppression', saved, 10);
    assert.match(code.read('onsave.py'), /^    time\.sleep\(1\)$/m, 'what changes timing is left to the user');
    await page.underlined('time.sleep(1)');
    await page.shot('on-save');
    code.writeSettings({ 'editor.codeActionsOnSave': undefined });
    return page;
  },

  'check the workspace': async (code) => {
    const page = await code.open('notify.py');
    await page.underlined('time.sleep(0.01)');
    await page.run('AwaitLens: Check the Workspace');
    await page.page.locator('.markers-panel .monaco-list-row', { hasText: 'broken.py' }).first().waitFor();
    await page.problems(/Warnings: ([5-9]|\d\d)/);
    await page.shot('check-workspace');
    return page;
  },

  'the walkthrough leads through it': async (code) => {
    const page = await code.open('notify.py');
    await page.underlined('time.sleep(0.01)');
    await page.pickWalkthrough('Get Started with AwaitLens');
    await page.press('Control+b'); // Pictures are shown where there is room beside the steps.
    const shown = page.page.locator('.gettingStartedContainer');
    await shown.getByText('Ask why').first().click();
    const picture = shown.locator('img[src*="walkthrough-hover"], img[alt*="hover"]').first();
    await picture.waitFor();
    await until('the picture of the step', () => picture.evaluate((each) => each.naturalWidth > 400), 10);
    await page.shot('walkthrough');
    return page;
  },

  'debug information': async (code) => {
    const page = await code.open('notify.py');
    await page.underlined('time.sleep(0.01)');
    await page.run('AwaitLens: Copy Debug Information');
    const begins = /^AwaitLens extension \d+\.\d+\.\d+\nEditor: .*\nSystem: linux/;
    const copied = await until(
      'the information copied',
      async () => begins.test(await page.clipboard()) && page.clipboard(),
      10,
    );
    assert.match(copied, /Server: \d+\.\d+\.\d+, setting/);
    return page;
  },

  'the log says what was started': async (code) => {
    const page = await code.open('notify.py');
    await page.underlined('time.sleep(0.01)');
    await page.run('AwaitLens: Show Log');
    const shown = () => page.page.locator('.panel .view-lines').first().innerText();
    await until(
      'the log',
      async () => /server \d+\.\d+\.\d+, setting:/.test((await shown()).replaceAll('\u00a0', ' ')),
      10,
    );
    await page.shot('log');
    return page;
  },
};

/** What a scenario needs of the server, by its title: a name of NEEDS. */
export const needs = {
  'a hover explains, and leads to the slides': 'slides',
  'slides open, turn by key, and a click goes to the line': 'slides',
  'a notebook is one module': 'notebooks',
};
