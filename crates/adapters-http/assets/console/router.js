// @ts-check
/** Addresses of views, behind the `#`: `#/shop/channel/chat%3Alobby?client=bob`. */

/**
 * @typedef {object} Route
 * @property {string[]} parts
 * @property {Record<string, string>} query
 */

/** @param {string} hash @returns {Route} */
export function parse(hash) {
  const [path, query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  return {
    parts: path.split('/').filter(Boolean).map(decoded),
    query: Object.fromEntries(new URLSearchParams(query)),
  };
}

/** @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** @param {(string | number)[]} parts @param {Record<string, string | number | undefined>} [query] */
export function to(parts, query = {}) {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return `#/${parts.map((part) => encodeURIComponent(part)).join('/')}${text && `?${text}`}`;
}

/** @param {(string | number)[]} parts @param {Record<string, string | number | undefined>} [query] */
export function go(parts, query) {
  location.hash = to(parts, query);
}

/** Changes the query of the present view, without a step back to it. @param {(string | number)[]} parts @param {Record<string, string | number | undefined>} query */
export function note(parts, query) {
  history.replaceState(null, '', to(parts, query));
}
