// Builds the wheel that the extension carries, then the .vsix. Refuses when the two versions differ.

import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createVSIX } from '@vscode/vsce';

const root = path.resolve('..');
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

/** The first Python that has pip: the one asked for, the clone's own, the system's. */
function interpreter() {
  const known = [process.env.PYTHON, path.join(root, '.venv/bin/python'), 'python3', 'python'].filter(Boolean);
  const found = known.find((python) => spawnSync(python, ['-m', 'pip', '--version'], { stdio: 'ignore' }).status === 0);
  if (!found) {
    throw new Error('there is no Python with pip to build the wheel');
  }
  return found;
}

function buildWheel() {
  rmSync('bundled', { recursive: true, force: true });
  mkdirSync('bundled');
  const args = [
    '-m',
    'pip',
    'wheel',
    '--quiet',
    '--no-deps',
    '--disable-pip-version-check',
    '-w',
    path.resolve('bundled'),
    root,
  ];
  execFileSync(interpreter(), args, { stdio: 'inherit' });
  const [wheel] = readdirSync('bundled');
  if (!wheel?.startsWith(`awaitlens-${version}-`)) {
    throw new Error(`the extension is ${version}, but the wheel is ${wheel}`);
  }
  console.log(`wheel  client-vscode/bundled/${wheel}`);
}

buildWheel();
copyFileSync(path.join(root, 'CHANGELOG.md'), 'CHANGELOG.md'); // One story for the server and for what starts it.
const packagePath = `awaitlens-${version}.vsix`;
await createVSIX({ dependencies: false, packagePath });
console.log(`vsix   client-vscode/${packagePath}`);
