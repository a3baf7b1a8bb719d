/** What was said before, page by page. */

import { isObject } from './frames.js';
import { messageOf } from './message.js';

/**
 * @typedef {object} HistoryOptions
 * @property {'desc' | 'asc'} [order] the newest first (unless said otherwise), or the oldest
 * @property {number} [limit] of a page: 1 to 1,000, 50 unless given
 * @property {number} [before] only messages with smaller offsets
 * @property {number} [after] only messages with greater ones
 * @property {string} [epoch] of the stream: with another one it is refused with `epoch_changed`
 * @property {AbortSignal} [signal]
 * @typedef {object} Page
 * @property {import('./message.js').Message[]} messages in the order that was asked for
 * @property {string} epoch
 * @property {number} offset the last message of the stream
 * @property {number} first the oldest that is kept
 * @property {boolean} more whether another page follows
 */

/**
 * @param {(event: string, payload: object, options: { signal?: AbortSignal }) => Promise<Record<string, any>>} ask
 * @param {string} channel
 * @param {HistoryOptions} options
 * @returns {AsyncGenerator<Page, void, void>}
 */
export async function* history(ask, channel, { order = 'desc', limit, before, after, epoch, signal }) {
  for (;;) {
    const data = await ask('history', { channel, order, limit, before, after, epoch }, { signal });
    epoch = String(data.epoch);
    /** @type {Page['messages']} */ const messages = [];
    for (const raw of Array.isArray(data.messages) ? data.messages : []) {
      const message = isObject(raw) ? messageOf(raw, channel, epoch, true) : null;
      if (message) messages.push(message);
    }
    const last = messages.at(-1)?.position?.offset;
    const more = data.more === true && last !== undefined;
    yield { messages, epoch, offset: data.offset, first: data.first, more };
    if (!more) return;
    if (order === 'desc') before = last;
    else after = last;
  }
}
