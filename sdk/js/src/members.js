/** Who is in a channel, as its readers were told. */

import { isCount, isObject } from './frames.js';

/**
 * @typedef {{ client: string, info?: any }} Member
 * @typedef {{ join: Member[], leave: Member[] }} Change
 */

export class Members {
  /** In the order in which they joined. @type {Map<string, Member>} */ list = new Map();
  /** How many there are; more than the list has, where they are too many to be told. */ count = 0;
  /** Whether `list` and `count` are right now. */ known = false;
  /** The last change. @type {Change} */ change = { join: [], leave: [] };
  /** The version up to which the list is right; null where it is not followed. @type {number | null} */ #version = null;
  /** Another list is on its way. */ #asked = false;

  /** The subscription is gone: what changes is not told any more. */
  reset() {
    this.#version = null;
    this.#asked = this.known = false;
  }

  forget() {
    this.reset();
    this.list = new Map();
    this.count = 0;
  }

  /**
   * A list came. What was told before becomes right by changes, so that nobody needs to know of connections.
   * @param {Record<string, any>} data
   * @returns {boolean} whether something is to be told
   */
  listed({ members, count, version }) {
    this.#asked = false;
    if (!isCount(version)) return false;
    if (!Array.isArray(members)) return this.counted({ count, version });
    const list = new Map();
    for (const member of members) {
      if (isObject(member) && typeof member.client === 'string') list.set(member.client, entry(member));
    }
    const join = [...list.values()].filter(({ client }) => !this.list.has(client));
    const leave = [...this.list.values()].filter(({ client }) => !list.has(client));
    this.list = list;
    this.count = list.size;
    this.#version = version;
    return this.#told({ join, leave });
  }

  /** There are too many to be told one by one. @param {Record<string, any>} data */
  counted({ count, version }) {
    if (!isCount(count) || !isCount(version)) return false;
    this.#version = null;
    this.list = new Map();
    this.count = count;
    return this.#told({ join: [], leave: [] });
  }

  /**
   * A member came or left.
   * @param {Record<string, any>} change @param {boolean} joined
   * @returns {'told' | 'known' | 'lost'} lost: a change is missing, and another list is to be asked for
   */
  moved(change, joined) {
    const { client, version } = change;
    // The list that comes has it, or what follows the list.
    if (this.#asked || typeof client !== 'string' || !isCount(version)) return 'known';
    if (this.#version !== null && version <= this.#version) return 'known';
    if (this.#version === null || version > this.#version + 1) {
      this.#asked = true;
      this.#version = null;
      return 'lost';
    }
    this.#version = version;
    const before = this.list.get(client);
    const member = joined ? entry(change) : (before ?? entry(change));
    const list = new Map(this.list);
    if (joined) list.set(client, member);
    else list.delete(client);
    this.list = list;
    this.count = list.size;
    // A return within the server's delay may be told as a join of somebody who never left.
    this.#told(joined ? { join: before ? [] : [member], leave: [] } : { join: [], leave: before ? [member] : [] });
    return 'told';
  }

  /** The question for another list failed; the next change asks again. */
  unanswered() {
    this.#asked = false;
  }

  /** @param {Change} change */
  #told(change) {
    this.change = change;
    this.known = true;
    return true;
  }
}

/** @param {Record<string, any>} member @returns {Member} */
function entry({ client, info }) {
  return info === undefined ? { client } : { client, info };
}
