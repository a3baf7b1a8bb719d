/** One channel as this client follows it: its state, its place, and what its readers are told. */

import { Backoff } from './backoff.js';
import { isCount, positionOf } from './frames.js';
import { Members } from './members.js';
import { messageOf } from './message.js';

/** @typedef {import('./frames.js').Position} Position */

/** A second hole within this time is not filled but told. */
const HOLE_MS = 5_000;
/** Without a place a subscription may still be allowed: there is no history any more, or no right to it. */
const PLACELESS = new Set(['not_enabled', 'permission_denied', 'epoch_changed', 'invalid_params']);

/**
 * @typedef {'idle' | 'wanted' | 'asked' | 'live' | 'paused'} SubscriptionState
 * @typedef {import('./message.js').Message} Message
 * @typedef {object} Gap messages are missing, or may be
 * @property {string} channel
 * @property {'not_recovered' | 'jump' | 'no_history'} cause
 * @property {Position | null} from the last place before
 * @property {Position | null} to the first place after: what lies between did not come
 * @typedef {object} Subscribed
 * @property {string} channel
 * @property {Position | null} position null: a channel without history, where a reconnect may lose messages
 * @property {'fresh' | 'complete' | 'broken'} recovery nothing was before; all that was missed follows; a gap was told
 * @typedef {object} Unsubscribed
 * @property {string} channel
 * @property {string} reason
 * @property {boolean} resubscribes whether the client subscribes again by itself
 * @property {import('./errors.js').RTMateError} [error] the answer, where the server refused
 * @typedef {object} Wish
 * @property {string} channel
 * @property {Position} [position]
 * @property {number} [rewind]
 * @property {true | 'watch'} [presence]
 * @typedef {object} Told what the readers of a channel are told
 * @property {(event: Subscribed) => void} subscribed
 * @property {(message: Message) => void} message
 * @property {(gap: Gap) => void} gap
 * @property {() => void} members
 */

export class Subscription {
  /** @type {SubscriptionState} */ state = 'idle';
  /** Everything up to here was told, or will never be. @type {Position | null} */ position = null;
  /** Not to be asked for before this moment. */ dueAt = 0;
  /** The token made the subscription of this connection. */ byToken = false;
  /** @type {number | undefined} messages to begin with */ rewind;
  /** @type {true | 'watch' | undefined} the part taken in the channel's presence */ presence;
  /** Whether it was live before, or continues what the application knows. */ #known = false;
  /** The server does not want the place. */ #unplaced = false;
  #holeAt = -Infinity;
  #liveSince = -Infinity;
  /** @type {Backoff} */ #churn;
  /** @type {number} */ #stableMs;

  /**
   * @param {string} channel
   * @param {import('./settings.js').Settings} settings
   * @param {Told} told
   */
  constructor(channel, { clock, backoff, random }, told) {
    this.channel = channel;
    this.clock = clock;
    this.told = told;
    this.members = new Members();
    this.#churn = new Backoff(backoff, random);
    this.#stableMs = backoff.stableMs;
  }

  /** @param {{ position?: Position, rewind?: number, presence?: true | 'watch' }} options */
  want({ position, rewind, presence }) {
    this.state = 'wanted';
    this.dueAt = 0;
    this.rewind = rewind;
    this.presence = presence;
    this.position = position ?? null;
    this.#known = position !== undefined;
    this.#unplaced = this.byToken = false;
  }

  /** Forgets what it knew. Whether the server has to be told. */
  leave() {
    const told = (this.state === 'asked' || this.state === 'live') && !this.byToken;
    this.state = 'idle';
    this.members.forget();
    return told;
  }

  /** The connection is gone. */
  reset() {
    if (this.state === 'asked' || this.state === 'live') this.state = 'wanted';
    this.dueAt = 0;
    this.members.reset();
  }

  /** What to ask for; it is asked for now. @returns {Wish} */
  ask() {
    this.state = 'asked';
    // A second subscription to what the token made gives the present place; its position went with `auth`.
    const placed = !this.byToken && !this.#unplaced;
    this.byToken = false;
    const { channel, presence } = this;
    const rewind = this.#known ? undefined : this.rewind;
    return { channel, position: (placed && this.position) || undefined, rewind, presence };
  }

