// Plays a vector: the server's part, the application's part, and what both must see. README.md has the steps.
import { matches, wishesOf } from './match.mjs';

/** How long something that must come may take, in milliseconds, unless the world says otherwise. */
const PATIENCE_MS = 5_000;
/** What a client may send whenever it wants. */
const AT_WILL = new Set(['ping']);

/**
 * @typedef {object} Link one connection of the client, from the server's side
 * @property {{ event: string, payload: any, id: any }[]} frames not yet expected
 * @property {boolean} open
 * @property {(text: string) => void} send
 * @property {(code: number) => void} close
 * @property {() => void} reset without a close frame
 * @property {(bytes: Uint8Array) => void} [bytes] whatever bytes, where the world has a wire
 * @typedef {object} World where it is played: in real time over a wire, or with a clock of the test's own
 * @property {Link[]} links of all connections that were opened, the latest last
 * @property {{ told: string, [key: string]: any }[]} told what the client told its application
 * @property {(order: { do: string, [key: string]: any }) => void} order tells the client's application what to do
 * @property {() => number} now milliseconds
 * @property {(until: () => boolean, ms: number) => Promise<boolean>} wait until it is so, or so long
 * @property {(refuse: boolean) => void} refuse whether openings fail
 * @property {number} [patienceMs]
 * @typedef {{ name: string, about?: string, tokens?: string[], timing?: object, slow?: boolean, wire?: boolean, needs?: string[], steps: any[] }} Vector
 */

/**
 * Rejects at the first step that is not as it must be.
 * @param {Vector} vector
 * @param {World} world
 */
export async function play(vector, world) {
  const player = new Player(world);
  for (const [index, step] of vector.steps.entries()) {
    try {
      await player.step(step);
    } catch (error) {
      const { message } = /** @type {Error} */ (error);
      throw new Error(`step ${index + 1} of "${vector.name}" ${JSON.stringify(step)}: ${message}`);
    }
  }
  player.nothingLeft();
}

class Player {
  /** Connections that were greeted so far. */ #opened = 0;
  /** The last request that was expected. @type {any} */ #request = null;
  /** When the last connection ended. */ #endedAt = 0;
  /** Requests by the name that a step gave them. @type {Map<string, any>} */ #named = new Map();

  /** @param {World} world */
  constructor(world) {
    this.world = world;
  }

  /** @param {any} step */
  async step(step) {
    if ('do' in step) return this.world.order(step);
    if ('enter' in step) return this.#enter(step);
    if ('expect' in step) return this.#expect(step);
    if ('told' in step) return this.#told(step);
    if ('push' in step) return this.#push(step.push, step.payload);
    if ('pass' in step) return void (await this.world.wait(() => false, step.pass));
    if ('reply' in step) return this.#reply(step.to, { code: 200, message: 'success', data: step.reply });
    if ('refuse' in step) return this.#reply(step.to, { message: 'no', data: null, ...step.refuse });
    if ('joined' in step) return this.#joined(step);
    if ('text' in step) return this.#link.send(step.text);
    if ('bytes' in step) return this.#link.bytes?.(Buffer.from(step.bytes, 'hex'));
    if ('refuseOpenings' in step) return this.world.refuse(step.refuseOpenings);
    if ('close' in step || 'reset' in step) return this.#end(step);
    throw new Error('no such step');
  }

  /** Frames and events that no step expected are as wrong as those that did not come. */
  nothingLeft() {
    const frames = this.world.links.flatMap((link) => link.frames).filter(({ event }) => !AT_WILL.has(event) && event !== 'unsubscribe');
    if (frames.length > 0) throw new Error(`the client also sent ${JSON.stringify(frames)}`);
    const told = this.world.told.filter(({ told }) => told !== 'online');
    if (told.length > 0) throw new Error(`the client also told ${JSON.stringify(told)}`);
  }

