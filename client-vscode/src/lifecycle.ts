// The life of the server: found, started, watched, started again. One at a time, in the order asked for.

import { CrashGuard } from './crash_guard';
import { type FoundServer, SettingFailure } from './discovery';
import { SetupFailure } from './private_environment';

export interface Connection {
  start(): Promise<void>;
  stop(): Promise<void>;
}

export type State =
  | { readonly kind: 'off' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'running'; readonly server: FoundServer }
  | { readonly kind: 'failed'; readonly message: string };

/** What the life needs from outside. */
export interface Surroundings {
  find(): Promise<FoundServer>;
  /** A connection to a server that is not started yet; `down` is called when it ends without being asked to. */
  connect(server: FoundServer, down: () => void): Connection;
  show(state: State): void;
  /** Says it once to the user, with a way to try again. */
  complain(message: string): void;
  log(line: string): void;
}

interface Living {
  readonly server: FoundServer;
  readonly connection: Connection;
}

export class Lifecycle {
  private living: Living | undefined;
  private queue: Promise<void> = Promise.resolve();
  private turn = 0;
  private complaint = '';

  constructor(
    private readonly outside: Surroundings,
    private readonly guard = new CrashGuard(),
  ) {}

  get connection(): Connection | undefined {
    return this.living?.connection;
  }

  start(): Promise<void> {
    return this.next(() => this.begin());
  }

  /** The user asked for it: earlier crashes and complaints do not count. */
  restart(): Promise<void> {
    this.guard.forget();
    this.complaint = '';
    return this.next(async () => {
      await this.end();
      await this.begin();
    });
  }

  /** Something that decides which server is taken has changed. A server that is still the right one is left alone. */
  reconsider(): Promise<void> {
    return this.next(async () => {
      const server = await this.search();
      if (server && !sameServer(server, this.living?.server)) {
        await this.end();
        await this.launch(server);
      }
    });
  }

  stop(): Promise<void> {
    return this.next(async () => {
      await this.end();
      this.outside.show({ kind: 'off' });
    });
  }

  // Only the last of several wishes counts; those before it are dropped while they wait.
  private next(step: () => Promise<void>): Promise<void> {
    const turn = ++this.turn;
    this.queue = this.queue.then(() => (turn === this.turn ? step() : undefined));
    return this.queue;
  }

  private async begin(): Promise<void> {
    this.outside.show({ kind: 'starting' });
    const server = await this.search();
    if (server) {
      await this.launch(server);
    }
  }

  private async search(): Promise<FoundServer | undefined> {
    try {
      return await this.outside.find();
    } catch (error) {
      this.fail(error);
      return undefined;
    }
  }

  private async launch(server: FoundServer): Promise<void> {
    this.outside.show({ kind: 'starting' });
    const connection = this.outside.connect(server, () => this.down(connection));
    this.living = { server, connection };
    try {
      await connection.start();
    } catch (error) {
      this.outside.log(`the server did not start: ${words(error)}`);
      this.down(connection);
      return;
    }
    if (this.connection === connection) {
      this.complaint = '';
      this.outside.show({ kind: 'running', server });
    }
  }

  private async end(): Promise<void> {
    const connection = this.living?.connection;
    this.living = undefined;
    await connection?.stop().catch((error) => this.outside.log(`the server did not stop in order: ${words(error)}`));
  }

  // A start that fails and a connection that closes may both report the same end.
  private down(connection: Connection): void {
    if (this.connection !== connection) {
      return;
    }
    this.living = undefined;
    if (this.guard.crashed() === 'restart') {
      this.outside.log('the server ended; it is started again');
      void this.start();
      return;
    }
    this.fail(new Error('The AwaitLens server ended several times in a short while and is not started again.'));
  }

  private fail(error: unknown): void {
    const message = words(error);
    this.outside.log(error instanceof SetupFailure && error.details ? `${message}\n${error.details}` : message);
    this.outside.show({ kind: 'failed', message });
    const cancelled = error instanceof SetupFailure && error.kind === 'cancelled';
    if (!cancelled && message !== this.complaint) {
      this.complaint = message;
      this.outside.complain(error instanceof SettingFailure ? `${message}. Mend the setting or clear it.` : message);
    }
  }
}

function sameServer(one: FoundServer, other: FoundServer | undefined): boolean {
  return (
    other !== undefined &&
    one.command === other.command &&
    one.args.join('\0') === other.args.join('\0') &&
    one.version === other.version
  );
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
