// @ts-check
/** The channels that the page follows: subscribes on every connection, goes by their pushes. No DOM in here. */
import { backoff } from './retry.js';
import { Subscription } from './subscription.js';

/** The server closes for good after ten refusals and forgives one every 10 s; so many go into trying what a channel has. */
const REFUSALS = 6;
const FORGIVEN_MS = 60_000;

/**
 * @typedef {Pick<import('./connection.js').Options, 'onChannel' | 'onJoined' | 'onMessage' | 'onLost' | 'onMembers'>} Listener
 * @typedef {object} Link the connection below
 * @property {(event: string, payload: object) => Promise<any>} request
 * @property {(ms: number, what: () => unknown) => void} later on this same connection only
 * @property {() => number} turn another number for every connection
 * @property {() => boolean} online
 */

export class Channels {
  /** @type {Map<string, Subscription>} wanted, whether the connection is up or not */ #wanted = new Map();
  /** Subscriptions are made one after the other. @type {Promise<unknown>} */ #line = Promise.resolve();
  /** @type {number[]} when a wish was refused */ #refusals = [];

  /** @param {Listener} listener @param {Link} link */
  constructor(listener, link) {
    this.listener = listener;
    this.link = link;
  }

  /** @param {string} channel */
  join(channel) {
    const subscription = this.#named(channel);
    if (this.link.online()) this.#enter(subscription);
    else this.listener.onChannel(channel, 'joining');
  }

  /** @param {string} channel */
  async leave(channel) {
    this.#wanted.delete(channel);
    try {
      await this.link.request('unsubscribe', { channel });
    } catch {
      // Not connected or not subscribed: left either way.
    }
    if (!this.#wanted.has(channel)) this.listener.onChannel(channel, 'left');
  }

  /** Online again. */
  enterAll() {
    for (const subscription of this.#wanted.values()) this.#enter(subscription);
  }

  /** The connection is gone. */
  pauseAll() {
    for (const subscription of this.#wanted.values()) subscription.pause();
  }

  /** Another app: its channels are others, whatever they are called. */
  elsewhere() {
    for (const channel of this.#wanted.keys()) this.#wanted.set(channel, new Subscription(channel));
  }

  /** @param {string} channel */
  position(channel) {
    return this.#wanted.get(channel)?.position ?? null;
  }

  /** For `auth`: what the token subscribes to is not asked for, so its positions are told there. */
  positionsByToken() {
    const told = [...this.#wanted.values()].filter(({ byToken, position }) => byToken && position);
    if (told.length === 0) return {};
    return { positions: Object.fromEntries(told.map(({ channel, position }) => [channel, position])) };
  }

  /** @param {string} event @param {any} payload */
  push(event, payload) {
    if (event === 'subscribed') {
      const subscription = this.#named(payload.channel);
      subscription.byToken = true;
      this.#joined(subscription, payload);
      return;
    }
    const subscription = this.#wanted.get(payload.channel);
    if (!subscription) return;
    if (event === 'unsubscribed') this.#ended(subscription, payload);
    if (!subscription.live) return; // what comes now is in the next reply to `subscribe`
    if (event === 'message' || event === 'position') this.#moved(subscription, event, payload);
    if (event === 'memberJoined' || event === 'memberLeft') void this.#members(subscription, event === 'memberJoined', payload);
  }

  /** @param {string} channel */
  #named(channel) {
    const subscription = this.#wanted.get(channel) ?? new Subscription(channel);
    this.#wanted.set(channel, subscription);
    return subscription;
  }

  /** @param {Subscription} subscription */
  #enter(subscription) {
    const turn = this.link.turn();
    this.listener.onChannel(subscription.channel, 'joining');
    this.#line = this.#line.then(() => (turn === this.link.turn() ? this.#subscribe(subscription) : undefined));
  }

  /** @param {Subscription} subscription */
  async #subscribe(subscription) {
    const turn = this.link.turn();
    const { channel } = subscription;
    const wanted = () => turn === this.link.turn() && this.#wanted.get(channel) === subscription;
    while (wanted()) {
      this.#refusals = this.#refusals.filter((at) => Date.now() - at < FORGIVEN_MS);
      if (this.#refusals.length >= REFUSALS) subscription.askLeast();
      try {
        const data = await this.link.request('subscribe', subscription.ask());
        if (wanted()) this.#joined(subscription, data);
        return;
      } catch (failure) {
        if (!wanted()) return; // left, or the next connection subscribes again
        const error = /** @type {import('./connection.js').RequestError} */ (failure);
        if (subscription.askLess(error.reason)) {
          this.#refusals.push(Date.now());
          continue;
        }
        if (error.code === 0 || error.code === 429 || error.code >= 500) {
          this.link.later(error.retryAfterMs || backoff(2), () => this.#enterIfWanted(subscription));
          return;
        }
        this.#wanted.delete(channel);
        this.listener.onChannel(channel, 'refused', `${error.reason}: ${error.message}`);
      }
    }
  }

  /** @param {Subscription} subscription */
  #enterIfWanted(subscription) {
    if (this.#wanted.get(subscription.channel) === subscription) this.#enter(subscription);
  }

  /** @param {Subscription} subscription @param {any} data */
  #joined(subscription, data) {
    this.listener.onJoined(subscription.channel, subscription.take(data));
    this.listener.onMembers(subscription.channel, subscription.roster);
  }

  /** @param {Subscription} subscription @param {any} payload of `unsubscribed` */
  #ended(subscription, { channel, reason, resubscribe, retryAfterMs }) {
    subscription.pause();
    if (resubscribe) this.link.later(retryAfterMs ?? 0, () => this.#enterIfWanted(subscription));
    else this.#wanted.delete(channel);
    this.listener.onChannel(channel, resubscribe ? 'joining' : 'refused', reason);
  }

  /** @param {Subscription} subscription @param {'message' | 'position'} event @param {any} payload */
  #moved(subscription, event, payload) {
    const move = subscription.moveTo(payload.offset);
    if (move === 'hole') void this.#fill(subscription);
    if (move === 'lost') this.listener.onLost(payload.channel);
    if (event === 'message' && (move === 'next' || move === 'lost')) this.listener.onMessage(payload);
  }

  /** Asks for what is missing before a message that came. @param {Subscription} subscription */
  async #fill(subscription) {
    const turn = this.link.turn();
    subscription.pause();
    try {
      await this.link.request('unsubscribe', { channel: subscription.channel });
    } catch {
      // The subscription that follows says what is known.
    }
    if (turn === this.link.turn()) this.#enterIfWanted(subscription);
  }

  /** @param {Subscription} subscription @param {boolean} joined @param {any} change */
  async #members(subscription, joined, change) {
    const turn = this.link.turn();
    if (!subscription.memberChanged(joined, change)) {
      const data = await this.link.request('presence', { channel: subscription.channel }).catch(() => null);
      if (turn !== this.link.turn() || !data) return;
      subscription.membersAnew(data);
    }
    this.listener.onMembers(subscription.channel, subscription.roster);
  }
}
