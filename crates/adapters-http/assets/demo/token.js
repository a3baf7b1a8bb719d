// @ts-check
/** The demo token: a short-lived one from the server, for pages on the same machine only. */

/** @typedef {import('./connection.js').Token} Token */

export class TokenError extends Error {
  /** @param {string} message @param {{ status: number, reason?: string, final: boolean, retryAfterMs?: number }} detail `status` 0: no answer */
  constructor(message, { status, reason, final, retryAfterMs }) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.final = final;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * @param {string} client the name asked for
 * @returns {Promise<Token>}
 */
export async function fetchDemoToken(client) {
  /** @type {Response} */ let response;
  try {
    response = await fetch('/demo/token?lang=en', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ client }),
      cache: 'no-store',
      signal: AbortSignal.timeout(10_000),
    });
  } catch {
    throw new TokenError('the server does not answer', { status: 0, final: false });
  }
  const reply = await response.json().catch(() => null);
  const data = reply?.data;
  if (response.ok && reply?.code === 200 && typeof data?.token === 'string') {
    return { token: data.token, client: String(data.client_id), expiresAt: Number(data.expires_at) || 0 };
  }
  const said = reply?.message ? `${reply.reason ?? response.status}: ${reply.message}` : `HTTP ${response.status}`;
  throw new TokenError(`no demo token (${said})`, {
    status: response.status,
    reason: reply?.reason,
    final: response.status !== 429 && response.status < 500,
    retryAfterMs: reply?.retry_after_ms,
  });
}

/**
 * A token that a person pasted: what can be read from it without its key.
 * @param {string} token
 * @returns {(client: string) => Promise<Token>}
 */
export function pastedToken(token) {
  let expiresAt = Number.MAX_SAFE_INTEGER;
  try {
    const claims = JSON.parse(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')));
    if (typeof claims.exp === 'number') expiresAt = claims.exp * 1000;
  } catch {
    // The server will say what is wrong with it.
  }
  return async (client) => ({ token, client, expiresAt });
}
