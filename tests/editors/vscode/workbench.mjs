// A real VS Code workbench in a headless Chromium: started on a profile of its own, looked at, and ended without a trace.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const E2E = process.env.E2E ?? path.join(ROOT, '.e2e');

// What would get between a test and what it looks at: welcome pages, side bars, delays, other sources of squiggles.
const QUIET = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'telemetry.telemetryLevel': 'off',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'editor.minimap.enabled': false,
  'editor.hover.delay': 150,
  'editor.lightbulb.enabled': 'on',
  'editor.inlayHints.enabled': 'on',
  'editor.quickSuggestions': { other: 'off', comments: 'off', strings: 'off' },
  'editor.autoClosingBrackets': 'never',
  'editor.autoIndent': 'none',
  'git.enabled': false,
  'files.autoSave': 'off',
  'files.hotExit': 'off',
  'security.workspace.trust.enabled': false,
};

/** One code-server with a profile and a workspace of its own. */
export class VSCode {
  /** `fixture` is copied and becomes the workspace; `settings` are the user's; `environment` replaces variables. */
  static async start({ version, vsix, fixture, settings = {}, environment = {}, trust = true }) {
    const code = new VSCode(version);
    cpSync(fixture, code.workspace, { recursive: true });
    code.settings = {
      ...QUIET,
      'security.workspace.trust.enabled': !trust,
      'security.workspace.trust.startupPrompt': 'never',
      ...settings,
    };
    code.writeSettings({});
    code.prepareEnvironment(environment);
    if (vsix) {
      code.command('--install-extension', vsix);
    }
    await code.serve(trust);
    code.browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: BROWSER });
    return code;
  }

  constructor(version) {
    this.version = version;
    this.home = path.join(E2E, `vscode-${version}`);
    this.root = mkdtempSync(path.join(tmpdir(), 'awaitlens-vscode-'));
    this.workspace = path.join(this.root, 'workspace');
    this.user = path.join(this.root, 'user');
    this.shots = path.join(E2E, 'screenshots', `vscode-${version}`);
    mkdirSync(this.shots, { recursive: true });
  }

  prepareEnvironment(environment) {
    const kept = Object.entries(process.env).filter(([name]) => !/^(VSCODE_|ELECTRON_|NODE_OPTIONS$)/.test(name));
    this.environment = {
      ...Object.fromEntries(kept),
      EXTENSIONS_GALLERY: '{"serviceUrl":""}',
      XDG_DATA_HOME: path.join(this.root, 'data'),
      XDG_CONFIG_HOME: path.join(this.root, 'config'),
      XDG_CACHE_HOME: path.join(this.root, 'cache'),
      ...environment,
    };
    writeFileSync(path.join(this.root, 'config.yaml'), 'auth: none\ncert: false\n');
  }

  /**
   * The user's settings, changed while the editor runs; undefined takes one back. They are written as the machine's too:
   * this editor is a remote one, and paths are settings of the machine they lie on.
   */
  writeSettings(changes) {
    this.settings = { ...this.settings, ...changes };
    for (const kind of ['User', 'Machine']) {
      mkdirSync(path.join(this.user, kind), { recursive: true });
      writeFileSync(path.join(this.user, kind, 'settings.json'), JSON.stringify(this.settings, null, 2));
    }
  }

  get arguments() {
    const entry = path.join(this.home, 'node_modules/code-server/out/node/entry.js');
    const config = ['--config', path.join(this.root, 'config.yaml')];
    return [entry, ...config, '--user-data-dir', this.user, '--extensions-dir', path.join(this.root, 'extensions')];
  }

  get node() {
    return path.join(this.home, 'node/bin/node');
  }

  command(...words) {
    return execFileSync(this.node, [...this.arguments, ...words], { env: this.environment, encoding: 'utf8' });
  }

  async serve(trust) {
    this.port = await freePort();
    const log = openSync(path.join(this.root, 'code-server.log'), 'w');
    const quiet = ['--disable-telemetry', '--disable-update-check', '--disable-getting-started-override'];
    const words = [
      '--auth',
      'none',
      '--bind-addr',
      `127.0.0.1:${this.port}`,
      ...quiet,
      ...(trust ? ['--disable-workspace-trust'] : []),
    ];
    this.process = spawn(this.node, [...this.arguments, ...words], {
      env: this.environment,
      detached: true,
      stdio: ['ignore', log, log],
    });
    await until('code-server answers', async () => (await fetch(`http://127.0.0.1:${this.port}/healthz`)).ok, 30);
  }

  /** A page with the workspace (or what `query` names instead), showing `file`. */
  async open(file, query = { folder: this.workspace }) {
    const page = new Page(this, await this.newPage());
    const uri = `vscode-remote://127.0.0.1:${this.port}${path.join(this.workspace, file ?? '')}`;
    const payload = file ? { payload: JSON.stringify([['openFile', uri]]) } : {};
    await page.page.goto(`http://127.0.0.1:${this.port}/?${new URLSearchParams({ ...query, ...payload })}`);
    await page.page.waitForSelector('.monaco-workbench');
    if (file) {
      await page.page.locator('.editor-instance .view-line').first().waitFor();
    }
    return page;
  }

  async newPage() {
    const context = await this.browser.newContext({
      viewport: { width: 1280, height: 800 },
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const outside = (url) => url.hostname !== '127.0.0.1' && /^(http|ws)s?:$/.test(url.protocol);
    await context.route(outside, (route) => route.abort());
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    return page;
  }

  /** The fixture's files as they were, so that one scenario's edits are no other's start. */
  restoreWorkspace(fixture) {
    cpSync(fixture, this.workspace, { recursive: true });
  }

  async shotOfAll(name) {
    const pages = this.browser.contexts().flatMap((context) => context.pages());
    for (const [number, page] of pages.entries()) {
      await page.screenshot({ path: path.join(this.shots, `${name}-${number}.png`) }).catch(() => undefined);
    }
  }

  /** The last lines of the extension's and the server's logs. */
  logs() {
    const folder = path.join(this.user, 'logs');
    const names = existsSync(folder)
      ? readdirSync(folder, { recursive: true }).filter((name) => /AwaitLens[^/]*\.log$/.test(name))
      : [];
    return names.flatMap((name) =>
      readFileSync(path.join(folder, name), 'utf8').trim().split('\n').filter(Boolean).slice(-12),
    );
  }

  file(name) {
    return path.join(this.workspace, name);
  }

  read(name) {
    return readFileSync(this.file(name), 'utf8');
  }

  /** Processes below this code-server whose command line has all of the words. */
  processes(...words) {
    const all = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap(processAt);
    const parents = new Map(all.map((each) => [each.pid, each.parent]));
    const isOurs = (pid) => pid === this.process.pid || (parents.has(pid) && isOurs(parents.get(pid)));
    return all.filter((each) => words.every((word) => each.command.includes(word)) && isOurs(each.pid));
  }

  async close() {
    await this.browser?.close();
    try {
      process.kill(-this.process.pid, 'SIGTERM');
    } catch {
      // It is gone already.
    }
    await until('code-server ended', () => !existsSync(`/proc/${this.process.pid}`), 10).catch(() =>
      process.kill(-this.process.pid, 'SIGKILL'),
    );
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

const BROWSER = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** What a person does at one window, and what there is to see. */
export class Page {
  constructor(code, page) {
    this.code = code;
    this.page = page;
  }

  get editor() {
    return this.page.locator('.editor-instance .monaco-editor').first();
  }

  async shot(name) {
    await this.page.screenshot({ path: path.join(this.code.shots, `${name}.png`) });
  }

  /** Waits until exactly these words are underlined, in the order of the page: each squiggle lies under its words. */
  async underlined(...words) {
    let seen;
    await until(
      `underlined: ${words.join(', ')}`,
      async () => {
        seen = await this.page.evaluate(underlinedWords);
        return JSON.stringify(seen) === JSON.stringify(words);
      },
      30,
    ).catch((error) => assert.fail(`${error.message}; there is ${JSON.stringify(seen)}`));
  }

  underlinedNow() {
    return this.page.evaluate(underlinedWords);
  }

  /** The text of the editor's visible lines, hints included. */
  async lines() {
    const lines = await this.page.evaluate(visibleLines);
    return lines;
  }

  async showsLine(part) {
    await until(`a line with ${part}`, async () => (await this.lines()).some((line) => line.includes(part)), 20);
  }

  async showsNoLine(part) {
    await until(`no line with ${part}`, async () => !(await this.lines()).some((line) => line.includes(part)), 20);
  }

  /** Where the words stand on the screen, in the first visible line that has them. */
  async place(words) {
    const box = await this.page.evaluate(placeOfWords, words);
    assert.ok(box, `"${words}" is not on the screen`);
    return box;
  }

  async clickOn(words) {
    const box = await this.place(words);
    await this.page.mouse.click(box.x + Math.min(6, box.width / 2), box.y + box.height / 2);
  }

  /** The text of the hover over the words. The pointer comes from outside, as a hand would. */
  async hover(words, expected) {
    const box = await this.place(words);
    await this.page.mouse.move(box.x + 60, box.y + 200);
    await this.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 5 });
    const hover = this.page.locator('.monaco-hover:visible', { hasText: expected });
    await hover.first().waitFor();
    return (await hover.first().innerText()).replace(/\s+/g, ' ');
  }

  async away() {
    await this.page.keyboard.press('Escape');
    await this.page.mouse.move(1100, 500);
  }

  /** Opens the menu of code actions at the words and gives its entries. */
  async quickFixes(words) {
    await this.clickOn(words);
    const menu = this.page.locator('.action-widget:visible').first();
    await until(
      'code actions',
      async () => {
        await this.page.keyboard.press('Control+.');
        return menu.isVisible().then((visible) => visible || sleep(500).then(() => menu.isVisible()));
      },
      20,
    );
    await menu.locator('.action').first().waitFor();
    return menu.locator('.action .title').allInnerTexts();
  }

  /** Takes an entry of the open menu by keyboard; the first one has the focus when it opens. */
  async choose(title) {
    const titles = await this.page.locator('.action-widget:visible').first().locator('.action .title').allInnerTexts();
    const index = titles.indexOf(title);
    assert.ok(index >= 0, `"${title}" is not among ${titles.join('; ')}`);
    await this.press(...Array(index).fill('ArrowDown'), 'Enter');
    await this.page.locator('.action-widget:visible').first().waitFor({ state: 'hidden' });
  }

  async press(...keys) {
    for (const key of keys) {
      await this.page.keyboard.press(key);
    }
  }

  async type(text) {
    await this.page.keyboard.type(text);
  }

  async goTo(line, column = 1) {
    await this.pick('Control+g', `:${line}:${column}`, `line ${line}`);
    await this.page
      .locator('.editor-instance .active-line-number', { hasText: new RegExp(`^${line}$`) })
      .first()
      .waitFor();
  }

  async run(command) {
    await this.pick('F1', `>${command}`, command);
  }

  async openFile(name) {
    await this.pick('F1', name, name);
    await this.page
      .locator('.tab.active', { hasText: path.basename(name) })
      .first()
      .waitFor();
  }

  // The box at the top of the window: commands with ">", lines with ":", files by name.
  async pick(key, text, row = '') {
    await this.page.keyboard.press(key);
    const box = this.page.locator('.quick-input-widget input').first();
    await box.waitFor({ state: 'visible' });
    await box.fill(text);
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: row }).first().waitFor();
    await this.page.keyboard.press('Enter');
    await box.waitFor({ state: 'hidden' });
  }

  /** Waits for "2 problems" in the status bar, as its label says it. */
  async problems(expected) {
    const item = this.page.locator('#status\\.problems a').first();
    let label;
    await until(
      `problems: ${expected}`,
      async () => expected.test((label = await item.getAttribute('aria-label'))),
      20,
    ).catch((error) => assert.fail(`${error.message}; there is ${label}`));
  }

  /** The innermost frame that has the selector: webviews are frames within frames. */
  async frameWith(selector) {
    return until(
      `a webview with ${selector}`,
      async () => {
        for (const frame of this.page.frames()) {
          if (
            await frame
              .locator(selector)
              .count()
              .catch(() => 0)
          ) {
            return frame;
          }
        }
        return undefined;
      },
      30,
    );
  }

  notifications() {
    return this.page.locator('.notification-list-item-message').allInnerTexts();
  }

  async close() {
    await this.page.context().close();
  }
}

