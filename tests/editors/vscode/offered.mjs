// What a server offers, asked in the protocol's own words, so that a test of what it cannot do yet is skipped by name.

import { spawn } from 'node:child_process';

/** The capabilities in the answer to `initialize`. */
export async function offered(program) {
  const server = spawn(program, ['server'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const params = { processId: process.pid, rootUri: null, capabilities: { notebookDocument: { synchronization: {} } } };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
  server.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  let text = '';
  for await (const chunk of server.stdout.setEncoding('utf8')) {
    text += chunk;
    const message = /\r\n\r\n(\{[^]*)$/.exec(text)?.[1];
    try {
      return JSON.parse(message).result.capabilities;
    } catch {
      // The rest of it is still on its way.
    } finally {
      if (text.includes('"serverInfo"')) {
        server.kill();
      }
    }
  }
  throw new Error(`${program} server did not answer`);
}

/** Needs that a scenario can name. */
export const NEEDS = {
  notebooks: (capabilities) => Boolean(capabilities.notebookDocumentSync),
  slides: (capabilities) => capabilities.executeCommandProvider?.commands?.includes('awaitlens.slides') ?? false,
};
