// Decides how often a server that crashes is started again.

export type Verdict = 'restart' | 'give up';

/** A few crashes in a short time mean that the next start will crash too. */
export class CrashGuard {
  private crashes: number[] = [];

  constructor(
    private readonly limit = 4,
    private readonly window = 180_000,
    private readonly now: () => number = Date.now,
  ) {}

  crashed(): Verdict {
    const recent = this.now() - this.window;
    this.crashes = [...this.crashes.filter((time) => time > recent), this.now()];
    return this.crashes.length > this.limit ? 'give up' : 'restart';
  }

  /** The user asked for a new start: what was before does not count. */
  forget(): void {
    this.crashes = [];
  }
}
