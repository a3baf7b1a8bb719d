// @ts-check
/** One client of the server, as this page needs it: everything else is the SDK's. */
import { RTMate } from '/sdk/rtmate.js';

/** Messages to begin with. */
const REWIND = 50;
/** What to ask of a channel, the most first; not each has history and members, and not each token may see them. */
/** @type {import('/sdk/rtmate.js').SubscribeOptions[]} */
const WISHES = [{ rewind: REWIND, presence: true }, { rewind: REWIND }, { presence: true }, {}];
const LESS = new Set(['not_enabled', 'permission_denied', 'quota_exceeded']);
/** The server closes for good after ten refusals and forgives one every 10 s; so many go into trying what a channel has. */
const REFUSALS = 6;
const FORGIVEN_MS = 60_000;

/** @type {number[]} when a wish was refused */ let refusals = [];

/**
 * @typedef {import('/sdk/rtmate.js').RTMate} Client
 * @typedef {import('/sdk/rtmate.js').Channel} Channel
 * @param {{ app: string, getToken: (request: { signal: AbortSignal }) => string | Promise<string> }} who
 * @param {{ onState: (change: import('/sdk/rtmate.js').StateChange) => void, onFrame: (direction: 'out' | 'in' | 'note', text: string) => void, onToken: (token: string) => void }} page
 * @returns {Client}
 */
export function startSession({ app, getToken }, { onState, onFrame, onToken }) {
  const rt = new RTMate('/ws', { appId: app, getToken, language: 'en' });
  rt.on('state', onState);
  rt.on('frame', ({ direction, text }) => onFrame(direction, text));
  rt.on('token', onToken);
  rt.connect().catch(() => {}); // the state says why
  return rt;
}

/** Subscribes to as much as there is. @param {Channel} channel */
export async function join(channel) {
  for (const [index, wish] of WISHES.entries()) {
    const last = index === WISHES.length - 1;
    refusals = refusals.filter((at) => Date.now() - at < FORGIVEN_MS);
    if (refusals.length >= REFUSALS && !last) continue;
    try {
      return await channel.subscribe(wish);
    } catch (error) {
      if (last || !LESS.has(/** @type {any} */ (error).reason)) throw error;
      refusals.push(Date.now());
    }
  }
}
