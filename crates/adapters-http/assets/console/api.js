// @ts-check
/** The server API: one request, its answer or its refusal. */

/** How long an answer is waited for. */
const TIMEOUT_MS = 15_000;
/** How long that of an action which has the server ask somebody else, such as a webhook's receiver. */
export const SLOW_MS = 45_000;

/** The server said no. */
export class Refused extends Error {
  /** @param {number} status @param {any} body */
  constructor(status, body) {
    super(typeof body?.message === 'string' && body.message ? body.message : `HTTP ${status}`);
    this.status = status;
    /** @type {string} the stable name */
    this.reason = typeof body?.reason === 'string' ? body.reason : '';
    /** @type {number} 0: waiting does not help */
    this.retryAfterMs = Number(body?.retry_after_ms) || 0;
  }
}

/** No answer came. */
export class Lost extends Error {
  /** @param {string} message @param {boolean} [isLate] it may still come, for all that is known */
  constructor(message, isLate = false) {
    super(message);
    this.isLate = isLate;
  }
}

/**
 * @typedef {object} Api
 * @property {(path: string, query?: Record<string, string | number | undefined>, signal?: AbortSignal) => Promise<any>} get
 * @property {(path: string, body?: object, limitMs?: number) => Promise<any>} post
 * @property {(path: string, body: object) => Promise<any>} patch
 * @property {(path: string, query?: Record<string, string | number | undefined>) => Promise<any>} remove
 */

/**
 * @param {object} wiring
 * @param {() => string | null} wiring.token
 * @param {() => string} wiring.language
 * @param {(reached: boolean) => void} wiring.heard told after each request whether the server answered
 * @param {() => void} wiring.expired the token is no longer good
 * @returns {Api}
 */
export function api({ token, language, heard, expired }) {
  /** @param {string} method @param {string} path @param {Record<string, any>} [query] @param {object} [body] @param {{ signal?: AbortSignal, limitMs?: number }} [how] */
  async function ask(method, path, query, body, how) {
    const used = token();
    try {
      const data = await request({ method, path, query: { ...query, lang: language() }, token: used, body, ...how });
      heard(true);
      return data;
    } catch (error) {
      // What takes long to do says nothing of the server.
      if (error instanceof Lost && !(error.isLate && method !== 'GET')) heard(false);
      if (error instanceof Refused) {
        heard(true);
        if (error.status === 401 && used === token()) expired();
      }
      throw error;
    }
  }
  return {
    get: (path, query, signal) => ask('GET', path, query, undefined, { signal }),
    post: (path, body, limitMs) => ask('POST', path, undefined, body ?? {}, { limitMs }),
    patch: (path, body) => ask('PATCH', path, undefined, body),
    remove: (path, query) => ask('DELETE', path, query),
  };
}

/**
 * @param {{ method: string, path: string, query?: Record<string, any>, token: string | null, body?: object, signal?: AbortSignal, limitMs?: number }} of
 * @returns {Promise<any>} `data` of the answer
 */
export async function request({ method, path, query, token, body, signal, limitMs = TIMEOUT_MS }) {
  const limit = AbortSignal.timeout(limitMs);
  let response, text;
  try {
    response = await fetch(address(path, query), {
      method, cache: 'no-store', credentials: 'omit', redirect: 'error', referrerPolicy: 'no-referrer',
      headers: token ? { authorization: `Bearer ${token}` } : {},
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    text = await response.text();
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw new Lost(String(error), limit.aborted);
  }
  const answer = parsed(text);
  // A proxy answers for a server that is away.
  if (answer === undefined && response.status >= 502 && response.status <= 504) throw new Lost(`HTTP ${response.status}`);
  if (!response.ok || answer?.code !== 200) throw new Refused(response.status, answer);
  return answer.data;
}

/** @param {string} text @returns {any} */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @param {string} path @param {Record<string, any>} [query] */
function address(path, query = {}) {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return `/v1/${path}${text && `?${text}`}`;
}

/** `apps/{app}/...` with each part percent-encoded. @param {string} app @param {...(string | number)} parts */
export function ofApp(app, ...parts) {
  return ['apps', app, ...parts].map((part) => encodeURIComponent(part)).join('/');
}