  /** The server has the subscription. @param {Wish} wish @param {Record<string, any>} data */
  joined(wish, data) {
    if (this.state !== 'asked') return;
    this.#join(wish.position ?? null, data);
    if (isCount(data.version)) this.listed(data);
  }

  /** The token made the subscription. @param {Record<string, any>} data */
  made(data) {
    this.byToken = true;
    if (this.state === 'wanted' || this.state === 'asked') this.#join('recovered' in data ? this.position : null, data);
  }

  /** @param {Position | null} asked the place that it should continue from @param {Record<string, any>} data */
  #join(asked, data) {
    const to = positionOf(data);
    const from = this.position;
    const continues = asked !== null && data.recovered === true && asked.epoch === to?.epoch;
    const known = this.#known;
    this.state = 'live';
    this.#liveSince = this.clock.now();
    this.#known = true;
    this.#unplaced = false;
    this.position = continues ? asked : null;
    if (known && !continues) this.#gap(from && to ? 'not_recovered' : 'no_history', from, to);
    const recovery = continues ? 'complete' : known ? 'broken' : 'fresh';
    this.told.subscribed({ channel: this.channel, position: to, recovery });
    for (const raw of Array.isArray(data.messages) ? data.messages : []) this.#take(raw, to, true);
    // A hole inside is what was hidden on purpose.
    this.position = to;
  }

  /** The server refused it; whether it is asked for again, without the place. @param {Wish} wish @param {import('./errors.js').RTMateError} error */
  asksLess(wish, error) {
    if (!wish.position || !PLACELESS.has(error.reason)) return false;
    this.#unplaced = true;
    this.later(0);
    return true;
  }

  /** To be asked for again. @param {number} delayMs */
  later(delayMs) {
    this.state = 'wanted';
    this.dueAt = this.clock.now() + delayMs;
    this.byToken = false;
    this.members.reset();
  }

  /** How long to stay away where the server ends it again and again. */
  churn() {
    if (this.clock.now() - this.#liveSince >= this.#stableMs) this.#churn.reset();
    const delay = this.#churn.next();
    return this.#churn.failures === 1 ? 0 : delay;
  }

  /** The readers do not keep up. Whether the server has to be told. */
  pause() {
    const told = (this.state === 'asked' || this.state === 'live') && !this.byToken;
    this.state = 'paused';
    this.members.reset();
    return told;
  }

  /**
   * A `message` push. `hole`: something is missing before it, and it is to be asked for again.
   * @param {Record<string, any>} raw
   * @returns {'hole' | undefined}
   */
  message(raw) {
    if (this.state !== 'live') return undefined;
    const { position } = this;
    if (position && isCount(raw.offset) && raw.offset > position.offset + 1) {
      const now = this.clock.now();
      if (!this.byToken && now - this.#holeAt > HOLE_MS) {
        this.#holeAt = now;
        return 'hole';
      }
      this.#gap('jump', position, { epoch: position.epoch, offset: raw.offset });
    }
    this.#take(raw, position, false);
    return undefined;
  }

  /** Everything up to the offset that did not come was hidden on purpose. @param {unknown} offset */
  moved(offset) {
    if (this.state !== 'live' || !this.position || !isCount(offset)) return;
    this.position = { epoch: this.position.epoch, offset: Math.max(offset, this.position.offset) };
  }

  /** A list of members came. @param {Record<string, any>} data */
  listed(data) {
    if (this.members.listed(data)) this.told.members();
  }

  /** A message, unless it came already. @param {any} raw @param {Position | null} place in this stream @param {boolean} replayed */
  #take(raw, place, replayed) {
    const message = messageOf(raw, this.channel, place?.epoch, replayed);
    if (!message) return;
    const { position } = message;
    if (position && this.position && position.offset <= this.position.offset) return;
    if (position) this.position = position;
    this.told.message(message);
  }

  /** @param {Gap['cause']} cause @param {Position | null} from @param {Position | null} to */
  #gap(cause, from, to) {
    this.told.gap({ channel: this.channel, cause, from, to });
  }
}
