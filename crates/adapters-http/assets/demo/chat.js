// @ts-check
/**
 * The chat: one list per joined channel, its messages in the order in which the server gives them, and below it
 * what this tab wrote and the server has not given back yet.
 */
import { make, stickToEnd } from './dom.js';
import { Outbox } from './outbox.js';
import { showRoster } from './roster.js';

/** Messages kept per channel, messages waiting in all, channels joined. */
const KEPT = 500;
const OUTBOX_LIMIT = 20;
const CHANNEL_LIMIT = 20;

/** Names of 1 to 200 of these; a leading # belongs to the server. */
export const CHANNEL_PATTERN = /^(?!#)[A-Za-z0-9_=@,.;:#/-]{1,200}$/;

/**
 * @typedef {import('./connection.js').Membership} Membership
 * @typedef {{ id?: string, client: string, connection?: string, text: string, ts: number }} Message
 * @typedef {object} Room
 * @property {string} name @property {Membership} membership @property {HTMLOListElement} list
 * @property {HTMLElement} chip @property {HTMLElement} badge @property {number} unread
 * @property {Map<string, HTMLLIElement>} shown by message id @property {Outbox} outbox
 * @property {number} lostAt when the connection went, 0 while it stands
 * @property {boolean} history whether what was missed is given later
 * @property {import('./subscription.js').Roster | null} roster
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
   * @param {HTMLElement} parts.hint @param {HTMLElement} parts.members
   * @param {object} actions
   * @param {(channel: string, text: string, key: string) => Promise<import('./outbox.js').Ack>} actions.send
   * @param {(channel: string) => import('./subscription.js').Position | null} actions.position
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
      room.roster = null;
      // Acknowledged means kept. With history they come again, in their place.
      if (!room.history) room.outbox.settle();
    }
    this.#showCurrent();
  }

  /** @param {string} channel @param {Membership} now @param {string} [reason] */
  membership(channel, now, reason) {
    const room = this.#rooms.get(channel);
    if (!room) return;
    if (now === 'left') {
      this.#removeRoom(room);
      return;
    }
    room.membership = now;
    room.roster = null;
    if (now === 'refused') this.#note(room, `Not in this channel: ${reason}`);
    this.#showCurrent();
  }

  /** @param {string} channel @param {import('./subscription.js').Arrival} arrival */
  joined(channel, { returned, history, recovered, messages }) {
    const room = this.#rooms.get(channel) ?? this.#addRoom(channel);
    const first = room.membership !== 'joined' && !returned;
    const away = room.lostAt ? `Back after ${Math.max(1, Math.round((Date.now() - room.lostAt) / 1000))} s` : 'Joined again';
    room.membership = 'joined';
    room.history = history;
    if (returned && recovered && room.lostAt) this.#note(room, `${away}. Nothing is missing: what was sent meanwhile follows.`);
    if (returned && !recovered) {
      room.outbox.settle();
      this.#note(room, `${away}. Messages may be missing here: what was sent meanwhile is not known.`, 'note-missing');
    }
    for (const payload of messages) this.#receive(room, payload, returned);
    if (recovered) room.outbox.settle();
    if (first) this.#note(room, `Joined ${channel}. New messages appear here.`);
    room.lostAt = 0;
    void room.outbox.pump();
    this.#showCurrent();
  }

  /** Something is missing before the next message. @param {string} channel */
  lost(channel) {
    const room = this.#rooms.get(channel);
    if (room) this.#note(room, 'Messages may be missing here.', 'note-missing');
  }

  /** @param {string} channel @param {import('./subscription.js').Roster | null} roster */
  members(channel, roster) {
    const room = this.#rooms.get(channel);
    if (!room) return;
    room.roster = roster;
    this.#showCurrent();
  }

  /** A `message` push. @param {any} payload */
  message(payload) {
    const room = this.#rooms.get(payload.channel);
    if (room) this.#receive(room, payload, true);
  }

  /** @param {Room} room @param {any} payload @param {boolean} counts as unread where the channel is not in view */
  #receive(room, payload, counts) {
    if (payload.id && room.shown.has(payload.id)) return;
    /** @type {Message} */
    const message = {
      id: payload.id,
      client: payload.from?.client ?? 'server',
      connection: payload.from?.connection,
      text: typeof payload.data?.text === 'string' ? payload.data.text : JSON.stringify(payload.data),
      ts: payload.ts ?? Date.now(),
    };
    room.outbox.heard(message);
    this.#deliver(room, message, counts);
  }

  /** @param {string} text */
  #write(text) {
    const room = this.#current;
    if (!room || text.trim() === '' || room.membership === 'refused') return;
    if (this.#waitingInAll() >= OUTBOX_LIMIT) {
      this.#hint(`${OUTBOX_LIMIT} messages are waiting already. They go out when the server is back.`);
      return;
    }
    this.parts.input.value = '';
    room.outbox.add(text);
    room.list.scrollTop = room.list.scrollHeight;
  }

  /** @param {Room} room @param {Message} message @param {boolean} counts */
  #deliver(room, message, counts) {
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
    if (counts && room !== this.#current) {
      room.unread += 1;
      this.#renderChip(room);
    }
  }

  /** @param {Room} room @param {string} text @param {string} [kind] */
  #note(room, text, kind = '') {
    this.#insert(room, make('li', `note ${kind}`, text));
  }

  /** Above what is pending. @param {Room} room @param {HTMLLIElement} item */
  #insert(room, item) {
    stickToEnd(room.list, () => {
      room.list.insertBefore(item, room.outbox.top);
      while (room.list.children.length - room.outbox.size > KEPT) {
        const oldest = /** @type {HTMLLIElement} */ (room.list.firstElementChild);
        if (oldest.dataset.id) room.shown.delete(oldest.dataset.id);
        oldest.remove();
      }
    });
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
      unread: 0, shown: new Map(), lostAt: 0, history: false, roster: null,
      outbox: new Outbox({
        list,
        joined: () => room.membership === 'joined',
        self: () => ({ client: this.#client, connection: this.#connection }),
        send: (text, key) => this.actions.send(name, text, key),
        comes: ({ epoch, offset }) => {
          const position = this.actions.position(name);
          return position !== null && position.epoch === epoch && Number(offset) > position.offset;
        },
        shown: (id) => room.shown.has(id),
        deliver: (message) => this.#deliver(room, message, false),
        tone: () => `tone-${toneOf(this.#client)}`,
        focus: () => this.parts.input.focus(),
      }),
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
    showRoster(this.parts.members, room?.name ?? '', room?.roster ?? null, this.#client);
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
    return [...this.#rooms.values()].reduce((sum, room) => sum + room.outbox.size, 0);
  }

  /** @param {string} text */
  #hint(text) {
    this.parts.hint.textContent = text;
    this.parts.hint.hidden = text === '';
  }
}

/** The same colour for the same name everywhere. @param {string} name */
function toneOf(name) {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return sum % 6;
}
