/** The channels of a client: asked for in batches, one at a time. */

import { Backoff, givenDelay } from './backoff.js';
import { Alarm } from './clock.js';
import { RTMateError, mayPass, refusal } from './errors.js';
import { isObject } from './frames.js';

/** Channels of one request: keeps a reply with replays small. */
const BATCH = 10;

/**
 * @typedef {import('./channel.js').Channel} Channel
 * @typedef {import('./subscription.js').Wish} Wish
 */

export class Roster {
  /** In use: subscribed to, or wanted. @type {Map<string, Channel>} */ channels = new Map();
  /** @type {import('./connection.js').Connection} */ #connection;
  /** @type {import('./settings.js').Settings} */ #settings;
  /** When the next one is due. @type {Alarm} */ #due;
  /** Until when the batch under way must be answered. @type {Alarm} */ #batch;
  /** @type {Backoff} */ #backoff;
  #scheduled = false;

  /** @param {import('./connection.js').Connection} connection @param {import('./settings.js').Settings} settings */
  constructor(connection, settings) {
    this.#connection = connection;
    this.#settings = settings;
    this.#due = new Alarm(settings.clock);
    this.#batch = new Alarm(settings.clock);
    this.#backoff = new Backoff(settings.backoff, settings.random);
  }

  /** Asks for what is wanted, together with what else is wanted in the same turn. */
  schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  /** @param {Channel} channel */
  unsubscribe({ name }) {
    this.#connection.request('unsubscribe', JSON.stringify({ channel: name }), () => {});
  }

  /** The places of channels that the token made, for the next `auth`. */
  positions() {
    /** @type {Record<string, import('./frames.js').Position>} */ const positions = {};
    for (const [name, { subscription }] of this.channels) {
      if (subscription.byToken && subscription.position) positions[name] = subscription.position;
    }
    return positions;
  }

  /** The connection is gone. */
  lost() {
    this.#due.clear();
    this.#batch.clear();
    for (const channel of this.channels.values()) channel.subscription.reset();
  }

  /** @param {RTMateError} error */
  stopped(error) {
    this.lost();
    for (const channel of [...this.channels.values()]) channel.ended('stopped', error);
  }

  /** @param {string} event @param {Record<string, any>} payload */
  push(event, payload) {
    const channel = this.channels.get(payload.channel);
    if (!channel) return;
    const { subscription } = channel;
    switch (event) {
      case 'message':
        if (subscription.message(payload) === 'hole') this.#again(channel, 0);
        break;
      case 'position':
        subscription.moved(payload.offset);
        break;
      case 'memberJoined':
      case 'memberLeft':
        if (subscription.state === 'live') this.#member(channel, payload, event === 'memberJoined');
        break;
      case 'presence':
        if (subscription.state === 'live' && subscription.members.counted(payload)) subscription.told.members();
        break;
      case 'subscribed':
        subscription.made(payload);
        break;
      case 'unsubscribed':
        this.#ended(channel, payload);
    }
  }

  /** Another part in the presence of a live channel. @param {Channel} channel @param {(error: RTMateError | null) => void} done */
  amend({ name, subscription }, done) {
    if (subscription.state !== 'live') return done(null);
    const payload = JSON.stringify({ channel: name, presence: subscription.presence });
    const asked = this.#connection.request('subscribe', payload, (data, error) => {
      // It was left meanwhile, or a lost connection has it go with the next subscription.
      if (subscription.state !== 'live') return done(null);
      if (data) subscription.listed(data);
      done(error);
    });
    if (!asked) done(null);
  }

  /** What can't be continued here is left, and asked for with its place. @param {Channel} channel @param {number} delayMs */
  #again(channel, delayMs) {
    if (!channel.subscription.byToken) this.unsubscribe(channel);
    channel.subscription.later(delayMs);
    this.schedule();
  }

  #pump() {
    if (this.#connection.state !== 'online' || this.#batch.isSet) return;
    const now = this.#settings.clock.now();
    const wanted = [...this.channels.values()].filter(({ subscription }) => subscription.state === 'wanted');
    const batch = wanted.filter(({ subscription }) => subscription.dueAt <= now).slice(0, BATCH);
    if (batch.length > 0) {
      this.#ask(batch);
    } else if (wanted.length > 0) {
      const first = Math.min(...wanted.map(({ subscription }) => subscription.dueAt));
      this.#due.set(first - now, () => this.#pump());
    }
  }

  /** @param {Channel[]} batch */
  #ask(batch) {
    const wishes = batch.map(({ subscription }) => subscription.ask());
    // One alone is asked for as one writes it by hand.
    const alone = wishes.length === 1;
    const payload = JSON.stringify(alone ? wishes[0] : { channels: wishes });
    this.#batch.setPatient(this.#settings.timeouts.replyMs, () => this.#connection.unanswered('subscribe'));
    this.#connection.request('subscribe', payload, (data, error) => {
      this.#batch.clear();
      if (!data && !error) return;
      const entries = alone || error ? batch.map(() => data) : data?.channels;
      // Whoever answers with something else is not to be talked to.
      if (!Array.isArray(entries) || entries.length !== batch.length) this.#connection.unanswered('subscribe');
      else entries.forEach((entry, index) => this.#answered(batch[index], wishes[index], entry, error));
      this.schedule();
    });
  }

  /** @param {Channel} channel @param {Wish} wish @param {any} entry @param {RTMateError | null} error */
  #answered(channel, wish, entry, error) {
    const { subscription } = channel;
    // It was left meanwhile, perhaps wanted anew; or a push of the token's answered it.
    if (subscription.state !== 'asked' || this.channels.get(channel.name) !== channel) return;
    const refused = error ?? refusalOf(entry);
    if (!refused) {
      this.#backoff.reset();
      subscription.joined(wish, isObject(entry) ? entry : {});
      // Another part was wanted while this one was asked for.
      if (wish.presence !== subscription.presence) this.amend(channel, () => {});
    } else if (mayPass(refused)) {
      subscription.later(givenDelay(refused.retryAfterMs) ?? this.#backoff.next());
    } else if (!subscription.asksLess(wish, refused)) {
      channel.ended(refused.reason, refused);
    }
  }

  /** @param {Channel} channel @param {Record<string, any>} payload @param {boolean} joined */
  #member(channel, payload, joined) {
    const { subscription } = channel;
    const { members } = subscription;
    const moved = members.moved(payload, joined);
    if (moved === 'told') subscription.told.members();
    if (moved !== 'lost') return;
    this.#connection.request('presence', JSON.stringify({ channel: channel.name }), (data) => {
      if (subscription.state !== 'live') return;
      if (data) subscription.listed(data);
      else members.unanswered();
    });
  }

  /** The server ended a subscription. @param {Channel} channel @param {Record<string, any>} payload */
  #ended(channel, { reason, resubscribe, retryAfterMs }) {
    const { subscription } = channel;
    if (subscription.state === 'paused' || subscription.state === 'idle') return;
    if (resubscribe !== true) {
      channel.ended(String(reason), new RTMateError(String(reason), `the server ended the subscription: ${reason}`));
      return;
    }
    channel.emit('unsubscribed', { channel: channel.name, reason: String(reason), resubscribes: true });
    if (this.channels.get(channel.name) !== channel) return;
    subscription.later((givenDelay(retryAfterMs) ?? 0) + subscription.churn());
    this.schedule();
  }
}

/** @param {any} entry of a reply to many */
function refusalOf(entry) {
  return isObject(entry) && entry.code !== undefined && entry.code !== 200 ? refusal(entry) : null;
}
