// The real server, and clients of it.
import { once } from 'node:events';
import WebSocket from 'ws';
import { startServer } from '../../../../scripts/harness/server.mjs';
import { RTMate } from '../../src/rtmate.js';

export { startServer };

/** Nothing in a test may take longer. */
const PATIENCE_MS = 30_000;

/** @type {RTMate[]} */ const clients = [];

/** Ends what a test that failed left behind. */
export function closeAll() {
  for (const rt of clients.splice(0)) rt.close();
}

/**
 * A client of the demo app.
 * @param {{ url: string }} server gives the tokens
 * @param {string} name
 * @param {Partial<import('../../src/rtmate.js').Options> & { ws?: string }} [options] `ws`: another way to the server
 */
export function client(server, name, { ws, ...options } = {}) {
  const getToken = async (/** @type {{ signal: AbortSignal }} */ { signal }) => {
    const response = await fetch(`${server.url}demo/token`, { method: 'POST', body: JSON.stringify({ client: name }), signal });
    return (await response.json()).data.token;
  };
  const rt = new RTMate(ws ?? `${server.url}ws`, {
    appId: 'demo-app', getToken, WebSocket, language: 'en',
    backoff: { baseMs: 50, capMs: 500 }, ...options,
  });
  clients.push(rt);
  return rt;
}

/** The data of messages as they come, and a wait for so many. @param {import('../../src/rtmate.js').Channel} channel */
export function collected(channel) {
  /** @type {any[]} */ const data = [];
  /** @type {Set<() => void>} */ const waiting = new Set();
  channel.on('message', (message) => {
    data.push(message.data);
    waiting.forEach((look) => look());
  });
  return {
    data,
    /** @param {() => boolean} [enough] */
    until: (enough = () => true) => within(new Promise((done) => {
      const look = () => enough() && done(undefined);
      waiting.add(look);
      look();
    }), () => `got ${JSON.stringify(data.slice(-5))}`),
  };
}

/** Until that event comes. @param {{ on: (name: any, listener: (event: any) => void) => () => void }} emitter @param {string} name @param {(event: any) => boolean} [wanted] @returns {Promise<any>} */
export function event(emitter, name, wanted = () => true) {
  return within(new Promise((done) => {
    const off = emitter.on(name, (event) => {
      if (!wanted(event)) return;
      off();
      done(event);
    });
  }), () => `no ${name}`);
}

/** @template T @param {Promise<T>} promise @param {() => string} [what] @returns {Promise<T>} */
export async function within(promise, what = () => 'it took too long') {
  const stop = new AbortController();
  const late = once(AbortSignal.any([AbortSignal.timeout(PATIENCE_MS), stop.signal]), 'abort').then(() => {
    if (!stop.signal.aborted) throw new Error(what());
    return promise;
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    stop.abort();
  }
}
