/** Why something was not done: classes to tell apart with `instanceof`, `reason` to decide by. */

/**
 * What all errors of this library have in common.
 *
 * `code` is the class of the server's answer (400 to 503) or its close code; 0 where no server said it.
 * `reason` is a stable name, of docs/errors.md where the server said it. `message` is for people.
 */
export class RTMateError extends Error {
  /**
   * @param {string} reason
   * @param {string} message
   * @param {{ code?: number, retryAfterMs?: number, attempted?: boolean, cause?: unknown }} [detail]
   */
  constructor(reason, message, { code = 0, retryAfterMs, attempted = false, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    /** The stable name of why. */
    this.reason = reason;
    /** The class of the answer, a close code, or 0. */
    this.code = code;
    /** When to try again, in milliseconds, where waiting helps. @type {number | undefined} */
    this.retryAfterMs = retryAfterMs;
    /** Of a send: it was handed to a connection, so that its outcome is unknown. */
    this.attempted = attempted;
  }
}

/** The server answered, and refused. A send that was refused was not published. */
export class RefusedError extends RTMateError {}

/** No answer came in time. */
export class TimeoutError extends RTMateError {}

/** A limit of this library: `queue_full`, `too_many_channels`, `too_many_requests`, `payload_too_large`. Nothing was sent. */
export class LimitError extends RTMateError {}

/** The client stopped: it was closed (`closed`), or the server does not want it back (`code` and `reason` of the close). */
export class StoppedError extends RTMateError {}

/** Thrown by `getToken`: there will be no token, so that the client stops. Any other error is tried again. */
export class TokenDeniedError extends RTMateError {
  /** @param {string} message @param {{ cause?: unknown, code?: number }} [detail] */
  constructor(message, detail) {
    super('no_token', message, detail);
  }
}

/** Reasons after which the same request can succeed later. */
const PASSING = new Set(['unavailable', 'internal', 'rate_limited']);

/** @param {RTMateError} error */
export function mayPass(error) {
  return PASSING.has(error.reason);
}

/**
 * The error of a reply.
 * @param {Record<string, any>} reply
 */
export function refusal(reply) {
  const code = Number(reply.code) || 0;
  const reason = typeof reply.reason === 'string' ? reply.reason : `code_${code}`;
  const wait = reply.retry_after_ms;
  const retryAfterMs = typeof wait === 'number' && wait >= 0 ? wait : undefined;
  return new RefusedError(reason, `${reason}: ${String(reply.message ?? 'refused')}`, { code, retryAfterMs });
}
