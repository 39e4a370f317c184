// The server's deck is a whole page and brings its own policy. This sees to it that it has one.

const POLICY = /<meta\s+http-equiv=["']?Content-Security-Policy["']?\s/i;
const STRICT = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">`;

/**
 * The page for the webview. A deck without a policy in its head gets the strictest: then no script runs, so that a
 * mistake shows as a deck that stands still, and not as a hole.
 */
export function slidesPage(deck: string): string {
  const head = deck.split(/<body[\s>]/i, 1)[0] ?? '';
  if (POLICY.test(head)) {
    return deck;
  }
  return /<head[^>]*>/i.test(head) ? deck.replace(/<head[^>]*>/i, (start) => start + STRICT) : STRICT + deck;
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
