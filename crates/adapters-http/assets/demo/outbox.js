// @ts-check
/**
 * What this tab wrote to one channel and did not see come back yet. The SDK sends it, in the order in which it was
 * written and once, whatever happens to the connection; here it is shown until it stands among the others.
 */
import { make, stickToEnd } from './dom.js';

/**
 * @typedef {import('./chat.js').Message} Message
 * @typedef {object} Pending
 * @property {string} key @property {string} text @property {HTMLLIElement} item
 * @property {'sending' | 'failed' | 'acknowledged'} state @property {string} why
 * @property {boolean} unsent it never was on its way
 * @property {boolean} seen a message like it came back; the acknowledgement will tell whether it was this one
 * @property {any} receipt
 * @typedef {object} Room what the outbox has to know of its channel
 * @property {HTMLOListElement} list
 * @property {() => import('./link.js').Link} link
 * @property {() => boolean} online
 * @property {() => string} self the name of this client
 * @property {(id: string) => boolean} shown
 * @property {(message: Message) => void} deliver
 * @property {() => string} tone @property {() => void} focus
 */

export class Outbox {
  /** @type {Pending[]} */ #pending = [];

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
    /** @type {Pending} */
    const pending = { key: uuid(), text, item: make('li'), state: 'sending', why: '', unsent: false, seen: false, receipt: null };
    this.#pending.push(pending);
    this.room.list.append(pending.item);
    void this.#send(pending);
  }

  /** There is another client: it sends what the one before never did. */
  resume() {
    for (const pending of this.#pending) if (pending.unsent) void this.#send(pending);
  }

  /** A message came from the server. @param {Message} message */
  heard(message) {
    const known = this.#pending.find(({ receipt }) => receipt?.id === message.id);
    if (known) {
      this.#forget(known);
      return;
    }
    // It can come before its acknowledgement; then sender and text tell.
    const like = this.#pending.find(({ state, seen, text }) => state === 'sending' && !seen && text === message.text);
    if (!like || message.client !== this.room.self()) return;
    like.seen = true;
    like.item.hidden = true;
  }

  /** The channel will not bring the acknowledged ones any more: kept they are, so they stand. */
  settle() {
    for (const pending of this.#pending.filter(({ state }) => state === 'acknowledged')) this.#settle(pending);
  }

  redraw() {
    for (const pending of this.#pending) this.#render(pending);
  }

  /** @param {Pending} pending */
  async #send(pending) {
    const { text, key } = pending;
    pending.state = 'sending';
    pending.unsent = false;
    this.#render(pending);
    try {
      const receipt = await this.room.link().send(text, key);
      pending.receipt = receipt;
      pending.state = 'acknowledged';
      pending.seen = false;
      if (this.room.shown(receipt.id) || (receipt.repeated && !this.#comes(receipt))) this.#settle(pending);
      else this.#render(pending);
    } catch (failure) {
      const { reason, attempted } = /** @type {{ reason: string, attempted: boolean }} */ (failure);
      if (reason === 'closed' && !attempted) {
        pending.unsent = true;
        return;
      }
      pending.seen = false;
      this.#fail(pending, attempted ? 'connection lost, it may have arrived' : reason);
    }
  }

  /** Whether the message is still to come in its place. @param {any} receipt */
  #comes({ position }) {
    const present = this.room.link().channel.position;
    return present !== null && present.epoch === position?.epoch && position.offset > present.offset;
  }

  /** @param {Pending} pending @param {string} why */
  #fail(pending, why) {
    pending.state = 'failed';
    pending.why = why;
    this.#render(pending);
  }

  /** The pending one becomes a delivered one. @param {Pending} pending */
  #settle(pending) {
    this.#forget(pending);
    const { receipt, text } = pending;
    if (receipt && !this.room.shown(receipt.id)) this.room.deliver({ id: receipt.id, client: this.room.self(), text, ts: receipt.ts });
  }

  /** @param {Pending} pending */
  #forget(pending) {
    const index = this.#pending.indexOf(pending);
    if (index >= 0) this.#pending.splice(index, 1);
    pending.item.remove();
  }

  /** @param {Pending} pending */
  #render(pending) {
    stickToEnd(this.room.list, () => this.#draw(pending));
  }

  /** @param {Pending} pending */
  #draw(pending) {
    const { item, state, why } = pending;
    const shown = state === 'sending' && !this.room.online() ? 'waiting' : state;
    item.className = `message message-own message-pending pending-${shown} ${this.room.tone()}`;
    item.dataset.state = shown;
    item.hidden = pending.seen && state !== 'failed';
    const texts = { waiting: 'waiting for the server', sending: 'sending…', acknowledged: 'sent', failed: `not sent: ${why}` };
    const head = make('div', 'message-head');
    head.append(make('span', 'message-state', texts[shown]));
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
      // A person decided; the key still catches a repeat within the server's window.
      void this.#send(pending);
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

/** `crypto.randomUUID` is there in secure contexts only. */
function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
