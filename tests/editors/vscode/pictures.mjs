// Takes the walkthrough's pictures in the real editor: `node pictures.mjs [--server PROGRAM]`. They land in client-vscode/images.

import { readdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { sleep, until } from './waiting.mjs';
import { ROOT, VSCode } from './workbench.mjs';

const { values: options } = parseArgs({
  options: {
    version: { type: 'string', default: '4.139.1' },
    server: { type: 'string', default: path.join(ROOT, '.venv/bin/awaitlens') },
  },
});
const extension = path.join(ROOT, 'client-vscode');
const settings = {
  'awaitlens.path': options.server,
  'workbench.activityBar.location': 'hidden',
  'workbench.sideBar.visible': false,
  'workbench.statusBar.visible': false,
  'window.commandCenter': false,
  'breadcrumbs.enabled': false,
  'editor.fontSize': 15,
};

const code = await VSCode.start({
  version: options.version,
  vsix: path.join(
    extension,
    readdirSync(extension).find((name) => name.endsWith('.vsix')),
  ),
  fixture: path.join(ROOT, 'tests/editors/fixtures/workspace'),
  settings: () => settings,
});

async function picture(page, name) {
  await sleep(700); // Until things have faded in.
  await page.page.screenshot({ path: path.join(extension, 'images', `walkthrough-${name}.png`) });
}

async function small(file, width, height) {
  const page = await code.open(file);
  await page.page.setViewportSize({ width, height });
  await page.press('Control+b');
  return page;
}

try {
  const page = await small('race.py', 760, 420);
  await page.underlined('stats["alive"] = alive + 1');
  await page.showsLine('others may run');
  await picture(page, 'find');
  await page.quickFixes('= alive + 1');
  await picture(page, 'fix');
  await page.press('Escape');
  await page.page.setViewportSize({ width: 1180, height: 620 });
  await page.run('AwaitLens: Show Slides for This Line');
  const shown = async () => (await page.frameWith('.slide h2')).locator('.slide:not([hidden]) h2').first().innerText();
  const first = await shown();
  await page.press('ArrowRight', 'ArrowRight', 'ArrowRight');
  await until('a later slide', async () => (await shown()) !== first, 10);
  await picture(page, 'slides');
  const other = await small('notify.py', 860, 560);
  await other.underlined('time.sleep(0.01)');
  await other.hover('sleep(0.01)', 'Never block the loop');
  await picture(other, 'hover');
} catch (error) {
  await code.shotOfAll('failed-pictures');
  throw error;
} finally {
  await code.close();
}
