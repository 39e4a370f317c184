// Runs the scenarios in a real VS Code: `node run.mjs [--version 4.139.1] [--only 'words|words'] [--stage trusted]`.

import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { NEEDS, offered } from './offered.mjs';
import {
  bare,
  cutOff,
  dying,
  dyingServer,
  folders,
  forgetPrivateEnvironment,
  fresh,
  offline,
  pipConfiguration,
  plantDyingServer,
  plantTraps,
  restricted,
} from './circumstances.mjs';
import { needs, trusted } from './scenarios.mjs';
import { ROOT, VSCode } from './workbench.mjs';

const { values: options } = parseArgs({
  options: {
    version: { type: 'string', default: '4.139.1' },
    only: { type: 'string', default: '' },
    bail: { type: 'boolean', default: false },
    stage: { type: 'string', default: '' },
    server: { type: 'string', default: path.join(ROOT, '.venv/bin/awaitlens') },
  },
});

const fixture = path.join(ROOT, 'tests/editors/fixtures/workspace');
const named = () => ({ 'awaitlens.path': options.server });
const withPython = { PATH: '/usr/local/bin:/usr/bin:/bin' };

/** Each stage is one VS Code: how it is set up, what is prepared before each scenario, and what is done. */
const STAGES = {
  trusted: { scenarios: trusted, settings: named },
  folders: { scenarios: folders, settings: named },
  restricted: { scenarios: restricted, settings: named, trust: false, before: plantTraps },
  fresh: { scenarios: fresh, environment: () => withPython, before: forgetPrivateEnvironment },
  offline: {
    scenarios: offline,
    environment: (code) => ({ ...withPython, PIP_FIND_LINKS: '', PIP_CONFIG_FILE: pipConfiguration(code) }),
    before: (code) => {
      forgetPrivateEnvironment(code);
      cutOff(code);
    },
  },
  // Started "from the command line", the editor asks no login shell for a PATH of its own.
  bare: { scenarios: bare, environment: () => ({ PATH: '/nowhere', VSCODE_CLI: '1' }) },
  dying: {
    scenarios: dying,
    settings: (code) => ({ 'awaitlens.path': dyingServer(code) }),
    before: plantDyingServer,
  },
};

function vsix() {
  const folder = path.join(ROOT, 'client-vscode');
  const name = readdirSync(folder).find((each) => each.endsWith('.vsix'));
  if (!name) {
    throw new Error('there is no .vsix; `npm run package` makes it');
  }
  return path.join(folder, name);
}

let failures = 0;

async function runStage(name, stage) {
  const wanted = Object.entries(stage.scenarios).filter(([title]) =>
    options.only.split('|').some((words) => title.includes(words)),
  );
  if (wanted.length === 0) {
    return;
  }
  const code = await VSCode.start({ version: options.version, vsix: vsix(), fixture, ...stage });
  try {
    for (const [title, scenario] of wanted) {
      if (needs[title] && !NEEDS[needs[title]](capabilities)) {
        console.log(`skipped ${name}: ${title} (the server does not offer ${needs[title]})`);
        continue;
      }
      const once = (words) => {
        code.restore(fixture);
        stage.before?.(code);
        return runScenario(code, words, scenario);
      };
      if (!(await once(`${name}: ${title}`)) && !(await once(`${name}: ${title}, the second try`))) {
        failures += 1;
      }
      if (failures && options.bail) {
        return;
      }
    }
  } finally {
    await code.close();
  }
}

/** Whether it passed. A second try is told as one: it may have been the machine, and it may not. */
async function runScenario(code, title, scenario) {
  const start = Date.now();
  const before = code.browser.contexts();
  try {
    await scenario(code);
    console.log(`ok      ${title} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
    return true;
  } catch (error) {
    console.log(
      `FAILED  ${title}\n        ${String(error.stack ?? error)
        .split('\n')
        .slice(0, 6)
        .join('\n        ')}`,
    );
    console.log(
      code
        .logs(start)
        .map((line) => `        | ${line}`)
        .join('\n'),
    );
    await code.shotOfAll(`failed-${title.replace(/\W+/g, '-')}`);
    return false;
  } finally {
    for (const context of code.browser.contexts().filter((each) => !before.includes(each))) {
      // Leaving the page ends its extension host; a page that just vanishes is waited for.
      await Promise.all(context.pages().map((page) => page.goto('about:blank').catch(() => undefined)));
      await context.close();
    }
  }
}

if (!existsSync(path.join(ROOT, `.e2e/vscode-${options.version}/.complete`))) {
  console.error(`VS Code of code-server ${options.version} is not installed; tests/editors/install_vscode.sh does it`);
  process.exit(75);
}
const capabilities = await offered(options.server);
console.log(`VS Code of code-server ${options.version}`);
for (const [name, stage] of Object.entries(STAGES)) {
  if (!options.stage || options.stage === name) {
    await runStage(name, stage);
  }
}
process.exit(failures ? 1 : 0);
