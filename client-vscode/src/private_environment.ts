// Makes a Python environment of the extension's own and puts the wheel it carries into it.

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import * as path from 'node:path';

import { interpreterOf } from './paths';
import type { Outcome, Run } from './process';

export type FailureKind = 'no-python' | 'no-venv' | 'no-network' | 'cancelled' | 'failed';

/** The environment could not be made. The message is for the user; `details` is what the tool printed. */
export class SetupFailure extends Error {
  constructor(
    readonly kind: FailureKind,
    message: string,
    readonly details = '',
  ) {
    super(message);
  }
}

export interface Workshop {
  /** A folder of the extension's own; it need not exist yet. */
  readonly storage: string;
  readonly wheel: string;
  readonly run: Run;
  /** The uv program, where there is one. */
  readonly uv: string | undefined;
  /** An interpreter that is 3.10 or newer, where there is one. */
  readonly python: () => Promise<string | undefined>;
  readonly report: (step: string) => void;
  readonly signal: AbortSignal;
}

/** The interpreter of the environment for this wheel, if it is there. */
export async function existingInterpreter(storage: string, wheel: string): Promise<string | undefined> {
  const environment = environmentFor(storage, wheel);
  const interpreter = interpreterOf(environment);
  if (!existsSync(marker(environment)) || !existsSync(interpreter)) {
    return undefined;
  }
  const now = new Date();
  await utimes(marker(environment), now, now);
  return interpreter;
}

/**
 * Makes the environment and gives its interpreter. It is made under a passing name and moved when complete, so that a
 * second window, or a stop half way, never meets half an environment. Rejects with SetupFailure.
 */
export async function makeEnvironment(shop: Workshop): Promise<string> {
  const environment = environmentFor(shop.storage, shop.wheel);
  const passing = `${environment}.${randomBytes(4).toString('hex')}`;
  await mkdir(shop.storage, { recursive: true });
  try {
    await fill(passing, shop);
    await writeFile(marker(passing), '');
    await replace(passing, environment);
  } finally {
    await rm(passing, { recursive: true, force: true });
  }
  await removeUnused(shop.storage);
  return interpreterOf(environment);
}

/** Removes the environment for this wheel, so that the next start makes it again. */
export async function forgetEnvironment(storage: string, wheel: string): Promise<void> {
  await rm(environmentFor(storage, wheel), { recursive: true, force: true });
}

async function fill(folder: string, shop: Workshop): Promise<void> {
  if (shop.uv) {
    return fillWithUv(folder, shop.uv, shop);
  }
  shop.report('looking for Python 3.10 or newer');
  const python = await shop.python();
  if (!python) {
    throw new SetupFailure(
      'no-python',
      'AwaitLens needs Python 3.10 or newer, and none was found. Install it, or name an awaitlens program in awaitlens.path.',
    );
  }
  await fillWithPip(folder, python, shop);
}

async function fillWithUv(folder: string, uv: string, shop: Workshop): Promise<void> {
  shop.report('making an environment with uv');
  await must(shop, uv, ['venv', '--no-project', '--no-config', '--python', '>=3.10', folder]);
  shop.report('installing with uv');
  await must(shop, uv, ['pip', 'install', '--python', interpreterOf(folder), shop.wheel]);
}

async function fillWithPip(folder: string, python: string, shop: Workshop): Promise<void> {
  shop.report('making an environment');
  await must(shop, python, ['-I', '-m', 'venv', folder]);
  shop.report('installing');
  const pip = ['-I', '-m', 'pip', 'install', '--no-input', '--disable-pip-version-check', shop.wheel];
  await must(shop, interpreterOf(folder), pip);
}

// The storage folder is where the tools stand, so that no configuration of the workspace's reaches them.
async function must(shop: Workshop, command: string, args: readonly string[]): Promise<void> {
  const outcome = await shop.run(command, args, { folder: shop.storage, signal: shop.signal });
  if (shop.signal.aborted) {
    throw new SetupFailure('cancelled', 'The setup of the AwaitLens server was cancelled.');
  }
  if (outcome.code !== 0) {
    throw failure(outcome);
  }
}

const NO_NETWORK =
  /name resolution|getaddrinfo|dns error|failed to lookup|failed to establish a new connection|connection (refused|reset|timed out)|network is unreachable|no matching distribution|failed to fetch|error sending request|timed? ?out/i;
const NO_VENV = /ensurepip is not|no module named (venv|ensurepip)|python3[.\d]*-venv/i;
const NO_PYTHON = /no interpreter found/i;

function failure(outcome: Outcome): SetupFailure {
  const said = `${outcome.stdout}\n${outcome.stderr}`.trim();
  if (NO_VENV.test(said)) {
    return new SetupFailure(
      'no-venv',
      'Python was found, but without its venv module. On Debian and Ubuntu the package python3-venv brings it.',
      said,
    );
  }
  if (NO_PYTHON.test(said)) {
    return new SetupFailure('no-python', 'uv found no Python 3.10 or newer and could not fetch one.', said);
  }
  if (NO_NETWORK.test(said)) {
    return new SetupFailure(
      'no-network',
      'The packages that AwaitLens needs could not be fetched. Is there a network?',
      said,
    );
  }
  return new SetupFailure(
    'failed',
    'The environment of the AwaitLens server could not be made. The log says why.',
    said,
  );
}

// Another window may have been faster. Its environment is as good as this one, and is perhaps already in use.
async function replace(passing: string, environment: string): Promise<void> {
  if (existsSync(marker(environment))) {
    return;
  }
  await rm(environment, { recursive: true, force: true });
  await rename(passing, environment);
}

const UNUSED = 30 * 24 * 60 * 60 * 1000; // Other windows may still run an older version for a while.

async function removeUnused(storage: string): Promise<void> {
  for (const name of await readdir(storage)) {
    const folder = path.join(storage, name);
    const used = await stat(marker(folder)).catch(() => undefined);
    if (used && Date.now() - used.mtimeMs > UNUSED) {
      await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

function environmentFor(storage: string, wheel: string): string {
  return path.join(storage, path.basename(wheel, '.whl'));
}

function marker(environment: string): string {
  return path.join(environment, '.awaitlens-complete');
}
