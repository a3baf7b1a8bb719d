// @ts-check
/** Figures over time: bounded, as levels or as rates of what is counted. */

/** Samples that are kept: five minutes at one in two seconds. */
const MOST = 150;

/** @typedef {{ at: number, value: number | null }} Point a value that is not known is null */

export class Series {
  /** @type {Point[]} */ points = [];
  /** @type {{ at: number, value: number } | null} */ #last = null;

  /** @param {number} at @param {number | undefined} value */
  level(at, value) {
    this.#add(at, value ?? null);
  }

  /** A counter; what is kept is its rate a second. @param {number} at @param {number | undefined} value */
  counter(at, value) {
    const last = this.#last;
    this.#last = value === undefined ? null : { at, value };
    if (value === undefined || !last || at <= last.at) return;
    // A counter that went back is one that began anew: the server was restarted.
    const rate = value < last.value ? null : ((value - last.value) * 1000) / (at - last.at);
    this.#add(at, rate);
  }

  get latest() {
    return this.points.at(-1)?.value ?? null;
  }

  /** @param {number} at @param {number | null} value */
  #add(at, value) {
    this.points.push({ at, value });
    if (this.points.length > MOST) this.points.splice(0, this.points.length - MOST);
  }
}

/** Sets of series that outlive a view, by name. */
const MOST_SETS = 40;
/** @type {Map<string, any>} */
const sets = new Map();

/**
 * @template T
 * @param {string} name
 * @param {() => T} make
 * @returns {T}
 */
export function keptSeries(name, make) {
  const set = sets.get(name) ?? make();
  sets.delete(name);
  sets.set(name, set);
  if (sets.size > MOST_SETS) sets.delete([...sets.keys()][0]);
  return set;
}

export function forgetSeries() {
  sets.clear();
}
