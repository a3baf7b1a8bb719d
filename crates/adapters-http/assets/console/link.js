// @ts-check
/** Whether the server answers. */

/** Requests without an answer before it counts as lost: one may be chance. */
const MISSES = 1;

let misses = 0;
/** @type {Set<(live: boolean) => void>} */
const listeners = new Set();

export const isLive = () => misses < MISSES;

/** @param {boolean} reached */
export function heard(reached) {
  const was = isLive();
  misses = reached ? 0 : misses + 1;
  if (was !== isLive()) for (const listener of listeners) listener(isLive());
}

/** @param {(live: boolean) => void} listener */
export function onLink(listener) {
  listeners.add(listener);
}
