/** Whether the server is still there. */

import { Alarm } from './clock.js';

/** So much longer than its own ping interval a server may be silent before it is asked. */
const GRACE = 1.4;
/** How long the answer to a ping may take. */
const ANSWER_MS = 10_000;
/** The same where there is reason to doubt: the page woke up, or the network changed. */
const DOUBT_MS = 5_000;

/**
 * Silence is no proof: the timers of a hidden page come once a minute, a frozen page hears nothing at all. So after
 * silence the server is asked (`ping`), and taken as gone only where no answer comes in time.
 */
export class Pulse {
  /** @type {import('./clock.js').Clock} */ #clock;
  /** @type {Alarm} */ #alarm;
  /** @type {{ ask: () => void, dead: () => void }} */ #actions;
  #heardAt = 0;
  #patienceMs = 0;
  #asked = false;

  /** @param {import('./clock.js').Clock} clock @param {{ ask: () => void, dead: () => void }} actions */
  constructor(clock, actions) {
    this.#clock = clock;
    this.#alarm = new Alarm(clock);
    this.#actions = actions;
  }

  /** @param {number} intervalMs in which the server pushes `heartbeat` */
  start(intervalMs) {
    this.#patienceMs = intervalMs * GRACE;
    this.heard();
    this.#watch();
  }

  stop() {
    this.#alarm.clear();
    this.#patienceMs = 0;
  }

  /** Something came. The alarm is not set anew for each frame: it looks when it rings. */
  heard() {
    this.#heardAt = this.#clock.now();
    if (this.#asked && this.#patienceMs > 0) this.#watch();
  }

  /** Asks now, unless something just came. */
  doubt() {
    if (this.#patienceMs > 0 && this.#clock.now() - this.#heardAt > 1_000) this.#ask(DOUBT_MS);
  }

  #watch() {
    this.#asked = false;
    const silent = this.#clock.now() - this.#heardAt;
    this.#alarm.set(Math.max(this.#patienceMs - silent, 0), () => {
      if (this.#clock.now() - this.#heardAt >= this.#patienceMs) this.#ask(Math.min(ANSWER_MS, this.#patienceMs));
      else this.#watch();
    });
  }

  /** @param {number} waitMs */
  #ask(waitMs) {
    this.#asked = true;
    this.#actions.ask();
    this.#alarm.set(waitMs, (late) => {
      if (late <= waitMs) return this.#actions.dead();
      // The page slept. What came meanwhile may stand in line behind this alarm: ask once more.
      this.#actions.ask();
      this.#alarm.set(waitMs, () => this.#actions.dead());
    });
  }
}
