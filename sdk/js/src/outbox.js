/** Sends that are not acknowledged yet: delivered once, or told why not. */

import { Backoff, givenDelay } from './backoff.js';
import { Alarm } from './clock.js';
import { LimitError, RTMateError, StoppedError, TimeoutError, mayPass } from './errors.js';
import { positionOf } from './frames.js';

/** The server knows a key for 5 minutes; after that a repeat could become a second message. */
const KEY_WINDOW_MS = 270_000;
/** Whoever sends this often as another client is not known by the keys of before. */
const UNSURE = 'the connection was lost, and the outcome can not be found out any more';

/**
 * @typedef {object} SendOptions
 * @property {string} [name] what kind of message, in the application's words
 * @property {string} [key] makes a repeat safe, over restarts of the page too; one is made unless given
 * @property {boolean} [echo] false: not shown to this connection itself
 * @property {boolean} [ordered] false: does not wait for the send before it in this channel; for cursors and the like
 * @property {number} [timeoutMs] how long it is tried
 * @property {AbortSignal} [signal] stops trying; what was sent already may arrive all the same
 * @typedef {object} Receipt the server's acknowledgement
 * @property {string} channel
 * @property {string} id of the message
 * @property {number} ts when it was stamped: Unix milliseconds
 * @property {import('./frames.js').Position | null} position its place, in a channel with history
 * @property {boolean} repeated an earlier attempt had succeeded
 * @property {string} key
 * @typedef {object} Pending
 * @property {string} channel @property {string} body JSON of the payload @property {number} size @property {string} key
 * @property {boolean} ordered @property {number} deadline
 * @property {number} attempts how often it was handed to a connection @property {number} firstAt
 * @property {string} sender under which client id it was; keys count per client
 * @property {'ready' | 'underway'} state @property {number} readyAt @property {Alarm} reply
 * @property {(receipt: Receipt | null, error: unknown) => void} settle
 */

export class Outbox {
  /** In the order in which they were asked for. @type {Set<Pending>} */ #sends = new Set();
  /** @type {import('./connection.js').Connection} */ #connection;
  /** @type {import('./settings.js').Settings} */ #settings;
  /** @type {Backoff} */ #backoff;
  /** Deadlines, and what is to be sent again later. @type {Alarm} */ #due;
  #characters = 0;
  #underWay = 0;
  /** The server asked for a pause. */ #pausedUntil = 0;
  #keys = 0;
  #prefix = randomPrefix();
  /** How fast sends may go: so many at once. */ #tokens = 0;
  #tokensAt = 0;
  #rate = { perSecond: 100, burst: 200, frameBytes: Infinity };
  #client = '';

  /** @param {import('./connection.js').Connection} connection @param {import('./settings.js').Settings} settings */
  constructor(connection, settings) {
    this.#connection = connection;
    this.#settings = settings;
    this.#backoff = new Backoff(settings.backoff, settings.random);
    this.#due = new Alarm(settings.clock);
  }

  /** Sends that wait or are under way. */
  get size() {
    return this.#sends.size;
  }

  /**
   * @param {string} channel @param {unknown} data @param {SendOptions} options
   * @returns {Promise<Receipt>}
   */
  send(channel, data, { name, key, echo, ordered = true, timeoutMs, signal }) {
    const { clock, limits, timeouts } = this.#settings;
    signal?.throwIfAborted();
    const json = JSON.stringify(data);
    if (json === undefined) throw new TypeError('the data of a message must be JSON');
    if (this.#sends.size >= limits.queuedSends || this.#characters + json.length > limits.queuedCharacters) {
      throw new LimitError('queue_full', `${this.#sends.size} sends wait already`);
    }
    key ??= `${this.#prefix}-${++this.#keys}`;
    const rest = JSON.stringify({ channel, name, key, echo });
    const now = clock.now();
    return new Promise((resolve, reject) => {
      const abort = () => this.#end(pending, null, signal?.reason);
      /** @type {Pending} */ const pending = {
        channel, body: `${rest.slice(0, -1)},"data":${json}}`, size: json.length, key, ordered,
        deadline: now + (timeoutMs ?? timeouts.sendMs), attempts: 0, firstAt: Infinity, sender: '',
        state: 'ready', readyAt: 0, reply: new Alarm(clock),
        settle: (receipt, error) => {
          signal?.removeEventListener('abort', abort);
          if (receipt) resolve(receipt);
          else reject(error);
        },
      };
      signal?.addEventListener('abort', abort);
      this.#sends.add(pending);
      this.#characters += pending.size;
      this.pump();
    });
  }

  /** @param {Record<string, any>} welcome the reply to `auth` */
  online({ client_id, limits }) {
    const perSecond = Number(limits?.requests_per_second) || 100;
    const burst = Number(limits?.requests_burst) || perSecond;
    this.#rate = { perSecond, burst, frameBytes: Number(limits?.frame_bytes) || Infinity };
    this.#tokens = burst;
    this.#tokensAt = this.#settings.clock.now();
    this.#client = String(client_id);
  }

