/** The token: fetched, never twice at once, and how long it holds. */

import { Alarm } from './clock.js';
import { TimeoutError } from './errors.js';

/** A token with less life than this is not shown any more. */
const LEAST_LIFE_MS = 5_000;

/**
 * @typedef {object} TokenRequest what `getToken` is given
 * @property {AbortSignal} signal nobody waits for the token any more
 */

export class Credential {
  /** @type {string | null} */ token = null;
  #endsAt = Infinity;
  /** @type {AbortController | null} */ #fetching = null;

  /**
   * @param {(request: TokenRequest) => string | Promise<string>} source
   * @param {import('./clock.js').Clock} clock
   * @param {number} timeoutMs
   */
  constructor(source, clock, timeoutMs) {
    this.source = source;
    this.clock = clock;
    this.timeoutMs = timeoutMs;
  }

  get holds() {
    return this.token !== null && this.clock.now() + LEAST_LIFE_MS < this.#endsAt;
  }

  /** Another one is needed. */
  spoil() {
    this.token = null;
  }

  /** Both times are of the server's clock; this side's may be wrong. @param {Record<string, any>} welcome the reply to `auth` */
  noteLife({ expires_at, ts }) {
    const life = Number(expires_at) - Number(ts);
    this.#endsAt = Number.isFinite(life) ? this.clock.now() + life : Infinity;
  }

  /**
   * Asks the source, unless it is asked already.
   * @param {(error: unknown) => void} done with `null` where there is a token
   */
  fetch(done) {
    if (this.#fetching) return;
    const fetching = (this.#fetching = new AbortController());
    const alarm = new Alarm(this.clock);
    const end = (/** @type {unknown} */ error) => {
      if (this.#fetching !== fetching) return;
      this.#fetching = null;
      alarm.clear();
      fetching.abort();
      done(error);
    };
    alarm.setPatient(this.timeoutMs, () => end(new TimeoutError('timeout', 'getToken gave no token in time')));
    Promise.resolve()
      .then(() => this.source({ signal: fetching.signal }))
      .then((token) => {
        if (this.#fetching !== fetching) return;
        if (typeof token !== 'string' || token === '') throw new TypeError('getToken must give a token, as a string');
        this.token = token;
        this.#endsAt = Infinity;
        end(null);
      })
      .catch(end);
  }

  /** Nobody waits any more. */
  cancel() {
    this.#fetching?.abort();
    this.#fetching = null;
  }
}
