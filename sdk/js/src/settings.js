/** What a client is told at its start, with the defaults. */

import { systemClock } from './clock.js';

/** Bounds of one client; see the README for the answer at each. */
const LIMITS = {
  /** Sends that wait or are under way. */
  queuedSends: 1_000,
  /** Characters of their data, together. */
  queuedCharacters: 8 * 1024 * 1024,
  /** Sends that wait for their answer at the same time. */
  sendsUnderWay: 32,
  /** Requests for history and members that wait at the same time. */
  requests: 16,
  /** Channels in use. */
  channels: 1_024,
  /** Messages that wait for one reader, or while `load` runs. */
  events: 1_024,
};

const TIMEOUTS = {
  /** Until a connection is open. */
  openMs: 10_000,
  /** For replies, and for `getToken`. */
  replyMs: 15_000,
  /** How long a send is tried. The server knows a key for 5 minutes, unless it is configured otherwise. */
  sendMs: 240_000,
};

const BACKOFF = {
  /** The most that the first delay can be. */
  baseMs: 500,
  /** The most that any delay can be. */
  capMs: 30_000,
  /** A connection that held so long begins the row anew. */
  stableMs: 5_000,
};

/**
 * @typedef {object} Options
 * @property {string} appId the app
 * @property {(request: import('./credential.js').TokenRequest) => string | Promise<string>} getToken gives a JWT; called before
 *   connecting, before the token's end, and after it was refused
 * @property {string} [language] of texts for people: `en` or `zh`
 * @property {Partial<typeof LIMITS>} [limits]
 * @property {Partial<typeof TIMEOUTS>} [timeouts]
 * @property {Partial<typeof BACKOFF>} [backoff]
 * @property {any} [WebSocket] the class to connect with, where there is no global one
 * @property {import('./clock.js').Clock} [clock] for tests
 * @property {() => number} [random] for tests: from 0 to 1
 */

/**
 * @param {string | URL} url
 * @param {Options} options
 */
export function settingsOf(url, options) {
  const { appId, getToken, language } = options ?? {};
  if (typeof appId !== 'string' || appId === '') throw new TypeError('options.appId must be the id of an app');
  if (typeof getToken !== 'function') throw new TypeError('options.getToken must be a function that gives a token');
  const WebSocket = options.WebSocket ?? globalThis.WebSocket;
  if (typeof WebSocket !== 'function') {
    throw new TypeError('there is no global WebSocket here: give a class as options.WebSocket, such as that of the package ws');
  }
  return {
    url: address(url, language),
    appId,
    getToken,
    WebSocket,
    limits: merged(LIMITS, options.limits, 'limits'),
    timeouts: merged(TIMEOUTS, options.timeouts, 'timeouts'),
    backoff: merged(BACKOFF, options.backoff, 'backoff'),
    clock: options.clock ?? systemClock(),
    random: options.random ?? Math.random,
  };
}

/** @typedef {ReturnType<typeof settingsOf>} Settings */

/**
 * @param {string | URL} url
 * @param {string | undefined} language
 */
function address(url, language) {
  const { location } = /** @type {{ location?: { href: string } }} */ (globalThis);
  const parsed = new URL(url, location?.href);
  parsed.protocol = parsed.protocol.replace(/^http/, 'ws');
  if (!/^wss?:$/.test(parsed.protocol)) throw new TypeError(`not an address of a server: ${url}`);
  parsed.hash = '';
  if (language) parsed.searchParams.set('lang', language);
  return parsed;
}

/**
 * @template {Record<string, number>} T
 * @param {T} defaults
 * @param {Partial<T> | undefined} given
 * @param {string} name
 * @returns {T}
 */
function merged(defaults, given, name) {
  for (const [key, value] of Object.entries(given ?? {})) {
    if (!(key in defaults)) throw new TypeError(`options.${name}.${key} is not known`);
    if (!(Number(value) >= 0)) throw new TypeError(`options.${name}.${key} must be a number from 0`);
  }
  return { ...defaults, ...given };
}
