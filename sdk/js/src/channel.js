/** A channel, as the application has it in its hands. */

import { Emitter, report } from './emitter.js';
import { history } from './history.js';
import { Loading } from './loading.js';
import { Presence } from './presence.js';
import { Reader } from './reader.js';
import { Subscription } from './subscription.js';

/**
 * @typedef {import('./message.js').Message} Message
 * @typedef {import('./subscription.js').Subscribed} Subscribed
 * @typedef {object} SubscribeOptions
 * @property {number} [rewind] messages to begin with, of a channel with history
 * @property {import('./frames.js').Position} [position] the place to go on from, kept from before
 * @property {true | 'watch'} [presence] to enter the list of members, or only to see it
 * @property {import('./loading.js').Load} [load] loads the application's state: at the beginning, and whenever messages are
 *   missing. What comes meanwhile is held back, and follows
 * @property {AbortSignal} [signal] ends the subscription
 * @typedef {object} ChannelEvents
 * @property {Message} message
 * @property {import('./subscription.js').Gap} gap messages are missing, or may be
 * @property {Subscribed} subscribed
 * @property {import('./subscription.js').Unsubscribed} unsubscribed
 * @typedef {object} Client what a channel needs of it
 * @property {import('./settings.js').Settings} settings
 * @property {import('./roster.js').Roster} roster
 * @property {import('./outbox.js').Outbox} outbox
 * @property {import('./client.js').Ask} ask
 * @property {() => void} connect
 * @property {(channel: Channel) => void} adopt
 */

/** @extends {Emitter<ChannelEvents>} */
export class Channel extends Emitter {
  /** @type {Client} */ #client;
  /** @type {Set<Reader>} */ #readers = new Set();
  /** @type {{ resolve: (subscribed: Subscribed) => void, reject: (error: unknown) => void }[]} */ #waiting = [];
  /** @type {Subscribed | null} */ #subscribed = null;
  /** The subscription ends with the last reader. */ #forReaders = false;
  /** @type {import('./loading.js').Load | undefined} */ #load;
  /** @type {Loading} */ #loading;
  /** Came while it loads. @type {Message[]} */ #held = [];
  #offSignal = () => {};

  /** @internal @param {string} name @param {Client} client */
  constructor(name, client) {
    super();
    this.name = name;
    this.#client = client;
    /** @internal */
    this.subscription = new Subscription(name, client.settings, {
      subscribed: (event) => this.#onSubscribed(event),
      message: (message) => this.#onMessage(message),
      gap: (gap) => this.#onGap(gap),
      members: () => this.presence.changed(),
    });
    this.#loading = new Loading(client.settings, { done: () => this.#loaded(), failed: report });
    /** Who is in the channel. */
    this.presence = new Presence(this, client.ask);
  }

  /** `idle`, `wanted`, `asked`, `live` or `paused`: see the README. */
  get state() {
    return this.subscription.state;
  }

  /** Everything up to here was told; null where the channel has no history. To be given to `subscribe` by a later page. */
  get position() {
    return this.subscription.position;
  }

