// @ts-check
/**
 * One channel as this page follows it: what the next `subscribe` asks for, where the page is in the stream, and
 * who is present. Survives connections; no DOM in here.
 */

/** Messages to begin with. */
const REWIND = 50;
/** A second hole within this time is not filled but told. */
const HOLE_MS = 5_000;

/** What to ask for, the most first; a refusal goes on to the next. */
const WISHES = [
  { history: true, presence: true },
  { history: true, presence: false },
  { history: false, presence: true },
  { history: false, presence: false },
];

/**
 * @typedef {{ epoch: string, offset: number }} Position
 * @typedef {{ names: string[] | null, count: number, version: number }} Roster `names` null: too many to be told
 * @typedef {object} Arrival what a reply to `subscribe` means for a person
 * @property {boolean} returned it was followed before @property {boolean} history
 * @property {boolean} recovered `messages` is all that was missed
 * @property {any[]} messages as in `message` pushes
 */

export class Subscription {
  /** @type {Position | null} null: a channel without history */ position = null;
  /** @type {Roster | null} null: a channel without presence */ roster = null;
  /** From the reply on until the connection ends. */ live = false;
  /** The token subscribes to it. */ byToken = false;
  #followed = false;
  #wish = 0;
  /** @type {true | 'watch'} */ #part = true;
  #holeAt = 0;

  /** @param {string} channel */
  constructor(channel) {
    this.channel = channel;
  }

  /** The payload of `subscribe`. */
  ask() {
    const { history, presence } = WISHES[this.#wish];
    return {
      channel: this.channel,
      ...(history && (this.position ? { position: this.position } : { rewind: REWIND })),
      ...(presence && { presence: this.#part }),
    };
  }

  /** @param {string} reason why it was refused @returns {boolean} whether to ask again, for less */
  askLess(reason) {
    const { presence } = WISHES[this.#wish];
    if (reason === 'quota_exceeded' && presence && this.#part === true) {
      this.#part = 'watch'; // the list is full
      return true;
    }
    if ((reason !== 'not_enabled' && reason !== 'permission_denied') || this.#wish === WISHES.length - 1) return false;
    this.#wish += 1;
    return true;
  }

  /** Asks for nothing that could be refused but the channel itself. */
  askLeast() {
    this.#wish = WISHES.length - 1;
  }

  /** The reply to `subscribe`, or a `subscribed` push. @param {any} data @returns {Arrival} */
  take(data) {
    this.#takeMembers(data);
    const told = data?.epoch === undefined ? null : { epoch: data.epoch, offset: data.offset };
    // A second subscription on the same connection changes nothing: pushes move the position.
    const same = this.live && told?.epoch === this.position?.epoch;
    const returned = this.#followed && !same;
    if (!same) this.position = told;
    // Not asked for and there all the same: next time its position is given.
    if (told && !WISHES[this.#wish].history) this.#wish -= 2;
    this.live = this.#followed = true;
    return { returned, history: told !== null, recovered: data?.recovered === true, messages: data?.messages ?? [] };
  }

  /** The connection is gone; the position stays. */
  pause() {
    this.live = false;
    this.roster = null;
  }

  /**
   * A `message` or `position` push.
   * @param {number | undefined} offset
   * @returns {'next' | 'known' | 'hole' | 'lost'} hole: something is missing and can be asked for again
   */
  moveTo(offset) {
    if (!this.position || typeof offset !== 'number') return 'next';
    if (offset <= this.position.offset) return 'known';
    const hole = offset > this.position.offset + 1;
    if (hole && Date.now() - this.#holeAt > HOLE_MS) {
      this.#holeAt = Date.now();
      return 'hole';
    }
    this.position = { ...this.position, offset };
    return hole ? 'lost' : 'next';
  }

  /**
   * A `memberJoined` or `memberLeft` push.
   * @param {boolean} joined @param {any} payload
   * @returns {boolean} false: a change was missed, `presence` tells the list anew
   */
  memberChanged(joined, { client, version }) {
    const roster = this.roster;
    if (!roster || version <= roster.version) return true;
    if (version > roster.version + 1) return false;
    const others = roster.names?.filter((name) => name !== client) ?? null;
    const names = others && joined ? [...others, client] : others;
    this.roster = { names, count: names?.length ?? roster.count + (joined ? 1 : -1), version };
    return true;
  }

  /** The reply to `presence`, or to a `subscribe` with it. @param {any} data */
  #takeMembers(data) {
    if (typeof data?.version !== 'number') return;
    const names = data.members?.map((/** @type {any} */ member) => String(member.client)) ?? null;
    this.roster = { names, count: data.count ?? names?.length ?? 0, version: data.version };
  }

  /** @param {any} data the reply to `presence` */
  membersAnew(data) {
    if (this.live) this.#takeMembers(data);
  }
}
