/** How long to wait before the next attempt. */

/** The longest wait that is taken from a server; a longer one would look like a dead page. */
const LONGEST_GIVEN_MS = 5 * 60_000;

/**
 * Exponential with full jitter: the n-th delay is anything up to `baseMs * 2^n`, at most `capMs`, so that clients
 * that lost the same server do not come back together.
 */
export class Backoff {
  failures = 0;

  /** @param {{ baseMs: number, capMs: number }} settings @param {() => number} random from 0 to 1 */
  constructor({ baseMs, capMs }, random) {
    this.baseMs = baseMs;
    this.capMs = capMs;
    this.random = random;
  }

  /** The delay after one more failure. */
  next() {
    const most = Math.min(this.capMs, this.baseMs * 2 ** Math.min(this.failures, 30));
    this.failures += 1;
    return Math.round(this.random() * most);
  }

  /** Begins the row anew. */
  reset() {
    this.failures = 0;
  }
}

/** A delay that the server gave, if it is one. @param {unknown} ms @returns {number | undefined} */
export function givenDelay(ms) {
  return typeof ms === 'number' && ms >= 0 ? Math.min(ms, LONGEST_GIVEN_MS) : undefined;
}
