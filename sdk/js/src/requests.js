/** Questions to the server: asked when there is a connection, again on the next one where it broke. */

import { Alarm } from './clock.js';
import { LimitError, TimeoutError } from './errors.js';

/**
 * @typedef {object} Question
 * @property {string} event @property {string} payload
 * @property {(data: Record<string, any> | null, error: unknown) => void} settle
 */

export class Requests {
  /** @type {Set<Question>} */ #open = new Set();
  /** @type {import('./connection.js').Connection} */ #connection;
  /** @type {import('./settings.js').Settings} */ #settings;

  /** @param {import('./connection.js').Connection} connection @param {import('./settings.js').Settings} settings */
  constructor(connection, settings) {
    this.#connection = connection;
    this.#settings = settings;
  }

  /**
   * @param {string} event @param {object} payload @param {{ signal?: AbortSignal, timeoutMs?: number }} options
   * @returns {Promise<Record<string, any>>} the data of the reply
   */
  ask(event, payload, { signal, timeoutMs }) {
    const { clock, limits, timeouts } = this.#settings;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.#open.size >= limits.requests) {
        throw new LimitError('too_many_requests', `${this.#open.size} requests wait already`);
      }
      const alarm = new Alarm(clock);
      const abort = () => question.settle(null, signal?.reason);
      /** @type {Question} */ const question = {
        event,
        payload: JSON.stringify(payload),
        settle: (data, error) => {
          if (!this.#open.delete(question)) return;
          alarm.clear();
          signal?.removeEventListener('abort', abort);
          if (data) resolve(data);
          else reject(error);
        },
      };
      signal?.addEventListener('abort', abort);
      alarm.setPatient(timeoutMs ?? timeouts.replyMs, () => {
        question.settle(null, new TimeoutError('timeout', `no answer to ${event} in time`));
      });
      this.#open.add(question);
      this.#send(question);
    });
  }

  online() {
    for (const question of this.#open) this.#send(question);
  }

  /** @param {Error} error */
  stopped(error) {
    for (const question of [...this.#open]) question.settle(null, error);
  }

  /** @param {Question} question */
  #send({ event, payload, settle }) {
    this.#connection.request(event, payload, (data, error) => {
      if (data || error) settle(data, error);
    });
  }
}
