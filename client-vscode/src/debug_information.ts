// What a person who helps wants to know, as text to paste.

import type { State } from './lifecycle';

export interface Circumstances {
  readonly extension: string;
  readonly editor: string;
  readonly system: string;
  readonly remote: string | undefined;
  readonly trusted: boolean;
  readonly folders: number;
  readonly state: State;
  /** Settings that are not at their default. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** What the server says about itself; undefined where none runs. */
  readonly serverState?: unknown;
}

/** None of the user's code, and of the environment variables only the names. */
export function debugInformation(about: Circumstances): string {
  return [
    `AwaitLens extension ${about.extension}`,
    `Editor: ${about.editor}${about.remote ? `, remote: ${about.remote}` : ''}`,
    `System: ${about.system}`,
    `Workspace: ${about.folders} folder(s), ${about.trusted ? 'trusted' : 'restricted mode'}`,
    `Server: ${serverLine(about.state)}`,
    `Server state: ${JSON.stringify(about.serverState ?? null)}`,
    `Settings: ${JSON.stringify(about.settings, hideValues, 2)}`,
    '',
  ].join('\n');
}

function serverLine(state: State): string {
  switch (state.kind) {
    case 'running':
      return `${state.server.version}, ${state.server.origin}: ${[state.server.command, ...state.server.args].join(' ')}`;
    case 'failed':
      return `failed: ${state.message}`;
    default:
      return state.kind;
  }
}

function hideValues(key: string, value: unknown): unknown {
  return key === 'environment' && typeof value === 'object' && value !== null ? Object.keys(value) : value;
}
