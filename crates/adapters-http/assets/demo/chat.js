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
 * @typedef {'joining' | 'joined' | 'refused'} Membership
 * @typedef {{ id?: string, client: string, text: string, ts: number }} Message
 * @typedef {object} Room
 * @property {string} name @property {Membership} membership @property {HTMLOListElement} list
 * @property {HTMLElement} chip @property {HTMLElement} badge @property {number} unread
 * @property {Map<string, HTMLLIElement>} shown by message id @property {Outbox} outbox
 * @property {import('./link.js').Link | null} link to the channel, by the present client; null before there is one
 * @property {number} lostAt when the connection went, 0 while it stands
 */

export class ChatView {
  /** @type {Map<string, Room>} */ #rooms = new Map();
  /** @type {Room | null} */ #current = null;
  /** @type {import('./link.js').Session} given by `use`, before anything else */ #session = /** @type {any} */ (null);
  #online = false;

  /**
   * @param {object} parts
   * @param {HTMLElement} parts.chips @param {HTMLElement} parts.lists
   * @param {HTMLFormElement} parts.form @param {HTMLInputElement} parts.input
   * @param {HTMLFormElement} parts.joinForm @param {HTMLInputElement} parts.joinInput
   * @param {HTMLElement} parts.hint @param {HTMLElement} parts.members
   * @param {(channel: string) => void} onShown another channel is in view
   */
  constructor(parts, onShown) {
    this.parts = parts;
    this.onShown = onShown;
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
    this.#show(known ?? this.#addRoom(channel));
    if (!known || known.membership === 'refused') this.#join(/** @type {Room} */ (this.#rooms.get(channel)));
  }

  /** Another client from now on: all rooms are entered anew. @param {import('./link.js').Session} session */
  use(session) {
    this.#session = session;
    for (const room of this.#rooms.values()) {
      room.link = null;
      this.#join(room);
    }
  }

  /** The connection came or went. @param {boolean} online */
  connection(online) {
    this.#online = online;
    for (const room of this.#rooms.values()) {
      if (!online && room.membership === 'joined') room.lostAt = Date.now();
      if (!online && room.membership !== 'refused') room.membership = 'joining';
      // Acknowledged means kept. With history they come again, in their place.
      if (!online && !room.link?.channel.position) room.outbox.settle();
      room.outbox.redraw();
    }
    this.#showCurrent();
  }

  /** @param {Room} room */
  #join(room) {
    const link = (room.link ??= this.#enter(room));
    room.membership = 'joining';
    link.join().then(
      () => room.link === link && this.#note(room, `Joined ${room.name}. New messages appear here.`),
      (error) => room.link === link && this.#refused(room, error),
    );
    room.outbox.resume();
    this.#showCurrent();
  }

  /** @param {Room} room */
  #enter(room) {
    return this.#session.enter(room.name, {
      message: (message) => this.#receive(room, message),
      gap: ({ cause }) => this.#gap(room, cause),
      subscribed: () => this.#subscribed(room),
      unsubscribed: ({ resubscribes }) => resubscribes && this.#left(room),
      members: () => this.#showCurrent(),
    });
  }

  /** A return that missed nothing is not worth a word. @param {Room} room */
  #subscribed(room) {
    room.membership = 'joined';
    room.lostAt = 0;
    this.#showCurrent();
  }

  /** @param {Room} room @param {string} cause */
  #gap(room, cause) {
    const missing = 'Messages may be missing here';
    room.outbox.settle();
    if (cause === 'jump') this.#note(room, `${missing}.`, 'note-missing');
    else this.#note(room, `${away(room)}. ${missing}: what was sent meanwhile is not known.`, 'note-missing');
  }

  /** @param {Room} room */
  #left(room) {
    room.membership = 'joining';
    this.#showCurrent();
  }

  /** @param {Room} room @param {any} error */
  #refused(room, error) {
    if (['closed', 'AbortError'].includes(error.reason ?? error.name)) return; // this page's own doing
    room.membership = 'refused';
    this.#note(room, `Not in this channel: ${error.message}`);
    this.#showCurrent();
  }

  /** @param {Room} room @param {import('/sdk/rtmate.js').Message} told */
  #receive(room, told) {
    if (room.shown.has(told.id)) return;
    /** @type {Message} */
    const message = {
      id: told.id,
      client: told.from?.client ?? 'server',
      text: typeof told.data?.text === 'string' ? told.data.text : JSON.stringify(told.data),
      ts: told.ts ?? Date.now(),
    };
    room.outbox.heard(message);
    // What was said before one came is nothing new.
    this.#deliver(room, message, room.membership === 'joined' || !told.replayed);
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
    const own = message.client === this.#session.self();
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
      unread: 0, shown: new Map(), lostAt: 0, link: null,
      outbox: new Outbox({
        list,
        link: () => /** @type {import('./link.js').Link} */ (room.link),
        online: () => this.#online,
        self: () => this.#session.self(),
        shown: (id) => room.shown.has(id),
        deliver: (message) => this.#deliver(room, message, false),
        tone: () => `tone-${toneOf(this.#session.self())}`,
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
      room.link?.leave();
      this.#removeRoom(room);
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
    this.onShown(room.name);
  }

  #showCurrent() {
    const room = this.#current;
    this.parts.input.disabled = !room || room.membership === 'refused';
    const presence = room?.link?.channel.presence;
    showRoster(this.parts.members, room?.name ?? '', presence?.known ? presence : null, this.#session?.self());
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

/** @param {Room} room */
function away({ lostAt }) {
  return lostAt ? `Back after ${Math.max(1, Math.round((Date.now() - lostAt) / 1000))} s` : 'Joined again';
}

/** The same colour for the same name everywhere. @param {string} name */
function toneOf(name) {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return sum % 6;
}
