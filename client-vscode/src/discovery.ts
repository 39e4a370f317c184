// Finds the server: the setting, the chosen environment, PATH, and last a private environment.

import type { Run } from './process';
import { fits, parseVersion } from './version';

export type Origin = 'setting' | 'interpreter' | 'PATH' | 'private';

/** A way to start AwaitLens: `command` with `args`, before its own words such as `server`. */
export interface Program {
  readonly origin: Origin;
  readonly command: string;
  readonly args: readonly string[];
}

export interface FoundServer extends Program {
  readonly version: string;
}

/** What there is to choose from, best first. Whoever fills this in leaves out what is not to be trusted. */
export interface Places {
  /** The setting awaitlens.path, expanded; "" where it is unset. */
  readonly setting: string;
  readonly interpreters: readonly string[];
  readonly onPath: readonly string[];
  /** Makes or finds the private environment and gives its interpreter. Rejects with SetupFailure. */
  readonly privateInterpreter: () => Promise<string>;
}

/** The program in awaitlens.path does not run. The user named it, so nothing else is taken in its place. */
export class SettingFailure extends Error {}

const PATIENCE = 20_000; // A cold start of an interpreter on a slow disk; past that something hangs.

/** The first server that runs and fits the extension's version. */
export async function findServer(
  places: Places,
  extensionVersion: string,
  run: Run,
  log: (line: string) => void,
): Promise<FoundServer> {
  if (places.setting) {
    return fromSetting(places.setting, run);
  }
  for (const program of candidates(places)) {
    const version = await versionOf(program, run);
    if (version && fits(version, extensionVersion)) {
      return { ...program, version };
    }
    log(
      `${describe(program)}: ${version ? `has ${version}, which does not fit ${extensionVersion}` : 'has no awaitlens'}`,
    );
  }
  return fromPrivateEnvironment(await places.privateInterpreter(), run);
}

export function describe(program: Program): string {
  return `${program.origin}: ${[program.command, ...program.args].join(' ')}`;
}

/** An interpreter's AwaitLens. -I keeps the folder one stands in, and PYTHON variables, out of its imports. */
export function moduleOf(interpreter: string, origin: Origin): Program {
  return { origin, command: interpreter, args: ['-I', '-m', 'awaitlens'] };
}

function candidates(places: Places): Program[] {
  return [
    ...places.interpreters.map((interpreter) => moduleOf(interpreter, 'interpreter')),
    ...places.onPath.map((command): Program => ({ origin: 'PATH', command, args: [] })),
  ];
}

async function fromSetting(command: string, run: Run): Promise<FoundServer> {
  const program: Program = { origin: 'setting', command, args: [] };
  const outcome = await run(command, ['--version'], { timeout: PATIENCE });
  const version = textVersion(outcome.stdout);
  if (outcome.code !== 0 || !version) {
    throw new SettingFailure(`awaitlens.path is ${command}, and that does not run: ${firstLine(outcome.stderr)}`);
  }
  return { ...program, version };
}

async function fromPrivateEnvironment(interpreter: string, run: Run): Promise<FoundServer> {
  const program = moduleOf(interpreter, 'private');
  return { ...program, version: (await versionOf(program, run)) ?? 'unknown' };
}

async function versionOf(program: Program, run: Run): Promise<string | undefined> {
  const outcome = await run(program.command, [...program.args, '--version'], { timeout: PATIENCE });
  return outcome.code === 0 ? textVersion(outcome.stdout) : undefined;
}

function textVersion(text: string): string | undefined {
  return parseVersion(text)?.join('.');
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] || 'it printed nothing';
}