  get #patience() {
    return this.world.patienceMs ?? PATIENCE_MS;
  }

  get #link() {
    const link = this.world.links.at(-1);
    if (!link) throw new Error('there is no connection');
    return link;
  }

  /** A connection, authenticated. @param {any} step */
  async #enter({ enter, after, within, data }) {
    await this.#expect({ expect: 'open', after, within });
    await this.#expect({ expect: 'auth', with: { appId: 'app', heartbeat: true, ...enter } });
    const ts = 1_700_000_000_000;
    this.#reply(undefined, {
      code: 200, message: 'success',
      data: {
        state: true, client_id: 'alice', connection_id: `c${this.#opened}`, session: `session-${this.#opened}`, ts,
        expires_at: ts + 3_600_000, ping_interval_ms: 25_000, protocol: 1, server: 'conformance',
        limits: { frame_bytes: 131_072, payload_bytes: 65_536, channels: 128, requests_per_second: 100, requests_burst: 200 },
        ...data,
      },
    });
  }

  /** @param {any} step */
  async #expect({ expect, with: wanted, channels, as, sameKeyAs, otherKeyThan, after = 0, within = after + this.#patience, for: ms }) {
    if (expect === 'nothing') return this.#expectNothing(ms);
    if (expect === 'open') return this.#expectOpen(after, within);
    if (expect === 'closed') return this.#expectClosed(within);
    const find = () => this.#link.frames.find(({ event }) => event === expect);
    if (!(await this.world.wait(() => Boolean(find()), within))) {
      throw new Error(`it did not come; the client sent ${JSON.stringify(this.#link.frames)}`);
    }
    const frame = /** @type {any} */ (find());
    this.#link.frames.splice(this.#link.frames.indexOf(frame), 1);
    this.#request = frame;
    if (as) this.#named.set(as, frame);
    if (wanted && !matches(wanted, frame.payload)) throw new Error(`the client sent ${JSON.stringify(frame)}`);
    if (channels) this.#sameChannels(channels, frame);
    const keyOf = (/** @type {string} */ name) => this.#named.get(name).payload.key;
    if (sameKeyAs && frame.payload.key !== keyOf(sameKeyAs)) throw new Error(`another key: ${frame.payload.key}`);
    if (otherKeyThan && frame.payload.key === keyOf(otherKeyThan)) throw new Error(`the same key: ${frame.payload.key}`);
  }

  /** @param {any[]} wanted @param {any} frame */
  #sameChannels(wanted, frame) {
    const wishes = wishesOf(frame.payload);
    const find = (/** @type {any} */ one) => wishes.find(({ channel }) => channel === one.channel);
    const same = wishes.length === wanted.length && wanted.every((one) => matches(one, find(one)));
    if (!same) throw new Error(`the client asked for ${JSON.stringify(wishes)}`);
  }

  /** @param {number} after @param {number} within */
  async #expectOpen(after, within) {
    const { world } = this;
    const known = this.#opened;
    if (!(await world.wait(() => world.links.length > known, within))) throw new Error('the client did not connect');
    this.#opened = world.links.length;
    const waited = world.now() - this.#endedAt;
    // A timer may round down.
    if (waited < after - 2) throw new Error(`the client came back after ${waited} ms`);
  }

  /** @param {number} within */
  async #expectClosed(within) {
    if (!(await this.world.wait(() => !this.#link.open, within))) throw new Error('the client did not close the connection');
    this.#endedAt = this.world.now();
  }

  /** @param {number} ms */
  async #expectNothing(ms) {
    const { links } = this.world;
    const something = () => links.length > this.#opened || links.some((link) => link.frames.some(({ event }) => !AT_WILL.has(event)));
    if (await this.world.wait(something, ms)) throw new Error('the client did something');
  }

  /** @param {any} step */
  async #told({ told, channel, ref, with: wanted = {}, within = this.#patience }) {
    const { world } = this;
    // What one channel is told has an order, and so has what is told of one send.
    const mine = () => world.told.find((event) => event.channel === channel && event.ref === ref && (told === 'online' || event.told !== 'online'));
    if (!(await world.wait(() => Boolean(mine()), within))) throw new Error('the application was not told');
    const event = /** @type {any} */ (mine());
    world.told.splice(world.told.indexOf(event), 1);
    if (event.told !== told || !matches(wanted, event)) throw new Error(`the application was told ${JSON.stringify(event)}`);
  }

  /** @param {string} event @param {object} payload */
  #push(event, payload) {
    this.#link.send(JSON.stringify({ event, payload }));
  }

  /** @param {string | undefined} to @param {object} body */
  #reply(to, body) {
    const request = to ? this.#named.get(to) : this.#request;
    this.#link.send(JSON.stringify({ ...body, id: request.id }));
  }

  /** Answers a `subscribe` in the form in which it was asked. @param {any} step */
  #joined({ joined, to }) {
    const request = to ? this.#named.get(to) : this.#request;
    const one = (/** @type {any} */ wish) => {
      const entry = joined.find((/** @type {any} */ each) => each.channel === wish.channel) ?? { channel: wish.channel };
      return entry.code && entry.code !== 200 ? { message: 'no', ...entry } : { ...entry, code: 200 };
    };
    const entries = wishesOf(request.payload).map(one);
    if (Array.isArray(request.payload.channels)) return this.#reply(to, { code: 200, message: 'success', data: { channels: entries } });
    const { code, reason, message, retry_after_ms, ...data } = entries[0];
    if (code !== 200) return this.#reply(to, { code, reason, message, retry_after_ms, data: null });
    return this.#reply(to, { code: 200, message: 'success', data });
  }

  /** @param {any} step */
  #end({ close, disconnect }) {
    if (disconnect) this.#push('disconnect', disconnect);
    if (close) this.#link.close(close);
    else this.#link.reset();
    this.#endedAt = this.world.now();
  }
}
