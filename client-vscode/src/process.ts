// Programs are started here and nowhere else: without a shell, with clean surroundings, with a way to stop them.

import { spawn } from 'node:child_process';

export interface Outcome {
  /** The exit code; null when the program could not be started or was stopped. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly folder?: string;
  /** Milliseconds after which the program is stopped. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

/** Runs a program to its end. Never rejects: what went wrong stands in the outcome. */
export type Run = (command: string, args: readonly string[], options?: RunOptions) => Promise<Outcome>;

export const run: Run = (command, args, options = {}) =>
  new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.folder,
      env: surroundings(process.env),
      timeout: options.timeout,
      signal: options.signal,
      windowsHide: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', (error) => resolve({ code: null, stdout, stderr: stderr + error.message }));
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });

// These make one Python load the modules of another, or a program of the project's.
const MISLEADING = ['PYTHONPATH', 'PYTHONHOME', 'PYTHONSTARTUP', 'VIRTUAL_ENV', 'CONDA_PREFIX'];

/** The environment variables for a Python program of ours: `base` without what would mislead it, then `more`. */
export function surroundings(
  base: Readonly<Record<string, string | undefined>>,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const kept = Object.entries(base).filter(([name, value]) => value !== undefined && !MISLEADING.includes(name));
  return { ...(Object.fromEntries(kept) as Record<string, string>), ...more };
}
