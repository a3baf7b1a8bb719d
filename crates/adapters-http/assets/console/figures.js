// @ts-check
/** The counted figures of an app or of the server, over time. */
import { Series, keptSeries } from './series.js';

/** What is counted since the server began, and shown as a rate. */
const COUNTED = /** @type {const} */ (['published', 'delivered', 'refused', 'published_bytes', 'delivered_bytes']);
/** What is so at a moment. */
const LEVELS = /** @type {const} */ (['connections', 'channels', 'subscriptions']);

/** @typedef {typeof COUNTED[number] | typeof LEVELS[number]} Figure */

export class Figures {
  /** @type {Record<Figure, Series>} */
  of = /** @type {any} */ (Object.fromEntries([...COUNTED, ...LEVELS].map((name) => [name, new Series()])));

  /** @param {Record<string, any>} looked an answer with `at` */
  add(looked) {
    for (const name of COUNTED) this.of[name].counter(looked.at, looked[name]);
    for (const name of LEVELS) this.of[name].level(looked.at, looked[name]);
  }
}

/** Those of an app, kept while the console is open. @param {string} app */
export function figuresOf(app) {
  return keptSeries(`app ${app}`, () => new Figures());
}
