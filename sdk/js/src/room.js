/** A channel as several components of one page look at it. */

import { RefusedError } from './errors.js';

/** Messages that are kept to be shown, unless said otherwise. */
const KEPT = 200;

/**
 * @typedef {import('./channel.js').Channel} Channel
 * @typedef {import('./channel.js').SubscribeOptions} SubscribeOptions
 * @typedef {object} View what components see; another object whenever something changed
 * @property {readonly import('./message.js').Message[]} messages the last ones, in their order
 * @property {'connecting' | 'live' | 'refused'} status
 * @property {boolean} missing messages are missing before the last ones
 * @property {Error | null} error why it was refused
 * @property {readonly import('./members.js').Member[]} members
 * @property {number} count of members
 */

/** @type {WeakMap<object, Map<string, Room>>} of each client */
const rooms = new WeakMap();

/** The room of a channel; one for all components. @param {import('./client.js').RTMate} client @param {string} name */
export function roomOf(client, name) {
  /** @type {Map<string, Room>} */ const those = rooms.get(client) ?? new Map();
  rooms.set(client, those);
  const room = those.get(name) ?? new Room(client, name, those);
  those.set(name, room);
  return room;
}

export class Room {
  /** @type {View} */ view = { messages: [], status: 'connecting', missing: false, error: null, members: [], count: 0 };
  /** @type {Channel} */ channel;
  /** @type {Set<() => void>} */ #lookers = new Set();
  /** Of components that want it. @type {Set<SubscribeOptions & { keep?: number }>} */ #wishes = new Set();
  /** @type {(() => void)[]} */ #offs = [];
  #scheduled = false;

  /** @param {import('./client.js').RTMate} client @param {string} name @param {Map<string, Room>} rooms of the client */
  constructor(client, name, rooms) {
    this.client = client;
    this.rooms = rooms;
    this.channel = client.channel(name);
  }

  /** For `useSyncExternalStore`. @param {() => void} look */
  look = (look) => {
    this.#lookers.add(look);
    return () => void this.#lookers.delete(look);
  };

  get = () => this.view;

  /**
   * A component wants the channel, until it calls what is returned.
   * @param {SubscribeOptions & { keep?: number }} wish
   */
  enter(wish) {
    this.#wishes.add(wish);
    // It may have been left, and come back.
    if (!this.rooms.has(this.channel.name)) this.rooms.set(this.channel.name, this);
    this.#schedule();
    return () => {
      this.#wishes.delete(wish);
      this.#schedule();
    };
  }

  /** Components of one rendering are taken together, so that one which is only mounted anew changes nothing. */
  #schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (this.#wishes.size > 0) this.#subscribe();
      else this.#leave();
    });
  }

  #subscribe() {
    const wishes = [...this.#wishes];
    const rewind = Math.max(0, ...wishes.map((wish) => wish.rewind ?? 0)) || undefined;
    const presence = wishes.some((wish) => wish.presence === true) || wishes.find((wish) => wish.presence)?.presence;
    const load = wishes.find((wish) => wish.load)?.load ?? (rewind ? this.#reload(rewind) : undefined);
    if (this.#offs.length === 0) this.#listen();
    this.channel.subscribe({ rewind, presence: presence || undefined, load }).catch((error) => {
      if (this.channel.state === 'idle' && this.#wishes.size > 0) this.#show({ status: 'refused', error });
    });
  }

  #listen() {
    const { channel } = this;
    const { presence } = channel;
    this.#offs = [
      channel.on('message', (message) => this.#append(message)),
      channel.on('gap', () => this.#show({ missing: true })),
      channel.on('subscribed', () => this.#show({ status: 'live', error: null })),
      channel.on('unsubscribed', ({ resubscribes, error = null }) => this.#show({ status: resubscribes ? 'connecting' : 'refused', error })),
      presence.on('change', ({ members, count }) => this.#show({ members, count })),
      this.client.on('state', ({ state }) => {
        if (state !== 'online' && this.view.status === 'live') this.#show({ status: 'connecting' });
      }),
    ];
  }

  #leave() {
    for (const off of this.#offs.splice(0)) off();
    this.rooms.delete(this.channel.name);
    this.channel.unsubscribe();
  }

  /** After a gap the last messages there are, as at the beginning. @param {number} limit @returns {import('./loading.js').Load} */
  #reload(limit) {
    return async ({ cause, signal }) => {
      if (cause === 'first' || cause === 'no_history') return;
      try {
        const { value } = await this.channel.history({ limit: Math.min(limit, 1000), signal }).next();
        for (const message of (value?.messages ?? []).reverse()) this.#append(message);
      } catch (error) {
        // Without the right to ask, the gap stays one.
        if (!(error instanceof RefusedError)) throw error;
      }
    };
  }

  /** @param {import('./message.js').Message} message */
  #append(message) {
    if (this.view.messages.some(({ id }) => id === message.id)) return;
    const keep = Math.max(...[...this.#wishes].map((wish) => wish.keep ?? KEPT));
    this.#show({ messages: [...this.view.messages, message].slice(-keep) });
  }

  /** @param {Partial<View>} change */
  #show(change) {
    this.view = { ...this.view, ...change };
    for (const look of [...this.#lookers]) look();
  }
}
