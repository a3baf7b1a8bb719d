// @ts-check
/**
 * What this tab wrote to one channel and did not see come back yet. One message at a time is on its way, so
 * that they arrive in the order in which they were written, whatever happens to the connection.
 */
import { make, stickToEnd } from './dom.js';

/** The server remembers a key for 5 minutes; after that a repeat could become a second message. */
const KEY_WINDOW_MS = 270_000;
const RETRY_MS = 1_000;

/** Not decided yet, or not at all: the same key again makes at most one message of it. */
const UNDECIDED = new Set(['not_connected', 'connection_lost', 'timeout', 'unavailable', 'internal', 'rate_limited']);
/** The next connection sends it again. */
const NO_CONNECTION = new Set(['not_connected', 'connection_lost']);

/**
 * @typedef {{ id: string, ts: number, epoch?: string, offset?: number, repeated?: boolean }} Ack
 * @typedef {import('./chat.js').Message} Message
 * @typedef {object} Pending
 * @property {string} key @property {string} text @property {HTMLLIElement} item
 * @property {'waiting' | 'sending' | 'failed' | 'acknowledged'} state
 * @property {number} firstSent 0: never was on the wire
 * @property {string} sender under which name it was; keys count per sender
 * @property {string} connection on which it last was
 * @property {boolean} seen a message like it came back; the reply will tell whether it was this one
 * @property {Ack} [ack]
 * @typedef {object} Room what the outbox has to know of its channel
 * @property {HTMLOListElement} list
 * @property {() => boolean} joined
 * @property {() => { client: string, connection: string }} self
 * @property {(text: string, key: string) => Promise<Ack>} send
 * @property {(ack: Ack) => boolean} comes whether the message is still to come in its place
 * @property {(id: string) => boolean} shown
 * @property {(message: Message) => void} deliver
 * @property {() => string} tone @property {() => void} focus
 */

export class Outbox {
  /** @type {Pending[]} */ #pending = [];
  #busy = false;
  #timer = 0;

  /** @param {Room} room */
  constructor(room) {
    this.room = room;
  }

  get size() {
    return this.#pending.length;
  }

  /** What delivered messages stand above of. */
  get top() {
    return this.#pending[0]?.item ?? null;
  }

  /** @param {string} text */
  add(text) {
    const item = make('li');
    this.#pending.push({ key: uuid(), text, item, state: 'waiting', firstSent: 0, sender: '', connection: '', seen: false });
    this.room.list.append(item);
    this.#render(this.#pending[this.#pending.length - 1]);
    void this.pump();
  }

  /** Sends what waits, the oldest first. */
  async pump() {
    if (this.#busy) return;
    this.#busy = true;
    clearTimeout(this.#timer);
    for (;;) {
      const next = this.#pending.find(({ state }) => state === 'waiting');
      if (!next || !this.room.joined() || !(await this.#transmit(next))) break;
    }
    this.#busy = false;
  }

  /** A message came from the server. @param {Message} message */
  heard(message) {
    const known = this.#pending.find(({ ack }) => ack?.id === message.id);
    if (known) {
      this.#forget(known);
      return;
    }
    const like = this.#pending.find((pending) => isLike(pending, message));
    if (!like) return;
    like.seen = true;
    like.item.hidden = true;
  }

  /** The channel will not bring the acknowledged ones any more: kept they are, so they stand. */
  settle() {
    for (const pending of this.#pending.filter(({ state }) => state === 'acknowledged')) this.#settle(pending);
  }

  /** @param {Pending} pending @returns {Promise<boolean>} whether to go on with the next */
  async #transmit(pending) {
    const self = this.room.self();
    const stale = Date.now() - pending.firstSent > KEY_WINDOW_MS || pending.sender !== self.client;
    if (pending.firstSent && stale) {
      // The server would not know the key any more and make a second message of it.
      if (pending.seen) this.#forget(pending);
      else this.#fail(pending, 'connection lost, it may have arrived');
      return true;
    }
    pending.state = 'sending';
    pending.firstSent ||= Date.now();
    pending.sender = self.client;
    pending.connection = self.connection;
    this.#render(pending);
    try {
      const ack = await this.room.send(pending.text, pending.key);
      pending.ack = ack;
      pending.state = 'acknowledged';
      pending.seen = false;
      if (this.room.shown(ack.id) || (ack.repeated && !this.room.comes(ack))) this.#settle(pending);
      else this.#render(pending);
      return true;
    } catch (failure) {
      const { reason, retryAfterMs } = /** @type {import('./connection.js').RequestError} */ (failure);
      if (!UNDECIDED.has(reason)) {
        pending.seen = false;
        this.#fail(pending, reason);
        return true;
      }
      pending.state = 'waiting';
      this.#render(pending);
      if (!NO_CONNECTION.has(reason)) this.#timer = setTimeout(() => this.pump(), Math.max(RETRY_MS, retryAfterMs));
      return false;
    }
  }

  /** @param {Pending} pending @param {string} why */
  #fail(pending, why) {
    pending.state = 'failed';
    this.#render(pending, why);
  }

  /** The pending one becomes a delivered one. @param {Pending} pending */
  #settle(pending) {
    this.#forget(pending);
    const { ack, sender, text } = pending;
    if (ack && !this.room.shown(ack.id)) this.room.deliver({ id: ack.id, client: sender, text, ts: ack.ts });
  }

  /** @param {Pending} pending */
  #forget(pending) {
    this.#pending.splice(this.#pending.indexOf(pending), 1);
    pending.item.remove();
  }

  /** @param {Pending} pending @param {string} [why] */
  #render(pending, why) {
    stickToEnd(this.room.list, () => this.#draw(pending, why));
  }

  /** @param {Pending} pending @param {string} [why] */
  #draw(pending, why) {
    const { item, state } = pending;
    item.className = `message message-own message-pending pending-${state} ${this.room.tone()}`;
    item.dataset.state = state;
    item.hidden = pending.seen && state !== 'failed';
    const texts = { waiting: 'waiting for the server', sending: 'sending…', acknowledged: 'sent', failed: `not sent: ${why}` };
    const head = make('div', 'message-head');
    head.append(make('span', 'message-state', texts[state]));
    item.replaceChildren(head, make('p', 'message-text', pending.text));
    if (state === 'failed') item.append(this.#buttons(pending));
  }

  /** @param {Pending} pending */
  #buttons(pending) {
    const buttons = make('div', 'message-buttons');
    const retry = make('button', 'link', 'Retry');
    const discard = make('button', 'link', 'Discard');
    retry.type = discard.type = 'button';
    retry.addEventListener('click', () => {
      pending.firstSent = 0; // a person decided; the key still catches a repeat within the window
      pending.state = 'waiting';
      this.#render(pending);
      void this.pump();
      this.room.focus();
    });
    discard.addEventListener('click', () => {
      this.#forget(pending);
      this.room.focus();
    });
    buttons.append(retry, discard);
    return buttons;
  }
}

/** A push can overtake its acknowledgement; then sender and text tell. @param {Pending} pending @param {Message} message */
function isLike(pending, message) {
  if (pending.ack || pending.seen || pending.firstSent === 0 || pending.state === 'failed') return false;
  return message.client === pending.sender && message.connection === pending.connection && message.text === pending.text;
}

/** `crypto.randomUUID` is there in secure contexts only. */
function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
