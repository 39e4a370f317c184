// Makes the server's deck fit for a webview. The deck brings its own policy; this adds one script to what it allows.

const POLICY = /<meta\s+http-equiv=["']Content-Security-Policy["']\s+content="([^"]*)"\s*\/?>/i;
const STRICT = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/**
 * The page for the webview. `nonce` is new for every page. A deck without a policy gets the strictest: then nothing
 * runs but the bridge, so that a mistake of the renderer's shows as a deck that stands still, not as a hole.
 */
export function slidesPage(deck: string, nonce: string): string {
  const stated = POLICY.exec(headOf(deck))?.[1];
  const policy = withScript(stated === undefined ? STRICT : unescapeQuotes(stated), nonce);
  const bare = stated === undefined ? deck : deck.replace(POLICY, '');
  const top = `<meta http-equiv="Content-Security-Policy" content="${policy}"><script nonce="${nonce}">${BRIDGE}</script>`;
  return /<head[^>]*>/i.test(bare) ? bare.replace(/<head[^>]*>/i, (head) => head + top) : top + bare;
}

// A click on anything that names a line goes to the editor. A deck that asks for the API itself gets the same one.
const BRIDGE = `
const host = acquireVsCodeApi();
window.acquireVsCodeApi = () => host;
addEventListener('click', (event) => {
  const place = event.target.closest('[data-line]');
  if (!place) return;
  event.preventDefault();
  const { path = '', line, column = '0' } = place.dataset;
  host.postMessage({ path, line: Number(line), column: Number(column) });
});`;

function headOf(deck: string): string {
  return deck.split(/<body[\s>]/i, 1)[0] ?? '';
}

function withScript(policy: string, nonce: string): string {
  const allowed = `'nonce-${nonce}'`;
  const directives = policy.split(';').map((directive) => directive.trim()).filter(Boolean);
  const script = directives.findIndex((directive) => directive.startsWith('script-src '));
  if (script < 0) {
    return [...directives, `script-src ${allowed}`].join('; ');
  }
  const sources = directives[script]!.split(/\s+/).slice(1).filter((source) => source !== "'none'");
  directives[script] = ['script-src', ...sources, allowed].join(' ');
  return directives.join('; ');
}

function unescapeQuotes(text: string): string {
  return text.replace(/&#(?:x27|39);|&apos;/gi, "'");
}

/** A place in a file: line and column from 0, columns in UTF-16 units, as VS Code counts; `path` is "" for the deck's own file. */
export interface Place {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

/** The place in a message of the webview's; undefined for anything else. A network path is nothing to go to. */
export function placeIn(message: unknown): Place | undefined {
  if (typeof message !== 'object' || message === null) {
    return undefined;
  }
  const { path, line, column } = message as Record<string, unknown>;
  if (typeof path !== 'string' || /^[\\/]{2}/.test(path) || !isCount(line) || !isCount(column)) {
    return undefined;
  }
  return { path, line, column };
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}
