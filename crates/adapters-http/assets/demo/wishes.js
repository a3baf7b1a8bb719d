// @ts-check
/** Subscribes to as much as a channel has: not each has history and members, and not each token may see them. */

/** Messages to begin with. */
const REWIND = 50;
/** What to ask of a channel, the most first. @type {import('/sdk/rtmate.js').SubscribeOptions[]} */
const WISHES = [{ rewind: REWIND, presence: true }, { rewind: REWIND }, { presence: true }, {}];
const LESS = new Set(['not_enabled', 'permission_denied', 'quota_exceeded']);
/** The server closes for good after ten refusals and forgives one every 10 s; so many go into trying what a channel has. */
const REFUSALS = 6;
const FORGIVEN_MS = 60_000;

/** @type {number[]} when a wish was refused */ let refusals = [];

/** @param {import('/sdk/rtmate.js').Channel} channel */
export async function subscribeToMost(channel) {
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
