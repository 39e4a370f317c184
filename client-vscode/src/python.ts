// Finds a Python that can carry the private environment.

import { programsOnPath, type SearchPath } from './paths';
import type { Run } from './process';

// 3.10 is the oldest that jedi, and so AwaitLens, supports.
const NAMES = ['python3', 'python', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];
const ASK = 'import sys; sys.exit(sys.version_info < (3, 10))';

/** The first of `preferred`, then of the usual names on PATH, that is 3.10 or newer. */
export async function findPython(
  preferred: readonly string[],
  search: SearchPath,
  run: Run,
): Promise<string | undefined> {
  const known = [...preferred, ...NAMES.flatMap((name) => programsOnPath(name, search))];
  for (const python of new Set(known)) {
    if ((await run(python, ['-I', '-c', ASK], { timeout: 20_000 })).code === 0) {
      return python;
    }
  }
  return undefined;
}