  /**
   * Subscribes, over every reconnect until `unsubscribe`. Resolves when the server has the subscription (and `load` is
   * through), rejects where it is refused. A channel that is subscribed to already takes another `presence` only.
   * @param {SubscribeOptions} [options]
   * @returns {Promise<Subscribed>}
   */
  async subscribe({ rewind, position, presence, load, signal } = {}) {
    signal?.throwIfAborted();
    this.#client.adopt(this);
    this.#forReaders = false;
    if (this.subscription.state === 'idle') {
      this.#load = load;
      this.subscription.want({ rewind, position, presence });
      this.#client.roster.schedule();
      this.#client.connect();
    } else if (presence !== undefined && presence !== this.subscription.presence) {
      await this.#amend(presence);
      if (signal?.aborted) this.unsubscribe();
      signal?.throwIfAborted();
      if (!this.isInUse) throw left();
    }
    this.#obey(signal);
    if (this.#subscribed && !this.#loading.isRunning) return this.#subscribed;
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Ends the subscription; what `subscribe` and readers wait for ends with it. */
  unsubscribe() {
    if (this.subscription.state === 'idle') return;
    if (this.subscription.leave()) this.#client.roster.unsubscribe(this);
    this.#end('unsubscribed');
  }

  /**
   * Sends. Resolves with the server's acknowledgement. Without a connection it waits for one; it is tried again until it
   * is acknowledged, refused or too old, and delivered once.
   * @param {unknown} data any JSON
   * @param {import('./outbox.js').SendOptions} [options]
   * @returns {Promise<import('./outbox.js').Receipt>}
   */
  async send(data, options = {}) {
    this.#client.connect();
    return this.#client.outbox.send(this.name, data, options);
  }

  /**
   * What was said before, page by page: `for await (const page of channel.history())`.
   * @param {import('./history.js').HistoryOptions} [options]
   */
  history(options = {}) {
    return history(this.#client.ask, this.name, options);
  }

  /**
   * The messages from now on, for `for await`. Subscribes if need be, and then unsubscribes with the last reader. A reader
   * that lets `limits.events` messages wait makes the channel `paused` until all are read.
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {AsyncIterableIterator<Message>}
   */
  messages({ signal } = {}) {
    const { settings, roster } = this.#client;
    const reader = new Reader(settings.limits.events, {
      behind: () => this.#pause(),
      caughtUp: () => this.#resume(),
      left: () => {
        this.#readers.delete(reader);
        if (this.#forReaders && this.#readers.size === 0) this.unsubscribe();
        this.#resume();
      },
    }, signal);
    if (signal?.aborted) return reader;
    this.#readers.add(reader);
    if (this.subscription.state === 'idle') {
      const subscribing = this.subscribe();
      this.#forReaders = true;
      subscribing.catch((error) => reader.end(error));
      roster.schedule();
    }
    return reader;
  }

  [Symbol.asyncIterator]() {
    return this.messages();
  }

  /** Whether anything would be missed if it were forgotten. @internal */
  get isInUse() {
    return this.subscription.state !== 'idle';
  }

  /** The server or the client ended the subscription, for good. @internal @param {string} reason @param {import('./errors.js').RTMateError} error */
  ended(reason, error) {
    if (this.subscription.state === 'idle') return;
    this.subscription.leave();
    this.#end(reason, error);
  }

  /** @param {string} reason @param {import('./errors.js').RTMateError} [error] */
  #end(reason, error) {
    this.#offSignal();
    this.#loading.stop();
    this.#held = [];
    this.#subscribed = null;
    this.#client.roster.channels.delete(this.name);
    this.presence.forgotten();
    const why = error ?? left();
    for (const { reject } of this.#waiting.splice(0)) reject(why);
    for (const reader of [...this.#readers]) reader.end(error);
    this.emit('unsubscribed', { channel: this.name, reason, resubscribes: false, ...(error && { error }) });
  }

  /** @param {AbortSignal | undefined} signal */
  #obey(signal) {
    if (!signal) return;
    const abort = () => {
      for (const { reject } of this.#waiting.splice(0)) reject(signal.reason);
      this.unsubscribe();
    };
    this.#offSignal();
    this.#offSignal = () => signal.removeEventListener('abort', abort);
    signal.addEventListener('abort', abort);
  }

  /** @param {true | 'watch'} presence @returns {Promise<void>} */
  #amend(presence) {
    const { subscription } = this;
    const before = subscription.presence;
    subscription.presence = presence;
    // What is not live yet is asked for with it.
    if (subscription.state !== 'live') return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#client.roster.amend(this, (error) => {
        if (error) subscription.presence = before;
        if (error) reject(error);
        else resolve();
      });
    });
  }

  /** @param {Subscribed} event */
  #onSubscribed(event) {
    this.#subscribed = event;
    this.emit('subscribed', event);
    if (event.recovery === 'fresh') this.#beginLoading('first', event.position);
    if (!this.#loading.isRunning) this.#settle();
  }

  /** @param {Message} message */
  #onMessage(message) {
    if (!this.#loading.isRunning) {
      this.#deliver(message);
      return;
    }
    this.#held.push(message);
    if (this.#held.length >= this.#client.settings.limits.events) this.#pause();
  }

  /** @param {import('./subscription.js').Gap} gap */
  #onGap(gap) {
    this.emit('gap', gap);
    this.#beginLoading(gap.cause, gap.to);
  }

  /** @param {import('./loading.js').LoadRequest['cause']} cause @param {import('./frames.js').Position | null} position */
  #beginLoading(cause, position) {
    // What was held came before the gap: the state that is loaded has it.
    this.#held = [];
    if (this.#load) this.#loading.begin(this.#load, { cause, position });
  }

  #loaded() {
    for (const message of this.#held.splice(0)) this.#deliver(message);
    this.#settle();
    this.#resume();
  }

  /** @param {Message} message */
  #deliver(message) {
    this.emit('message', message);
    for (const reader of [...this.#readers]) reader.push(message);
  }

  #settle() {
    const subscribed = this.#subscribed;
    if (subscribed) for (const { resolve } of this.#waiting.splice(0)) resolve(subscribed);
  }

  #pause() {
    const { subscription } = this;
    if (subscription.state !== 'live' && subscription.state !== 'asked') return;
    if (subscription.pause()) this.#client.roster.unsubscribe(this);
  }

  #resume() {
    const behind = this.#loading.isRunning || [...this.#readers].some((reader) => !reader.isEmpty);
    if (this.subscription.state !== 'paused' || behind) return;
    this.subscription.later(0);
    this.#client.roster.schedule();
  }
}

function left() {
  return new DOMException('the channel was left', 'AbortError');
}
