// Reads the report of `awaitlens check --output-format json`.

/** A finding of the report: lines and columns from 1, columns in code points. */
export interface Reported {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly end_line: number;
  readonly end_column: number;
  readonly pitfall: string;
  readonly severity: string;
  readonly message: string;
}

/** The findings by file, in the report's order. Throws for anything but a report. */
export function readReport(text: string): Map<string, Reported[]> {
  const files = new Map<string, Reported[]>();
  for (const finding of JSON.parse(text) as Reported[]) {
    files.set(finding.path, [...(files.get(finding.path) ?? []), finding]);
  }
  return files;
}

/** VS Code counts UTF-16 units from 0: the units of `line` that lie before `column`. */
export function unitsBefore(line: string, column: number): number {
  return [...line].slice(0, column - 1).join('').length;
}

/** The arguments of `check` that say what the settings say. */
export function checkArguments(select: readonly string[], ignore: readonly string[]): string[] {
  const list = (option: string, names: readonly string[]) => (names.length ? [option, names.join(',')] : []);
  return ['check', '--output-format', 'json', ...list('--select', select), ...list('--ignore', ignore), '.'];
}
