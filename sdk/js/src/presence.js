/** Who is in a channel. */

import { Emitter } from './emitter.js';

/**
 * @typedef {import('./members.js').Member} Member
 * @typedef {object} MemberList
 * @property {{ client: string, info?: any, connections: number }[] | null} members null: too many to be listed
 * @property {number} count
 * @typedef {object} PresenceEvents
 * @property {Member} join
 * @property {Member} leave
 * @property {{ members: readonly Member[], count: number, known: boolean }} change after all joins and leaves of one moment
 */

/**
 * The members of a channel, live once it is subscribed to with `presence`.
 * @extends {Emitter<PresenceEvents>}
 */
export class Presence extends Emitter {
  /** @type {readonly Member[]} */ #members = [];
  /** @type {import('./channel.js').Channel} */ #channel;
  /** @type {import('./client.js').Ask} */ #ask;

  /** @internal @param {import('./channel.js').Channel} channel @param {import('./client.js').Ask} ask */
  constructor(channel, ask) {
    super();
    this.#channel = channel;
    this.#ask = ask;
  }

  /** Who is there, in the order in which they joined; the same array until something changes. */
  get members() {
    return this.#members;
  }

  /** How many are there; more than `members` has where they are too many to be listed. */
  get count() {
    return this.#channel.subscription.members.count;
  }

  /** Whether `members` and `count` are right at this moment; not before the subscription, nor without a connection. */
  get known() {
    return this.#channel.subscription.members.known;
  }

  /** Subscribes as a member. @param {import('./channel.js').SubscribeOptions} [options] */
  enter(options) {
    return this.#channel.subscribe({ ...options, presence: true });
  }

  /** Subscribes, and sees who is there without being seen. @param {import('./channel.js').SubscribeOptions} [options] */
  watch(options) {
    return this.#channel.subscribe({ ...options, presence: 'watch' });
  }

  /**
   * Asks the server who is there; needs no subscription.
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<MemberList>}
   */
  async get(options = {}) {
    const { members, count } = await this.#ask('presence', { channel: this.#channel.name }, options);
    return { members: Array.isArray(members) ? members : null, count };
  }

  /** @internal */
  changed() {
    const { list, change, count, known } = this.#channel.subscription.members;
    this.#members = Object.freeze([...list.values()]);
    for (const member of change.leave) this.emit('leave', member);
    for (const member of change.join) this.emit('join', member);
    this.emit('change', { members: this.#members, count, known });
  }

  /** @internal */
  forgotten() {
    this.#members = [];
    this.emit('change', { members: this.#members, count: 0, known: false });
  }
}
