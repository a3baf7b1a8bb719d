// @ts-check
/** The demo token: a short-lived one from the server, for pages on the same machine only. */
import { TokenDeniedError } from '/sdk/rtmate.js';

/**
 * @param {string} client the name asked for
 * @returns {(request: { signal: AbortSignal }) => Promise<string>} for the SDK
 */
export function demoToken(client) {
  return async ({ signal }) => {
    const response = await fetch('/demo/token?lang=en', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ client }),
      cache: 'no-store',
      signal,
    });
    const reply = await response.json().catch(() => null);
    if (response.ok && typeof reply?.data?.token === 'string') return reply.data.token;
    const said = reply?.message ? `${reply.reason ?? response.status}: ${reply.message}` : `HTTP ${response.status}`;
    const why = `no demo token (${said})`;
    if (response.status === 429 || response.status >= 500) throw Object.assign(new Error(why), { retryAfterMs: reply?.retry_after_ms });
    throw new TokenDeniedError(why, { code: response.status });
  };
}

/** When a token ends, in Unix milliseconds; 0 where that can't be read without its key. @param {string} token */
export function endOf(token) {
  try {
    const claims = JSON.parse(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')));
    return typeof claims.exp === 'number' ? claims.exp * 1000 : 0;
  } catch {
    return 0; // the server will say what is wrong with it
  }
}
