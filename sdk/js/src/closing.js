/** What a close code tells a client to do: the families of docs/protocol.md. */

export const TOKEN_EXPIRED = 4203;

/** Close codes of WebSocket itself after which the same bytes would fail again. */
const FINAL = new Set([1002, 1003, 1007, 1009]);

/**
 * How a connection ended.
 * @typedef {object} Departure
 * @property {number} code 1006 where there was no close frame
 * @property {string} reason
 * @property {number} [retryAfterMs]
 */

/**
 * `final`: do not come back. `delay`: after the given delay. `backoff`: after a delay of one's own; a code of no
 * family is taken as a broken connection.
 * @param {number} code
 * @returns {'final' | 'delay' | 'backoff'}
 */
export function familyOf(code) {
  if ((code >= 4000 && code < 4100) || FINAL.has(code)) return 'final';
  return code >= 4200 && code < 4300 ? 'delay' : 'backoff';
}

/** @param {string} reason @param {number} [code] @returns {Departure} */
export function lost(reason, code = 1006) {
  return { code, reason };
}
