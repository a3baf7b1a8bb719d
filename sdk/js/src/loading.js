/** Loads the application's state where messages are missing, and holds back what comes meanwhile. */

import { Backoff } from './backoff.js';
import { Alarm } from './clock.js';

/**
 * @typedef {object} LoadRequest
 * @property {'first' | import('./subscription.js').Gap['cause']} cause the first subscription, or of the gap
 * @property {import('./frames.js').Position | null} position messages behind this follow
 * @property {AbortSignal} signal it is of no use any more
 * @typedef {(request: LoadRequest) => unknown | Promise<unknown>} Load
 */

export class Loading {
  /** @type {AbortController | null} */ #running = null;
  /** @type {Backoff} */ #backoff;
  /** @type {Alarm} */ #again;

  /** @param {import('./settings.js').Settings} settings @param {{ done: () => void, failed: (error: unknown) => void }} above */
  constructor({ clock, backoff, random }, above) {
    this.above = above;
    this.#backoff = new Backoff(backoff, random);
    this.#again = new Alarm(clock);
  }

  get isRunning() {
    return this.#running !== null;
  }

  /** Begins, also where it runs already: what that loads is older than the gap. @param {Load} load @param {Omit<LoadRequest, 'signal'>} request */
  begin(load, request) {
    this.stop();
    const running = (this.#running = new AbortController());
    Promise.resolve()
      .then(() => load({ ...request, signal: running.signal }))
      .then(() => {
        if (this.#running !== running) return;
        this.#running = null;
        this.#backoff.reset();
        this.above.done();
      })
      .catch((error) => {
        if (this.#running !== running) return;
        this.above.failed(error);
        if (this.#running === running) this.#again.set(this.#backoff.next(), () => this.begin(load, request));
      });
  }

  stop() {
    this.#again.clear();
    this.#running?.abort();
    this.#running = null;
  }
}
