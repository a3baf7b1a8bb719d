/** A message as the application gets it. */

import { isCount, isObject } from './frames.js';

/**
 * @typedef {object} Message
 * @property {string} channel
 * @property {string} id
 * @property {any} data
 * @property {number} ts when the server stamped it: Unix milliseconds
 * @property {string} [name] what kind of message, in the application's words
 * @property {{ client: string, connection?: string, info?: any }} [from] the sender, where it is shown
 * @property {import('./frames.js').Position | null} position its place, in a channel with history
 * @property {boolean} replayed it came with a subscription or from history, not as it was sent
 */

/**
 * @param {unknown} raw @param {string} channel @param {string | undefined} epoch of its stream @param {boolean} replayed
 * @returns {Message | null} null: that is no message
 */
export function messageOf(raw, channel, epoch, replayed) {
  if (!isObject(raw) || typeof raw.id !== 'string') return null;
  const { id, data, ts, name, from, offset } = raw;
  const position = epoch !== undefined && isCount(offset) ? { epoch, offset } : null;
  return { channel, id, data, ts, ...(name && { name }), ...(from && { from }), position, replayed };
}
