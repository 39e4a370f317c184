// A real VS Code workbench in a headless Chromium: started on a profile of its own, looked at, and ended without a trace.

import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { Page } from './page.mjs';
import { PATIENCE, until } from './waiting.mjs';

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

// Of the file of settings, in characters: a shorter text is followed by blanks.
const SIZE = 4096;

/** One code-server with a profile and a workspace of its own. */
export class VSCode {
  /**
   * `fixture` is copied and becomes the workspace; `settings(code)` are the user's, `environment(code)` replaces variables.
   */
  static async start({ version, vsix, fixture, settings = () => ({}), environment = () => ({}), trust = true }) {
    const code = new VSCode(version);
    cpSync(fixture, code.workspace, { recursive: true });
    code.settings = code.firstSettings = {
      ...QUIET,
      'security.workspace.trust.enabled': !trust,
      'security.workspace.trust.startupPrompt': 'never',
      ...settings(code),
    };
    code.writeSettings({});
    code.prepareEnvironment(environment(code));
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
      // Into the file that is there and in one piece: the editor loses sight of one that another is put in place of.
      const file = openSync(path.join(this.user, kind, 'settings.json'), constants.O_RDWR | constants.O_CREAT);
      writeSync(file, JSON.stringify(this.settings, null, 2).padEnd(SIZE), 0);
      closeSync(file);
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
    page.setDefaultTimeout(30_000 * PATIENCE);
    return page;
  }

  /** The fixture's files and the settings as they were, so that one scenario's changes are no other's start. */
  restore(fixture) {
    this.settings = this.firstSettings;
    this.writeSettings({});
    rmSync(path.join(this.user, 'User/Backups'), { recursive: true, force: true });
    for (const name of readdirSync(this.workspace).filter((each) => !existsSync(path.join(fixture, each)))) {
      rmSync(path.join(this.workspace, name), { recursive: true });
    }
    cpSync(fixture, this.workspace, { recursive: true });
  }

  /** Keeps times in milliseconds beside the pictures. They are told, not judged: a busy machine is slow. */
  record(what, times) {
    const line = `${what}, keypress to squiggle, milliseconds: ${times.join(', ')}`;
    console.log(`        ${line}`);
    appendFileSync(path.join(this.shots, 'times.txt'), `${line}\n`);
  }

  async shotOfAll(name) {
    const pages = this.browser.contexts().flatMap((context) => context.pages());
    for (const [number, page] of pages.entries()) {
      await page.screenshot({ path: path.join(this.shots, `${name}-${number}.png`) }).catch(() => undefined);
    }
  }

  /** The last lines of the editor's and the extension's logs: of the windows opened since `start`, in milliseconds. */
  logs(start) {
    const folder = path.join(this.user, 'logs');
    const names = existsSync(folder) ? readdirSync(folder, { recursive: true }) : [];
    return names
      .filter((name) => /(AwaitLens[^/]*|remoteexthost|remoteagent)\.log$/.test(name))
      .filter((name) => statSync(path.join(folder, name)).mtimeMs >= start)
      .flatMap((name) => [
        `${name}:`,
        ...readFileSync(path.join(folder, name), 'utf8').trim().split('\n').filter(Boolean).slice(-12),
      ]);
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
