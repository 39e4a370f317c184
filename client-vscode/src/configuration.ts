// Turns VS Code's settings into the server's: the same keys as [tool.awaitlens] in pyproject.toml.

/** The value of the section `awaitlens`, as VS Code gives it. */
export type RawSettings = Readonly<Record<string, unknown>>;

const SERVER_KEYS: Readonly<Record<string, string>> = {
  select: 'select',
  ignore: 'ignore',
  severity: 'severity',
  showPossible: 'show-possible',
  exclude: 'exclude',
  blocking: 'blocking',
  notBlocking: 'not-blocking',
  hints: 'hints',
  asciiHints: 'ascii-hints',
  codeLens: 'code-lens',
  semanticTokens: 'semantic-tokens',
  interpreter: 'interpreter',
  python: 'python',
  django: 'django',
  asgiref: 'asgiref',
};

/** Settings that only a new start of the server makes effective. */
export const RESTART_KEYS = [
  'awaitlens.path',
  'awaitlens.arguments',
  'awaitlens.environment',
  'awaitlens.semanticTokens',
  'awaitlens.diagnosticMode',
];

/**
 * What the server gets for one folder. A key that the user did not set is left out, so that pyproject.toml decides
 * it. `isSet` says which keys were set.
 */
export function settingsForServer(raw: RawSettings, isSet: (key: string) => boolean): Record<string, unknown> {
  const chosen = Object.entries(SERVER_KEYS).filter(([key]) => isSet(key) && raw[key] !== null);
  const settings: Record<string, unknown> = Object.fromEntries(chosen.map(([key, name]) => [name, raw[key]]));
  return raw['enable'] === false ? { ...settings, ignore: ['ALL'], hints: [] } : settings;
}
