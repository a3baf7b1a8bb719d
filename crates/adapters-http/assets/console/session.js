// @ts-check
/**
 * Who is signed in: a token of a quarter of an hour, renewed while the page is open. The key is used once
 * and kept nowhere.
 */
import { Lost, Refused, request } from './api.js';

const STORED = 'rtmate-console-session';
/** Renewed so long after the last time, by this machine's clock alone: the server's may be another. */
const RENEW_MS = 5 * 60_000;
/** How often that is looked at. */
const LOOK_MS = 20_000;

/**
 * @typedef {object} Session
 * @property {string} token
 * @property {number} renewed when it began or was renewed, by this machine's clock
 * @property {string | null} app the only one; null: an operator's, of all apps
 * @property {string[]} scopes
 */

/** @type {Session | null} */
let current = stored();
/** @type {Set<(why: string) => void>} */
const listeners = new Set();
/** @type {Promise<void> | null} */
let renewing = null;
let doubting = false;

/** @returns {Session | null} */
export function session() {
  return current;
}

/** @param {string} scope */
export function may(scope) {
  return current?.scopes.includes(scope) ?? false;
}

/** An operator's session, of all apps. */
export function isOperator() {
  return current !== null && current.app === null;
}

/** Told when it begins (`''`) and when it ends: `out`, `expired`. @param {(why: string) => void} listener */
export function onSession(listener) {
  listeners.add(listener);
}

/**
 * @param {string} key
 * @param {{ app?: string, viewer?: boolean, lang?: string }} how
 */
export async function signIn(key, { app, viewer, lang }) {
  const body = { ...(app && { app }), ...(viewer && { viewer }) };
  keep(of(await request({ method: 'POST', path: 'session', query: { lang }, token: key, body })));
  tell('');
}

export function signOut() {
  const token = current?.token ?? null;
  keep(null);
  tell('out');
  // The server forgets it as well; where it can't be asked the token ends by itself.
  if (token) request({ method: 'DELETE', path: 'session', token }).catch(() => {});
}

/** A request was answered that the token is no good: perhaps not for that, perhaps not any more. */
export async function doubt() {
  const { token } = current ?? {};
  if (!token || doubting) return;
  doubting = true;
  try {
    await request({ method: 'GET', path: 'session', token });
  } catch (error) {
    if (error instanceof Refused && error.status === 401 && current?.token === token) expire();
  } finally {
    doubting = false;
  }
}

function expire() {
  keep(null);
  tell('expired');
}

/** Keeps the session alive while the page is. */
export function keepAlive() {
  const look = () => {
    if (!current) return;
    if (Math.abs(Date.now() - current.renewed) > RENEW_MS) renewing ??= renew().finally(() => (renewing = null));
  };
  setInterval(look, LOOK_MS);
  document.addEventListener('visibilitychange', look);
  look();
}

async function renew() {
  const { token } = current ?? {};
  if (!token) return;
  try {
    const renewed = await request({ method: 'POST', path: 'session/renew', token });
    if (current?.token === token) keep(of({ ...current, ...renewed }));
  } catch (error) {
    // A server that is away is asked again; one that says no has decided, and the token lasts as long as it lasts.
    if (error instanceof Lost) return;
    if (error instanceof Refused && error.status === 401 && current?.token === token) expire();
  }
}

/** @param {any} answer @returns {Session} */
function of({ token, app, scopes }) {
  return { token, app, scopes, renewed: Date.now() };
}

/** @param {Session | null} next */
function keep(next) {
  current = next;
  try {
    if (next) sessionStorage.setItem(STORED, JSON.stringify(next));
    else sessionStorage.removeItem(STORED);
  } catch {
    // No storage: the session ends with the page.
  }
}

/** @param {string} why */
function tell(why) {
  for (const listener of listeners) listener(why);
}

/** @returns {Session | null} */
function stored() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(STORED) ?? 'null');
    const whole = typeof kept?.token === 'string' && Array.isArray(kept.scopes) && typeof kept.renewed === 'number';
    return whole ? kept : null;
  } catch {
    return null;
  }
}