  /** What was under way has to be sent again, in the old order. */
  lost() {
    for (const pending of this.#sends) this.#ready(pending, 0);
    this.#pausedUntil = 0;
    this.#watch();
  }

  /** @param {StoppedError} error */
  stopped(error) {
    for (const pending of [...this.#sends]) {
      const { reason, message, code } = error;
      this.#end(pending, null, new StoppedError(reason, message, { code, attempted: pending.attempts > 0, cause: error }));
    }
    this.#due.clear();
  }

  /** Sends what can be sent now. */
  pump() {
    const now = this.#settings.clock.now();
    this.#expire(now);
    if (this.#connection.state === 'online' && this.#pausedUntil <= now) {
      /** Channels whose next send has to wait. @type {Set<string>} */ const busy = new Set();
      for (const pending of [...this.#sends]) {
        const { channel, ordered, state, readyAt } = pending;
        if (this.#underWay >= this.#settings.limits.sendsUnderWay) break;
        const free = state === 'ready' && readyAt <= now && !(ordered && busy.has(channel));
        if (ordered) busy.add(channel);
        if (!free) continue;
        if (!this.#mayGo(now)) break;
        this.#transmit(pending, now);
      }
    }
    this.#watch();
  }

  /** @param {Pending} pending @param {number} now */
  #transmit(pending, now) {
    if (pending.attempts > 0 && (now > pending.firstAt + KEY_WINDOW_MS || pending.sender !== this.#client)) {
      this.#end(pending, null, new TimeoutError('outcome_unknown', UNSURE, { attempted: true }));
      return;
    }
    const bytes = byteLength(pending.body) + 64;
    if (bytes > this.#rate.frameBytes) {
      // A frame over the limit would close the connection for good.
      this.#end(pending, null, new LimitError('payload_too_large', `${bytes} bytes are more than the server takes in a frame`));
      return;
    }
    pending.attempts += 1;
    pending.firstAt = Math.min(pending.firstAt, now);
    pending.sender = this.#client;
    pending.state = 'underway';
    this.#underWay += 1;
    // Asked again on the same connection, with the same key: the server gives the first outcome.
    pending.reply.setPatient(this.#settings.timeouts.replyMs, () => {
      this.#ready(pending, 0);
      this.pump();
    });
    this.#connection.request('messageSend', pending.body, (data, error) => this.#answered(pending, data, error));
  }

  /** @param {Pending} pending @param {Record<string, any> | null} data @param {RTMateError | null} error */
  #answered(pending, data, error) {
    if (!this.#sends.has(pending)) return;
    if (data && typeof data.id === 'string') {
      const { channel, key } = pending;
      const receipt = { channel, id: data.id, ts: data.ts, position: positionOf(data), repeated: data.repeated === true, key };
      this.#backoff.reset();
      this.#end(pending, receipt);
    } else if (data || (error && mayPass(error))) {
      // Done, but where is not said; or not now.
      const delay = givenDelay(error?.retryAfterMs) ?? this.#backoff.next();
      const until = this.#settings.clock.now() + delay;
      this.#ready(pending, until);
      if (error?.reason === 'rate_limited') this.#pausedUntil = Math.max(this.#pausedUntil, until);
    } else if (error) {
      this.#end(pending, null, error);
    }
    this.pump();
  }

  /** @param {Pending} pending @param {number} at */
  #ready(pending, at) {
    if (pending.state === 'underway') this.#underWay -= 1;
    pending.state = 'ready';
    pending.readyAt = at;
    pending.reply.clear();
  }

  /** @param {Pending} pending @param {Receipt | null} receipt @param {unknown} [error] */
  #end(pending, receipt, error) {
    if (!this.#sends.delete(pending)) return;
    this.#ready(pending, 0);
    this.#characters -= pending.size;
    pending.settle(receipt, error);
    if (this.#sends.size > 0) queueMicrotask(() => this.pump());
  }

  /** @param {number} now */
  #expire(now) {
    for (const pending of [...this.#sends]) {
      if (pending.deadline > now) continue;
      const attempted = pending.attempts > 0;
      this.#end(pending, null, new TimeoutError('timeout', 'not acknowledged in time', { attempted }));
    }
  }

  /** @param {number} now */
  #mayGo(now) {
    const { perSecond, burst } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#tokensAt) * perSecond) / 1000);
    this.#tokensAt = now;
    if (this.#tokens < 1) {
      this.#pausedUntil = now + Math.ceil(((1 - this.#tokens) * 1000) / perSecond);
      return false;
    }
    this.#tokens -= 1;
    return true;
  }

  /** Rings for the first deadline, or the first send that can go again. */
  #watch() {
    this.#due.clear();
    if (this.#sends.size === 0) return;
    const now = this.#settings.clock.now();
    const online = this.#connection.state === 'online';
    let first = Infinity;
    for (const { deadline, state, readyAt } of this.#sends) {
      first = Math.min(first, deadline);
      const at = Math.max(readyAt, this.#pausedUntil);
      // What could go already waits for another send, whose end rings for it.
      if (online && state === 'ready' && at > now) first = Math.min(first, at);
    }
    this.#due.set(first - now, () => this.pump());
  }
}

/** Keys must differ between any two clients that send as the same client id. */
function randomPrefix() {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** @param {string} text */
function byteLength(text) {
  return new TextEncoder().encode(text).length;
}
