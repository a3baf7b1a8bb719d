/** Time, and alarms that know that a page can sleep. */

/** The most milliseconds that a timer takes. */
const LONGEST_MS = 2 ** 31 - 1;
/** A timer that comes so much later than it should: the page slept, or its timers are throttled. */
const LATE_MS = 2_000;

/**
 * @typedef {object} Clock
 * @property {() => number} now milliseconds, never going back; goes on while the machine sleeps
 * @property {(fn: () => void, ms: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 */

/** The system's clock. `performance.now` stops while a laptop sleeps, and the date can be set back. @returns {Clock} */
export function systemClock() {
  let last = Date.now();
  let shift = 0;
  return {
    now: () => {
      const date = Date.now();
      if (date < last) shift += last - date;
      last = date;
      return date + shift;
    },
    setTimeout: (fn, ms) => setTimeout(fn, ms),
    clearTimeout: (timer) => clearTimeout(timer),
  };
}

/** One alarm; setting it replaces what it was set to. */
export class Alarm {
  /** @type {Clock} */ #clock;
  /** @type {any} */ #timer = undefined;

  /** @param {Clock} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  get isSet() {
    return this.#timer !== undefined;
  }

  /** @param {number} ms @param {(lateMs: number) => void} ring */
  set(ms, ring) {
    this.clear();
    const due = this.#clock.now() + ms;
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      ring(this.#clock.now() - due);
    }, Math.min(Math.max(ms, 0), LONGEST_MS));
  }

  /**
   * For waits for somebody else's answer: where the alarm comes late, what came meanwhile may still stand in line
   * behind it, so it waits once more.
   * @param {number} ms @param {() => void} ring
   */
  setPatient(ms, ring) {
    this.set(ms, (late) => (late > LATE_MS ? this.set(ms, ring) : ring()));
  }

  clear() {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
