// A client with a clock and a network of the test's own, and words to tell a story in.
import { RTMate } from '../../src/rtmate.js';
import { FakeClock, settled } from './fake-clock.mjs';
import { FakeNetwork } from './fake-network.mjs';

export const EPOCH = '00000000000000aa';

export class Play {
  clock = new FakeClock();
  network = new FakeNetwork();
  tokens = 0;
  /** @type {import('../../src/rtmate.js').StateChange[]} */ states = [];

  /** @param {Partial<import('../../src/rtmate.js').Options>} [options] */
  constructor(options = {}) {
    this.rt = new RTMate('ws://test/ws', {
      appId: 'app',
      getToken: () => `token-${++this.tokens}`,
      clock: this.clock,
      random: () => 1,
      WebSocket: this.network.WebSocket,
      ...options,
    });
    this.rt.on('state', (change) => this.states.push(change));
  }

  /** Authenticated. @param {Partial<import('../../src/rtmate.js').Options>} [options] */
  static async online(options) {
    const play = new Play(options);
    play.rt.connect().catch(() => {});
    await play.enter();
    return play;
  }

  get link() {
    return this.network.link;
  }

  /** Until the next connection, which is let in. @param {object} [data] */
  async enter(data) {
    const known = this.network.links.length;
    const opened = () => this.network.links.some((link, index) => index >= known - 1 && link.frames.some(({ event }) => event === 'auth'));
    if (!(await this.clock.pass(120_000, opened))) throw new Error(`no connection; ${JSON.stringify(this.states.at(-1))}`);
    const auth = this.link.take('auth');
    this.link.reply(auth, welcome(data));
    await settled();
    return auth.payload;
  }

  /** The last state that was told. */
  get state() {
    return this.states.at(-1);
  }

  /**
   * A channel that is subscribed to.
   * @param {string} name @param {object} [data] of the reply @param {import('../../src/rtmate.js').SubscribeOptions} [options]
   */
  async live(name, data = {}, options = {}) {
    const channel = this.rt.channel(name);
    const subscribing = channel.subscribe(options);
    subscribing.catch(() => {});
    await settled();
    this.link.reply(this.link.take('subscribe'), { channel: name, ...data });
    await settled();
    return channel;
  }

  /** @param {string} channel @param {number} offset */
  message(channel, offset) {
    this.link.push('message', { channel, ...message(offset) });
  }
}

/** @param {object} [data] */
export function welcome(data) {
  return {
    state: true, client_id: 'alice', connection_id: 'c1', session: 's1', ts: 1_000_000, expires_at: 4_600_000, ping_interval_ms: 25_000,
    limits: { frame_bytes: 131_072, payload_bytes: 65_536, channels: 128, requests_per_second: 100, requests_burst: 200 },
    ...data,
  };
}

/** @param {number} offset */
export function message(offset) {
  return { id: `m${offset}`, data: offset, ts: 1, offset, from: { client: 'bob' } };
}

/** The reply of a channel with history. @param {number} offset @param {object} [more] */
export function at(offset, more) {
  return { epoch: EPOCH, offset, messages: [], ...more };
}

/** The outcome of a promise so far. @param {Promise<any>} promise @returns {{ value?: any, error?: any }} */
export function outcome(promise) {
  /** @type {{ value?: any, error?: any }} */ const seen = {};
  promise.then((value) => (seen.value = value), (error) => (seen.error = error));
  return seen;
}

/** What a channel tells, as it comes. @param {import('../../src/rtmate.js').Channel} channel */
export function watched(channel) {
  /** @type {string[]} */ const seen = [];
  channel.on('message', ({ data, replayed }) => seen.push(`${replayed ? 'replayed' : 'message'} ${data}`));
  channel.on('gap', ({ cause }) => seen.push(`gap ${cause}`));
  channel.on('subscribed', ({ recovery }) => seen.push(`subscribed ${recovery}`));
  channel.on('unsubscribed', ({ reason }) => seen.push(`unsubscribed ${reason}`));
  channel.presence.on('join', ({ client }) => seen.push(`join ${client}`));
  channel.presence.on('leave', ({ client }) => seen.push(`leave ${client}`));
  return seen;
}

export { settled };
