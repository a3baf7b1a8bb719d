// @ts-check
/**
 * Whether and when to come back after a close: the families of close codes of docs/protocol.md.
 */

const BACKOFF_FIRST_MS = 500;
const BACKOFF_LIMIT_MS = 30_000;
/** Even a server that says "at once" is not asked more often than this. */
const SHORTEST_MS = 250;
/** A longer wait than this is not taken from the server; the page would look dead. */
const LONGEST_MS = 5 * 60_000;

/** Close codes below 4000 after which the same bytes would fail again. */
const UNCHANGED_FAILS = new Set([1002, 1003, 1007, 1008, 1009]);

/** @type {Record<number, string>} */
const TEXTS = {
  1001: 'the server went away',
  1002: 'protocol error',
  1003: 'binary frames are not taken',
  1006: 'connection lost',
  1007: 'text that is not UTF-8',
  1009: 'frame too large',
  1011: 'error in the server',
  1012: 'the server restarts',
  4001: 'not authenticated',
  4003: 'disconnected by the server',
  4005: 'too many bad requests',
  4006: 'token revoked',
  4100: 'the server is over capacity',
  4101: 'this page read too slowly',
  4102: 'too many requests',
  4103: 'too many connections',
  4104: 'did not authenticate in time',
  4200: 'the server is shutting down',
  4201: 'no sign of life from this page',
  4202: 'the server asks to reconnect',
  4203: 'token expired',
};

/**
 * Exponential, half of it random, so that clients that lost one server do not return in one wave.
 * @param {number} attempt failures so far, from 0
 * @returns {number} milliseconds
 */
export function backoff(attempt) {
  const full = Math.min(BACKOFF_LIMIT_MS, BACKOFF_FIRST_MS * 2 ** Math.min(attempt, 10));
  return Math.round(full / 2 + (Math.random() * full) / 2);
}

/**
 * @param {number} code the close code
 * @param {number | undefined} retryAfterMs what the `disconnect` push said, if there was one
 * @param {number} attempt failures so far, from 0
 * @returns {{ back: boolean, delayMs: number, freshToken: boolean }}
 */
export function afterClose(code, retryAfterMs, attempt) {
  if ((code >= 4000 && code <= 4099) || UNCHANGED_FAILS.has(code)) {
    return { back: false, delayMs: 0, freshToken: false };
  }
  const given = typeof retryAfterMs === 'number' && retryAfterMs >= 0 ? retryAfterMs : undefined;
  const exact = code >= 4200 && code <= 4299;
  const wait = exact ? (given ?? backoff(attempt)) : Math.max(given ?? 0, backoff(attempt));
  return {
    back: true,
    delayMs: Math.min(LONGEST_MS, Math.max(SHORTEST_MS, wait)),
    freshToken: code === 4203,
  };
}

/**
 * @param {number} code
 * @param {string | undefined} reason the stable name from the `disconnect` push
 * @returns {string} for people
 */
export function closeText(code, reason) {
  const text = TEXTS[code] ?? 'connection closed';
  return reason ? `${text} (${code}, ${reason})` : `${text} (${code})`;
}
