// @ts-check
/**
 * The chat: one list per joined channel, what others wrote in the order of the pushes, and below it what this
 * tab wrote and the server has not pushed back yet. Shows live messages only.
 */
import { make, stickToEnd } from './dom.js';

/** Messages kept per channel, messages waiting in all, channels joined. */
const KEPT = 500;
const OUTBOX_LIMIT = 20;
const CHANNEL_LIMIT = 20;
/** The server remembers a key for 5 minutes; after that a repeat could become a second message. */
const KEY_WINDOW_MS = 270_000;

/** Names of 1 to 200 of these; a leading # belongs to the server. */
export const CHANNEL_PATTERN = /^(?!#)[A-Za-z0-9_=@,.;:#/-]{1,200}$/;

/**
 * @typedef {import('./connection.js').Membership} Membership
 * @typedef {{ id?: string, client: string, connection?: string, text: string, ts: number }} Message
 * @typedef {object} Pending a message of this tab that was not pushed back yet
 * @property {string} key @property {string} text @property {HTMLLIElement} item
 * @property {'waiting' | 'sending' | 'failed' | 'acknowledged'} state
 * @property {number} firstSent 0: never was on the wire
 * @property {string} sender under which name it was; keys count per sender
 * @property {{ id: string, ts: number }} [ack]
 * @typedef {object} Room
 * @property {string} name @property {Membership} membership @property {HTMLOListElement} list
 * @property {HTMLElement} chip @property {HTMLElement} badge @property {number} unread
 * @property {Map<string, HTMLLIElement>} shown by message id @property {Pending[]} pending
 * @property {number} lostAt when the connection went, 0 while it stands
 */

export class ChatView {
  /** @type {Map<string, Room>} */ #rooms = new Map();
  /** @type {Room | null} */ #current = null;
  #client = '';
  #connection = '';

  /**
   * @param {object} parts
   * @param {HTMLElement} parts.chips @param {HTMLElement} parts.lists
   * @param {HTMLFormElement} parts.form @param {HTMLInputElement} parts.input
   * @param {HTMLFormElement} parts.joinForm @param {HTMLInputElement} parts.joinInput
   * @param {HTMLElement} parts.hint
   * @param {object} actions
   * @param {(channel: string, text: string, key: string) => Promise<{ id: string, ts: number, repeated?: boolean }>} actions.send
   * @param {(channel: string) => void} actions.join
   * @param {(channel: string) => void} actions.leave
   * @param {(channel: string) => void} actions.shown another channel is in view
   */
  constructor(parts, actions) {
    this.parts = parts;
    this.actions = actions;
    parts.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#write(parts.input.value);
    });
    parts.joinForm.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#joinTyped(parts.joinInput.value.trim());
    });
  }

  /** @param {string} channel */
  open(channel) {
    const known = this.#rooms.get(channel);
    if (known && known.membership !== 'refused' && known.membership !== 'left') {
      this.#show(known);
      return;
    }
    this.#show(known ?? this.#addRoom(channel));
    this.actions.join(channel);
  }

  /** @param {string} client @param {string} connection */
  online(client, connection) {
    this.#client = client;
    this.#connection = connection;
  }

  offline() {
    for (const room of this.#rooms.values()) {
      if (room.membership === 'joined') room.lostAt = Date.now();
      if (room.membership !== 'refused') room.membership = 'joining';
      // Acknowledged means kept, so they stand even if their push was lost with the connection.
      for (const pending of room.pending.filter(({ state }) => state === 'acknowledged')) this.#settle(room, pending);
    }
    this.#showCurrent();
  }

  /** @param {string} channel @param {Membership} now @param {string} [reason] */
  membership(channel, now, reason) {
    const room = this.#rooms.get(channel) ?? (now === 'joined' ? this.#addRoom(channel) : undefined);
    if (!room) return;
    if (now === 'left') {
      this.#removeRoom(room);
      return;
    }
    const was = room.membership;
    room.membership = now;
    if (now === 'refused') this.#note(room, `Not in this channel: ${reason}`);
    if (now === 'joined') {
      if (room.lostAt) {
        const seconds = Math.max(1, Math.round((Date.now() - room.lostAt) / 1000));
        this.#note(room, `Back after ${seconds} s. What was sent meanwhile is not shown.`);
        room.lostAt = 0;
      } else if (was !== 'joined') {
        this.#note(room, `Joined ${channel}. New messages appear here.`);
      }
      for (const pending of room.pending.filter(({ state }) => state === 'waiting')) void this.#transmit(room, pending);
    }
    this.#showCurrent();
  }

  /** A `message` push. @param {any} payload */
  message(payload) {
    const room = this.#rooms.get(payload.channel);
    if (!room || (payload.id && room.shown.has(payload.id))) return;
    /** @type {Message} */
    const message = {
      id: payload.id,
      client: payload.from?.client ?? 'server',
      connection: payload.from?.connection,
      text: typeof payload.data?.text === 'string' ? payload.data.text : JSON.stringify(payload.data),
      ts: payload.ts ?? Date.now(),
    };
    const own = room.pending.find((pending) => this.#isPushOf(pending, message));
    if (own) this.#forget(room, own);
    this.#deliver(room, message);
  }

  /** A push can overtake its acknowledgement, then the text tells. @param {Pending} pending @param {Message} message */
  #isPushOf(pending, message) {
    if (pending.ack) return pending.ack.id === message.id;
    return pending.state === 'sending' && message.connection === this.#connection && message.text === pending.text;
  }

  /** @param {string} text */
  #write(text) {
    const room = this.#current;
    if (!room || text.trim() === '' || room.membership === 'refused') return;
    if (this.#waitingInAll() >= OUTBOX_LIMIT) {
      this.#hint(`${OUTBOX_LIMIT} messages are waiting already. They go out when the server is back.`);
      return;
    }
    /** @type {Pending} */
    const pending = { key: uuid(), text, item: make('li'), state: 'waiting', firstSent: 0, sender: '' };
    room.pending.push(pending);
    room.list.append(pending.item);
    this.parts.input.value = '';
    if (room.membership === 'joined') void this.#transmit(room, pending);
    else this.#renderPending(room, pending);
    room.list.scrollTop = room.list.scrollHeight;
  }

  /** @param {Room} room @param {Pending} pending */
  async #transmit(room, pending) {
    const stale = Date.now() - pending.firstSent > KEY_WINDOW_MS || pending.sender !== this.#client;
    if (pending.firstSent && stale) {
      // The server would not know the key any more and make a second message of it.
      this.#fail(room, pending, 'connection lost, it may have arrived');
      return;
    }
    pending.state = 'sending';
    pending.firstSent ||= Date.now();
    pending.sender = this.#client;
    this.#renderPending(room, pending);
    try {
      const ack = await this.actions.send(room.name, pending.text, pending.key);
      if (!room.pending.includes(pending)) return; // its push came first
      pending.ack = ack;
      pending.state = 'acknowledged';
      // The push of a repeated one went to an earlier connection.
      if (ack.repeated || room.shown.has(ack.id)) this.#settle(room, pending);
      else this.#renderPending(room, pending);
    } catch (failure) {
      if (!room.pending.includes(pending)) return;
      const error = /** @type {import('./connection.js').RequestError} */ (failure);
      if (error.reason === 'not_connected' || error.reason === 'connection_lost') {
        // Same key again on the next connection: at most one message comes of it.
        pending.state = 'waiting';
        this.#renderPending(room, pending);
      } else {
        this.#fail(room, pending, error.reason);
      }
    }
  }

  /** @param {Room} room @param {Pending} pending @param {string} why */
  #fail(room, pending, why) {
    pending.state = 'failed';
    this.#renderPending(room, pending, why);
  }

  /** The pending one becomes a delivered one. @param {Room} room @param {Pending} pending */
  #settle(room, pending) {
    this.#forget(room, pending);
    const { id, ts } = pending.ack ?? { id: undefined, ts: Date.now() };
    if (!id || !room.shown.has(id)) this.#deliver(room, { id, client: this.#client, text: pending.text, ts });
  }

  /** @param {Room} room @param {Pending} pending */
  #forget(room, pending) {
    room.pending.splice(room.pending.indexOf(pending), 1);
    pending.item.remove();
  }

  /** @param {Room} room @param {Message} message */
  #deliver(room, message) {
    const item = make('li', 'message');
    const own = message.client === this.#client;
    item.classList.add(own ? 'message-own' : 'message-other', `tone-${toneOf(message.client)}`);
    const time = make('time', 'message-time', new Date(message.ts).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }));
    time.dateTime = new Date(message.ts).toISOString();
    time.title = new Date(message.ts).toLocaleString();
    const head = make('div', 'message-head');
    head.append(make('span', 'message-from', message.client), time);
    item.append(head, make('p', 'message-text', message.text));
    if (message.id) {
      item.dataset.id = message.id;
      room.shown.set(message.id, item);
    }
    this.#insert(room, item);
    if (room !== this.#current) {
      room.unread += 1;
      this.#renderChip(room);
    }
  }

  /** @param {Room} room @param {string} text */
  #note(room, text) {
    this.#insert(room, make('li', 'note', text));
  }

  /** Above what is pending. @param {Room} room @param {HTMLLIElement} item */
  #insert(room, item) {
    stickToEnd(room.list, () => {
      room.list.insertBefore(item, room.pending[0]?.item ?? null);
      while (room.list.children.length - room.pending.length > KEPT) {
        const oldest = /** @type {HTMLLIElement} */ (room.list.firstElementChild);
        if (oldest.dataset.id) room.shown.delete(oldest.dataset.id);
        oldest.remove();
      }
    });
  }

  /** @param {Room} room @param {Pending} pending @param {string} [why] */
  #renderPending(room, pending, why) {
    stickToEnd(room.list, () => this.#drawPending(room, pending, why));
  }

  /** @param {Room} room @param {Pending} pending @param {string} [why] */
  #drawPending(room, pending, why) {
    const { item, state } = pending;
    item.className = `message message-own message-pending pending-${state} tone-${toneOf(this.#client)}`;
    item.dataset.state = state;
    const texts = { waiting: 'waiting for the server', sending: 'sending…', acknowledged: 'sent', failed: `not sent: ${why}` };
    const head = make('div', 'message-head');
    head.append(make('span', 'message-state', texts[state]));
    item.replaceChildren(head, make('p', 'message-text', pending.text));
    if (state === 'failed') {
      const buttons = make('div', 'message-buttons');
      const retry = make('button', 'link', 'Retry');
      const discard = make('button', 'link', 'Discard');
      retry.type = discard.type = 'button';
      retry.addEventListener('click', () => {
        pending.firstSent = 0; // a person decided; the key still catches a repeat within the window
        pending.state = 'waiting';
        if (room.membership === 'joined') void this.#transmit(room, pending);
        else this.#renderPending(room, pending);
        this.parts.input.focus();
      });
      discard.addEventListener('click', () => {
        this.#forget(room, pending);
        this.parts.input.focus();
      });
      buttons.append(retry, discard);
      item.append(buttons);
    }
  }

  /** @param {string} channel */
  #joinTyped(channel) {
    if (!CHANNEL_PATTERN.test(channel)) {
      this.#hint('A channel name has 1 to 200 of A-Z a-z 0-9 _ - = @ , . ; : # / and does not begin with #.');
      return;
    }
    if (!this.#rooms.has(channel) && this.#rooms.size >= CHANNEL_LIMIT) {
      this.#hint(`This page joins at most ${CHANNEL_LIMIT} channels. Leave one first.`);
      return;
    }
    this.#hint('');
    this.parts.joinInput.value = '';
    this.open(channel);
    this.parts.input.focus();
  }

  /** @param {string} name @returns {Room} */
  #addRoom(name) {
    const list = make('ol', 'messages');
    list.setAttribute('role', 'log');
    list.setAttribute('aria-live', 'polite');
    list.setAttribute('aria-label', `Messages in ${name}`);
    list.tabIndex = 0;
    list.hidden = true;
    /** @type {Room} */
    const room = {
      name, list, membership: 'joining', chip: make('li', 'chip'), badge: make('span', 'badge'),
      unread: 0, shown: new Map(), pending: [], lostAt: 0,
    };
    const label = make('button', 'chip-name', name);
    label.type = 'button';
    label.append(room.badge);
    label.addEventListener('click', () => this.#show(room));
    const close = make('button', 'chip-close', '×');
    close.type = 'button';
    close.setAttribute('aria-label', `Leave ${name}`);
    close.addEventListener('click', () => {
      if (room.membership === 'refused') this.#removeRoom(room);
      else this.actions.leave(name);
    });
    room.chip.append(label, close);
    this.#rooms.set(name, room);
    this.parts.chips.append(room.chip);
    this.parts.lists.append(list);
    this.#renderChip(room);
    return room;
  }

  /** @param {Room} room */
  #removeRoom(room) {
    this.#rooms.delete(room.name);
    room.chip.remove();
    room.list.remove();
    if (room !== this.#current) return;
    this.#current = null;
    const next = this.#rooms.values().next().value;
    if (next) this.#show(next);
    else this.#showCurrent();
  }

  /** @param {Room} room */
  #show(room) {
    this.#current = room;
    room.unread = 0;
    for (const other of this.#rooms.values()) {
      other.list.hidden = other !== room;
      this.#renderChip(other);
    }
    room.list.scrollTop = room.list.scrollHeight;
    this.#showCurrent();
    this.actions.shown(room.name);
  }

  #showCurrent() {
    const room = this.#current;
    this.parts.input.disabled = !room || room.membership === 'refused';
    this.parts.input.placeholder = room ? `Message to ${room.name}` : 'Join a channel first';
  }

  /** @param {Room} room */
  #renderChip(room) {
    room.chip.classList.toggle('chip-current', room === this.#current);
    room.chip.firstElementChild?.setAttribute('aria-pressed', String(room === this.#current));
    room.badge.textContent = room.unread > 99 ? '99+' : String(room.unread);
    room.badge.hidden = room.unread === 0;
  }

  #waitingInAll() {
    return [...this.#rooms.values()].reduce((sum, room) => sum + room.pending.length, 0);
  }

  /** @param {string} text */
  #hint(text) {
    this.parts.hint.textContent = text;
    this.parts.hint.hidden = text === '';
  }
}

/** `crypto.randomUUID` is there in secure contexts only. */
function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The same colour for the same name everywhere. @param {string} name */
function toneOf(name) {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return sum % 6;
}
