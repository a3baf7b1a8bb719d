// A clock that goes when the test says so.

export class FakeClock {
  #now = 1_000_000;
  #last = 0;
  /** @type {Map<number, { at: number, fn: () => void }>} */ #timers = new Map();
  /** How late timers come, as in a hidden page. */ lateMs = 0;

  now = () => this.#now;

  /** @param {() => void} fn @param {number} ms */
  setTimeout = (fn, ms) => {
    const id = ++this.#last;
    this.#timers.set(id, { at: this.#now + ms + this.lateMs, fn });
    return id;
  };

  /** @param {number} id */
  clearTimeout = (id) => void this.#timers.delete(id);

  get timers() {
    return this.#timers.size;
  }

  /** Lets so much time pass, or as much as it takes. @param {number} ms @param {() => boolean} [until] */
  async pass(ms, until = () => false) {
    const end = this.#now + ms;
    await settled();
    while (!until()) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort(([one, a], [other, b]) => a.at - b.at || one - other)[0];
      if (!due) {
        this.#now = end;
        return until();
      }
      const [id, { at, fn }] = due;
      this.#timers.delete(id);
      this.#now = Math.max(this.#now, at);
      fn();
      await settled();
    }
    return true;
  }

  /** The machine sleeps: time passes, nothing runs. @param {number} ms */
  sleep(ms) {
    this.#now += ms;
  }
}

/** Until nothing more happens by itself. */
export async function settled() {
  for (let round = 0; round < 3; round++) await new Promise((done) => setImmediate(done));
}
