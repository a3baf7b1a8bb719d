// Compares what came with what a vector wants to see.

/**
 * Whether `actual` has all that `wanted` has: of an object its keys (`null`: absent or null), a list as long and in
 * its order, everything else equal.
 * @param {any} wanted @param {any} actual @returns {boolean}
 */
export function matches(wanted, actual) {
  if (wanted === null) return actual === null || actual === undefined;
  if (Array.isArray(wanted)) {
    return Array.isArray(actual) && actual.length === wanted.length && wanted.every((one, index) => matches(one, actual[index]));
  }
  if (typeof wanted === 'object') {
    if (typeof actual !== 'object' || actual === null) return false;
    return Object.entries(wanted).every(([key, value]) => matches(value, actual[key]));
  }
  return wanted === actual;
}

/** The channels that a `subscribe` asks for, in whichever of its two forms. @param {any} payload @returns {any[]} */
export function wishesOf(payload) {
  return Array.isArray(payload?.channels) ? payload.channels : [payload];
}
