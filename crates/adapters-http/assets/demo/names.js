// @ts-check
/** The name of this tab: kept over reloads, friendly, another one in every tab. */

const KEY = 'rtmate-demo-client';
const COLOURS = ['amber', 'azure', 'coral', 'copper', 'indigo', 'ivory', 'jade', 'lilac', 'mint', 'olive', 'pearl', 'ruby', 'silver', 'teal'];
const ANIMALS = ['badger', 'crane', 'falcon', 'fox', 'gecko', 'heron', 'ibis', 'lynx', 'marten', 'otter', 'owl', 'panda', 'raven', 'seal', 'wren'];
/** A reload may find the name still held by the page that is going away; so long it may take. */
const HANDOVER_MS = 400;

/** Characters and length of a client id in the protocol. */
export const CLIENT_PATTERN = /^[A-Za-z0-9_.@|:+=-]{1,128}$/;

/** @returns {Promise<string>} */
export async function tabName() {
  const kept = sessionStorage.getItem(KEY);
  // Duplicating a tab copies its sessionStorage; the lock tells that the name is already in use.
  if (kept && CLIENT_PATTERN.test(kept) && (await hold(kept))) return kept;
  const name = `${pick(COLOURS)}-${pick(ANIMALS)}-${10 + Math.floor(Math.random() * 90)}`;
  keepName(name);
  return name;
}

/** @param {string} name */
export function keepName(name) {
  sessionStorage.setItem(KEY, name);
  void hold(name);
}

/**
 * Holds the name until the page goes away.
 * @param {string} name
 * @returns {Promise<boolean>} false if another tab has it
 */
function hold(name) {
  // Only secure contexts have locks; without them a duplicated tab keeps its name.
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    const forever = () => {
      resolve(true);
      return new Promise(() => {});
    };
    navigator.locks
      .request(`${KEY}:${name}`, { signal: AbortSignal.timeout(HANDOVER_MS) }, forever)
      .catch(() => resolve(false));
  });
}

/** @param {string[]} list */
function pick(list) {
  return list[Math.floor(Math.random() * list.length)];
}
