// The connection to a server, as vscode-languageclient makes it.

import * as vscode from 'vscode';
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  type LanguageClientOptions,
  type Middleware,
  RevealOutputChannelOn,
  vsdiag,
} from 'vscode-languageclient/node';

import { type RawSettings, settingsForServer } from './configuration';
import type { FoundServer } from './discovery';
import { placeOf } from './place';
import { surroundings } from './process';
import { SELECTOR } from './selector';
import type { Deck } from './slides_panel';

export interface Channels {
  readonly server: vscode.LogOutputChannel;
  readonly trace: vscode.LogOutputChannel;
}

export interface ClientNeeds {
  readonly channels: Channels;
  /** Where the server stands. Never the workspace, so that nothing is picked up there by accident. */
  readonly folder: string;
  readonly down: () => void;
  /** Gives the names of the findings in a document their links. */
  readonly link: (uri: vscode.Uri, diagnostics: vscode.Diagnostic[]) => vscode.Diagnostic[];
  readonly showSlides: (uri: vscode.Uri, position: vscode.Position) => Promise<void>;
  readonly prove: (uri: vscode.Uri, position: vscode.Position) => Promise<void>;
}

export function makeClient(server: FoundServer, needs: ClientNeeds): LanguageClient {
  const settings = vscode.workspace.getConfiguration('awaitlens');
  const executable = {
    command: server.command,
    args: [...server.args, 'server', ...settings.get<string[]>('arguments', [])],
    options: {
      cwd: needs.folder,
      env: surroundings(process.env, settings.get<Record<string, string>>('environment', {})),
    },
  };
  return new QuietClient('awaitlens', 'AwaitLens', executable, clientOptions(needs));
}

/** What goes wrong between client and server is logged. Whether the user is told is the lifecycle's to decide, once. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

/** Asks the server for the deck at a place; null where there is nothing to show. */
export async function askForDeck(
  client: LanguageClient,
  uri: vscode.Uri,
  position: vscode.Position,
  nonce: string,
): Promise<Deck | null> {
  const place = {
    nonce,
    uri: client.code2ProtocolConverter.asUri(uri),
    position: client.code2ProtocolConverter.asPosition(position),
  };
  return client.sendRequest<Deck | null>('workspace/executeCommand', {
    command: 'awaitlens.slides',
    arguments: [place],
  });
}

/** A small program that shows the race at a place; null where there is none. */
export interface Proof {
  readonly title: string;
  readonly script: string;
}

export async function askForProof(
  client: LanguageClient,
  uri: vscode.Uri,
  position: vscode.Position,
): Promise<Proof | null> {
  const place = {
    format: 'text',
    uri: client.code2ProtocolConverter.asUri(uri),
    position: client.code2ProtocolConverter.asPosition(position),
  };
  return client.sendRequest<Proof | null>('workspace/executeCommand', {
    command: 'awaitlens.prove',
    arguments: [place],
  });
}

// The library's own restarts and messages are turned off: the lifecycle decides both.
function clientOptions(needs: ClientNeeds): LanguageClientOptions {
  return {
    documentSelector: SELECTOR,
    outputChannel: needs.channels.server,
    traceOutputChannel: needs.channels.trace,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    diagnosticCollectionName: 'awaitlens',
    markdown: { isTrusted: { enabledCommands: ['awaitlens.showSlides'] } },
    initializationOptions: () => ({
      settings: settingsAt(undefined), // So that the first answer is right already.
      diagnosticMode: vscode.workspace.getConfiguration('awaitlens').get('diagnosticMode', 'openFilesOnly'),
    }),
    initializationFailedHandler: () => false,
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: () => {
        needs.down();
        return { action: CloseAction.DoNotRestart, handled: true };
      },
    },
    stdioOptions: { stdout: () => undefined, stderr: (input, channel) => forward(input, channel) },
    middleware: middleware(needs),
  };
}

function forward(input: NodeJS.ReadableStream, channel: vscode.LogOutputChannel): void {
  input.setEncoding('utf8').on('data', (text: string | Buffer) => channel.info(String(text).trimEnd()));
}

function middleware(needs: ClientNeeds): Middleware {
  return {
    workspace: {
      configuration: async (params, token, next) => {
        const answers = await next(params, token);
        return Array.isArray(answers)
          ? params.items.map((item, index) =>
              item.section === 'awaitlens' ? settingsAt(item.scopeUri) : answers[index],
            )
          : answers;
      },
    },
    ...linkingMiddleware(needs.link),
    provideHover: async (document, position, token, next) => {
      const hover = await next(document, position, token);
      if (hover && findingAt(document.uri, position)) {
        hover.contents.push(slidesLink(document.uri, position));
      }
      return hover;
    },
    executeCommand: async (command, args, next) => {
      const act = { 'awaitlens.slides': needs.showSlides, 'awaitlens.prove': needs.prove }[command];
      const place = act && placeOf(args[0]);
      return place ? act(place.uri, place.position) : next(command, args);
    },
  };
}

// Findings are pushed or pulled, of one document or of all: whichever way they come, they pass here.
function linkingMiddleware(link: ClientNeeds['link']): Middleware {
  return {
    handleDiagnostics: (uri, diagnostics, next) => next(uri, link(uri, diagnostics)),
    provideDiagnostics: async (document, previous, token, next) => {
      const report = await next(document, previous, token);
      if (report?.kind === vsdiag.DocumentDiagnosticReportKind.full) {
        link(document instanceof vscode.Uri ? document : document.uri, report.items);
      }
      return report;
    },
    provideWorkspaceDiagnostics: (previous, token, report, next) =>
      next(previous, token, (chunk) => {
        for (const item of chunk?.items ?? []) {
          if (item.kind === vsdiag.DocumentDiagnosticReportKind.full) {
            link(item.uri, item.items);
          }
        }
        report(chunk);
      }),
  };
}

function findingAt(uri: vscode.Uri, position: vscode.Position): boolean {
  return vscode.languages
    .getDiagnostics(uri)
    .some((each) => each.source === 'awaitlens' && each.range.contains(position));
}

// A link of the editor's own kind, so the client adds it. Its text and target hold nothing of the user's code.
function slidesLink(uri: vscode.Uri, position: vscode.Position): vscode.MarkdownString {
  const place = [{ uri: uri.toString(), position: { line: position.line, character: position.character } }];
  const link = new vscode.MarkdownString(
    `[Show slides](command:awaitlens.showSlides?${encodeURIComponent(JSON.stringify(place))})`,
  );
  link.isTrusted = { enabledCommands: ['awaitlens.showSlides'] };
  return link;
}

function settingsAt(scope: string | undefined): Record<string, unknown> {
  const settings = vscode.workspace.getConfiguration('awaitlens', scope ? vscode.Uri.parse(scope) : undefined);
  const isSet = (key: string): boolean => {
    const found = settings.inspect(key);
    return [found?.globalValue, found?.workspaceValue, found?.workspaceFolderValue].some(
      (value) => value !== undefined,
    );
  };
  return settingsForServer(settings as unknown as RawSettings, isSet);
}
