// @ts-check
/** Quantiles of how long things took between two looks at a histogram that only grows. */
import { Series } from './series.js';

/** Looks without anything new keep the last figure so long. */
const STALE_MS = 20_000;

export class Latency {
  p50 = new Series();
  p99 = new Series();
  /** @type {number[] | null} */ #last = null;
  #moved = 0;

  /** @param {number} at @param {number[]} bounds ascending @param {number[]} cumulative one more: all */
  add(at, bounds, cumulative) {
    const last = this.#last;
    this.#last = cumulative;
    const began = !last || last.length !== cumulative.length || (last.at(-1) ?? 0) > (cumulative.at(-1) ?? 0);
    const between = began ? [] : cumulative.map((count, place) => count - last[place]);
    const [low, high] = [quantile(bounds, between, 0.5), quantile(bounds, between, 0.99)];
    if (low === null) {
      if (at - this.#moved > STALE_MS) this.#level(at, undefined, undefined);
      return;
    }
    this.#moved = at;
    this.#level(at, low, high ?? undefined);
  }

  /** @param {number} at @param {number | undefined} low @param {number | undefined} high */
  #level(at, low, high) {
    this.p50.level(at, low);
    this.p99.level(at, high);
  }
}

/**
 * The value that a share of all is not above; within a bucket as if all were spread evenly. Beyond the last bound it is that bound.
 * @param {number[]} bounds
 * @param {number[]} cumulative
 * @param {number} share 0 to 1
 * @returns {number | null} null: there is nothing
 */
export function quantile(bounds, cumulative, share) {
  const all = cumulative.at(-1) ?? 0;
  if (all <= 0) return null;
  const rank = share * all;
  const place = cumulative.findIndex((count) => count >= rank);
  if (place >= bounds.length) return bounds[bounds.length - 1] ?? null;
  const [floor, below] = place === 0 ? [0, 0] : [bounds[place - 1], cumulative[place - 1]];
  const inside = cumulative[place] - below;
  return floor + (bounds[place] - floor) * (inside > 0 ? (rank - below) / inside : 1);
}
