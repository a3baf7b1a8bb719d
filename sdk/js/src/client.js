/** The client: one connection, and the channels on it. */

import { Channel } from './channel.js';
import { Connection } from './connection.js';
import { Emitter } from './emitter.js';
import { LimitError } from './errors.js';
import { Outbox } from './outbox.js';
import { listenToPage } from './page.js';
import { Requests } from './requests.js';
import { Roster } from './roster.js';
import { settingsOf } from './settings.js';

/** Names of 1 to 200 of these; a leading # belongs to the server. */
const CHANNEL_NAME = /^(?!#)[A-Za-z0-9_=@,.;:#/-]{1,200}$/;

/**
 * @typedef {(event: string, payload: object, options?: { signal?: AbortSignal, timeoutMs?: number }) => Promise<Record<string, any>>} Ask
 * @typedef {object} ClientEvents
 * @property {import('./connection.js').StateChange} state
 * @property {string} token another token is in use
 * @property {{ direction: 'in' | 'out', text: string }} frame each frame, token included; for debugging
 */

/** @extends {Emitter<ClientEvents>} */
export class RTMate extends Emitter {
  /** @type {import('./settings.js').Settings} */ #settings;
  /** @type {Connection} */ #connection;
  /** @type {Roster} */ #roster;
  /** @type {Outbox} */ #outbox;
  /** @type {Requests} */ #requests;
  /** Given out; those not in use go when there are too many. @type {Map<string, Channel>} */ #channels = new Map();
  /** @type {Record<string, any> | null} the last reply to `auth` */ #welcome = null;
  /** @type {(() => void) | null} */ #offPage = null;
  /** @type {import('./channel.js').Client} */ #forChannels;

  /**
   * A client. It connects when it is first used.
   * @param {string | URL} url of the server's `/ws`: `wss://example.com/ws`, or `/ws` on the server's own pages
   * @param {import('./settings.js').Options} options
   */
  constructor(url, options) {
    super();
    this.#settings = settingsOf(url, options);
    const connection = new Connection(this.#settings, {
      state: (change) => this.#onState(change),
      positions: () => this.#roster.positions(),
      online: (welcome) => this.#online(welcome),
      lost: () => this.#lost(),
      stopped: (error) => this.#stopped(error),
      push: (event, payload) => this.#roster.push(event, payload),
      frame: (frame) => this.emit('frame', frame),
      token: (token) => this.emit('token', token),
    });
    this.#connection = connection;
    this.#roster = new Roster(connection, this.#settings);
    this.#outbox = new Outbox(connection, this.#settings);
    this.#requests = new Requests(connection, this.#settings);
    this.#forChannels = {
      settings: this.#settings, roster: this.#roster, outbox: this.#outbox,
      ask: (event, payload, how) => this.request(event, payload, how),
      connect: () => this.#begin(),
      adopt: (channel) => this.#adopt(channel),
    };
  }

  /** Where the connection stands: see the README. */
  get state() {
    return this.#connection.state;
  }

  /** Who this client is, once it was online. */
  get clientId() {
    return this.#welcome ? String(this.#welcome.client_id) : undefined;
  }

  /** The present connection, or the last one. */
  get connectionId() {
    return this.#welcome ? String(this.#welcome.connection_id) : undefined;
  }

  /** Sends that wait or are under way. */
  get queued() {
    return this.#outbox.size;
  }

  /**
   * The channel of that name; the same object while it is in use.
   * @param {string} name
   */
  channel(name) {
    const known = this.#channels.get(name);
    if (known) return known;
    if (typeof name !== 'string' || !CHANNEL_NAME.test(name)) throw new TypeError(`not a channel: ${name}`);
    const channel = new Channel(name, this.#forChannels);
    this.#keep(channel);
    return channel;
  }

  /**
   * Connects now: before the first use, instead of waiting, or again after the client stopped. Resolves when online.
   * @param {{ signal?: AbortSignal }} [options] `signal` ends the wait, not the connection
   * @returns {Promise<void>}
   */
  connect({ signal } = {}) {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      this.#listen();
      this.#connection.connect();
      if (this.state === 'online') return resolve();
      const off = this.on('state', ({ state, error }) => {
        if (state !== 'online' && state !== 'stopped') return;
        done();
        if (state === 'online') resolve();
        else reject(error);
      });
      const abort = () => {
        done();
        reject(signal?.reason);
      };
      const done = () => {
        off();
        signal?.removeEventListener('abort', abort);
      };
      signal?.addEventListener('abort', abort);
    });
  }

  /** Stops: what waits is rejected, channels are left. */
  close() {
    this.#connection.close();
  }

  /**
   * Any request of the protocol. Waits for a connection, and asks again where it broke.
   * @param {string} event
   * @param {object} [payload]
   * @param {{ signal?: AbortSignal, timeoutMs?: number }} [options]
   * @returns {Promise<Record<string, any>>} the data of the reply
   */
  async request(event, payload = {}, options = {}) {
    this.#begin();
    return this.#requests.ask(event, payload, options);
  }

  /** First use. After the client stopped only `connect` begins again. */
  #begin() {
    const { state, error } = this.#connection;
    if (state === 'stopped') throw error;
    if (state !== 'idle') return;
    this.#listen();
    this.#connection.connect();
  }

  #listen() {
    this.#offPage ??= listenToPage({ wake: () => this.#connection.wake(), doubt: () => this.#connection.doubt() });
  }

  /** @param {Channel} channel */
  #adopt(channel) {
    const { error } = this.#connection;
    if (error) throw error;
    const { channels } = this.#roster;
    const used = channels.get(channel.name);
    if (used === channel) return;
    if (used) throw new LimitError('in_use', `another object is subscribed to ${channel.name}`);
    if (channels.size >= this.#settings.limits.channels) {
      throw new LimitError('too_many_channels', `${channels.size} channels already`);
    }
    this.#keep(channel);
    channels.set(channel.name, channel);
  }

  /** @param {Channel} channel */
  #keep(channel) {
    if (this.#channels.size >= this.#settings.limits.channels) {
      for (const [name, other] of this.#channels) if (!other.isInUse) this.#channels.delete(name);
    }
    this.#channels.set(channel.name, channel);
  }

  /** @param {Record<string, any>} welcome */
  #online(welcome) {
    this.#welcome = welcome;
    this.#outbox.online(welcome);
    this.#roster.schedule();
    this.#requests.online();
    // After the subscriptions, so that one's own messages are seen.
    queueMicrotask(() => this.#outbox.pump());
  }

  #lost() {
    this.#roster.lost();
    this.#outbox.lost();
  }

  /** @param {import('./errors.js').StoppedError} error */
  #stopped(error) {
    this.#offPage?.();
    this.#offPage = null;
    this.#outbox.stopped(error);
    this.#requests.stopped(error);
    this.#roster.stopped(error);
  }

  /** @param {import('./connection.js').StateChange} change */
  #onState(change) {
    this.emit('state', change);
  }
}