/** Asks until there is a true answer, and gives it; what a question throws counts as no. */
export async function until(what, question, seconds) {
  const end = Date.now() + seconds * 1000;
  let trouble = '';
  while (Date.now() < end) {
    try {
      const answer = await question();
      if (answer) {
        return answer;
      }
    } catch (error) {
      trouble = ` (${error.message})`;
    }
    await sleep(50);
  }
  throw new Error(`not within ${seconds} s: ${what}${trouble}`);
}

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function processAt(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return [{ pid: Number(pid), parent, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') }];
  } catch {
    return []; // It ended while it was looked at.
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

// --- these three run inside the page ----------------------------------------------------------------------------

function visibleLines() {
  const lines = [...document.querySelectorAll('.editor-instance .view-line')];
  const top = (line) => line.getBoundingClientRect().top;
  return lines.sort((one, other) => top(one) - top(other)).map((line) => line.textContent.replaceAll('\u00a0', ' '));
}

function placeOfWords(words) {
  for (const line of document.querySelectorAll('.editor-instance .view-line')) {
    const text = line.textContent.replaceAll('\u00a0', ' ');
    const start = text.indexOf(words);
    if (start < 0) continue;
    const range = document.createRange();
    let passed = 0;
    const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const here = passed;
      passed += node.length;
      if (start >= here && start < passed) range.setStart(node, start - here);
      if (start + words.length > here && start + words.length <= passed)
        range.setEnd(node, start + words.length - here);
    }
    const { x, y, width, height } = range.getBoundingClientRect();
    return { x, y, width, height };
  }
  return null;
}

function underlinedWords() {
  const found = [...document.querySelectorAll('.editor-instance [class*="squiggly-"]')].map((mark) => {
    const under = mark.getBoundingClientRect();
    const characters = [];
    for (const line of document.querySelectorAll('.editor-instance .view-line')) {
      const box = line.getBoundingClientRect();
      if (under.top + under.height / 2 < box.top || under.top + under.height / 2 > box.bottom) continue;
      const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        for (let index = 0; index < node.length; index++) {
          const range = document.createRange();
          range.setStart(node, index);
          range.setEnd(node, index + 1);
          const letter = range.getBoundingClientRect();
          const middle = letter.left + letter.width / 2;
          if (middle > under.left && middle < under.right) characters.push(node.data[index]);
        }
      }
    }
    return { top: under.top, left: under.left, words: characters.join('').replaceAll('\u00a0', ' ') };
  });
  return found.sort((one, other) => one.top - other.top || one.left - other.left).map((each) => each.words);
}
