/** Reads the messages of a channel with `for await`. */

/**
 * @typedef {import('./message.js').Message} Message
 * @typedef {object} Source
 * @property {() => void} behind so many messages wait as may
 * @property {() => void} caughtUp nothing waits any more
 * @property {() => void} left nobody reads any more
 */

/** @implements {AsyncIterableIterator<Message>} */
export class Reader {
  /** @type {Message[]} */ #waiting = [];
  /** @type {{ resolve: (result: IteratorResult<Message, undefined>) => void, reject: (error: unknown) => void }[]} */ #readers = [];
  #ended = false;
  /** @type {unknown} */ #error = null;
  /** @type {number} */ #limit;
  /** @type {Source} */ #source;
  /** @type {() => void} */ #off = () => {};

  /** @param {number} limit @param {Source} source @param {AbortSignal} [signal] */
  constructor(limit, source, signal) {
    this.#limit = limit;
    this.#source = source;
    const abort = () => this.end(signal?.reason);
    this.#off = () => signal?.removeEventListener('abort', abort);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort);
  }

  get isEmpty() {
    return this.#waiting.length === 0;
  }

  /** @param {Message} message */
  push(message) {
    const reader = this.#readers.shift();
    if (reader) {
      reader.resolve({ done: false, value: message });
      return;
    }
    // What one frame brings beyond the limit is kept too: the channel is left, and brings no more.
    this.#waiting.push(message);
    if (this.#waiting.length >= this.#limit) this.#source.behind();
  }

  /** There will be no more; with an error the reader is told, after what waits. @param {unknown} [error] */
  end(error = null) {
    if (this.#ended) return;
    this.#ended = true;
    this.#off();
    this.#error = error;
    for (const reader of this.#readers.splice(0)) this.#last(reader);
    this.#source.left();
  }

  /** @returns {Promise<IteratorResult<Message, undefined>>} */
  next() {
    const value = this.#waiting.shift();
    if (value !== undefined) {
      if (this.#waiting.length === 0) this.#source.caughtUp();
      return Promise.resolve({ done: false, value });
    }
    return new Promise((resolve, reject) => {
      const reader = { resolve, reject };
      if (this.#ended) this.#last(reader);
      else this.#readers.push(reader);
    });
  }

  /** @returns {Promise<IteratorResult<Message, undefined>>} */
  return() {
    this.#waiting = [];
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  /** The error is told once. @param {{ resolve: (result: IteratorResult<Message, undefined>) => void, reject: (error: unknown) => void }} reader */
  #last({ resolve, reject }) {
    const error = this.#error;
    this.#error = null;
    if (error === null) resolve({ done: true, value: undefined });
    else reject(error);
  }
}
