// This SDK as the conformance kit wants to see one: orders in, what an application is told out.
import { RTMate, TokenDeniedError } from '../../src/rtmate.js';

/** What this SDK does beyond the least; see sdk/conformance/README.md. */
export const FEATURES = ['own-key', 'ordered', 'refill', 'resend'];

export class Subject {
  /** @type {RTMate | null} */ #client = null;

  /** @param {(event: { told: string, [key: string]: any }) => void} tell @param {object} [given] further options of the client */
  constructor(tell, given = {}) {
    this.tell = tell;
    this.given = given;
  }

  /** @param {any} order */
  order(order) {
    const client = this.#client;
    if (order.do === 'start') this.#start(order);
    else if (order.do === 'connect') client?.connect().catch(() => {});
    else if (order.do === 'close') client?.close();
    else if (order.do === 'subscribe') this.#subscribe(order);
    else if (order.do === 'unsubscribe') client?.channel(order.channel).unsubscribe();
    else if (order.do === 'send') void this.#send(order);
    else throw new Error(`unknown order ${JSON.stringify(order)}`);
  }

  /** @param {any} order */
  #start({ url, app, tokens = [], timing = {} }) {
    let asked = 0;
    const client = new RTMate(url, {
      appId: app,
      getToken: () => {
        const said = tokens[asked++] ?? `token-${asked}`;
        if (said === 'denied') throw new TokenDeniedError('no');
        if (said === 'retry') throw new Error('not now');
        return said;
      },
      ...timing,
      ...this.given,
    });
    client.on('state', ({ state, error }) => {
      if (state === 'online') this.tell({ told: 'online' });
      if (state === 'stopped' && error?.reason !== 'closed') this.tell({ told: 'stopped', code: error?.code, reason: error?.reason });
    });
    this.#client = client;
  }

  /** @param {any} order */
  #subscribe({ channel: name, position, presence, rewind }) {
    const channel = /** @type {RTMate} */ (this.#client).channel(name);
    const told = { channel: name };
    channel.on('subscribed', ({ recovery }) => this.tell({ told: 'subscribed', ...told, recovery }));
    channel.on('message', ({ id, data, name: kind }) => this.tell({ told: 'message', ...told, id, data, name: kind }));
    channel.on('gap', ({ cause }) => this.tell({ told: 'gap', ...told, cause }));
    channel.on('unsubscribed', ({ reason, resubscribes }) => {
      if (reason !== 'unsubscribed' && reason !== 'stopped') this.tell({ told: 'unsubscribed', ...told, reason, resubscribes });
    });
    channel.presence.on('join', ({ client }) => this.tell({ told: 'join', ...told, client }));
    channel.presence.on('leave', ({ client }) => this.tell({ told: 'leave', ...told, client }));
    channel.subscribe({ position, presence, rewind }).catch(() => {});
  }

  /** @param {any} order */
  async #send({ ref, channel, data, ...options }) {
    try {
      const { id, ts, repeated, key } = await /** @type {RTMate} */ (this.#client).channel(channel).send(data, options);
      this.tell({ told: 'receipt', ref, id, ts, repeated, key });
    } catch (error) {
      const { reason, code, attempted } = /** @type {any} */ (error);
      this.tell({ told: 'failed', ref, reason, code, attempted });
    }
  }
}
