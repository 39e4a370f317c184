// Where programs lie, and which places are not to be trusted.

import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import * as path from 'node:path';

/** True when `file` is `folder` or lies in it, compared part by part: `/a/bc` is not inside `/a/b`. */
export function isInside(file: string, folder: string): boolean {
  const way = path.relative(folder, file);
  return way === '' || (!way.startsWith('..' + path.sep) && way !== '..' && !path.isAbsolute(way));
}

/** A path from the settings with `~` and `${workspaceFolder}` put in; "" stays "". */
export function expandPath(text: string, workspaceFolder: string | undefined): string {
  const trimmed = text.trim();
  const home = /^~(?=$|[\\/])/.test(trimmed) ? homedir() + trimmed.slice(1) : trimmed;
  return home.replaceAll('${workspaceFolder}', workspaceFolder ?? '');
}

export interface SearchPath {
  /** The value of the PATH variable. */
  readonly value: string;
  /** Folders in which no program is taken from PATH: those of a workspace that is not trusted. */
  readonly avoid: readonly string[];
}

/** All programs called `name` on the search path, in its order. Relative entries are skipped: they depend on where one stands. */
export function programsOnPath(name: string, search: SearchPath): string[] {
  const ending = process.platform === 'win32' ? '.exe' : ''; // Scripts of other kinds need a shell, and no shell is used.
  return search.value
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder) && !search.avoid.some((bad) => isInside(folder, bad)))
    .map((folder) => path.join(folder, name + ending))
    .filter((file) => existsSync(file) && statSync(file).isFile());
}

/** The interpreter of a virtual environment. */
export function interpreterOf(environment: string): string {
  const parts = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];
  return path.join(environment, ...parts);
}
