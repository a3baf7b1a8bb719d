// @ts-check
/** What the states of the connection are called for people. */

/** @type {Record<number, string>} */
const TEXTS = {
  1001: 'the server went away',
  1002: 'protocol error',
  1003: 'binary frames are not taken',
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

/** @typedef {'connecting' | 'online' | 'reconnecting' | 'refused'} Shown */

/** @type {Record<string, Shown>} */
const SHOWN = {
  idle: 'connecting', fetching: 'connecting', opening: 'connecting', greeting: 'connecting',
  online: 'online', waiting: 'reconnecting', stopped: 'refused',
};

/** The page shows fewer states than the SDK has. @param {string} state @returns {Shown} */
export function shownAs(state) {
  return SHOWN[state];
}

/** Whether the server ended a connection, rather than refused what it was shown. @param {number} code */
export function isClose(code) {
  return code >= 1000;
}

/** Why there is no connection. @param {import('/sdk/rtmate.js').StateChange} change */
export function whyOf({ code, reason, error }) {
  const closedWith = error?.code ?? code ?? 0;
  if (isClose(closedWith) && closedWith !== 1006) {
    return `${TEXTS[closedWith] ?? 'connection closed'} (${closedWith}, ${error?.reason ?? reason})`;
  }
  return error?.message ?? String(reason).replaceAll('_', ' ');
}
