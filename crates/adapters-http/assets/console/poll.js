// @ts-check
/** Asking again and again: one at a time, not while nobody looks, slower while the server is away. */
import { Lost, Refused } from './api.js';

/** The longest pause while the server is away. */
const LOST_MS = 8_000;
/** The pause after a refusal, unless it says another. */
const REFUSED_MS = 10_000;

/**
 * @param {(signal: AbortSignal) => Promise<unknown>} task
 * @param {number} everyMs
 * @param {AbortSignal} signal ends it
 * @param {(error: unknown | null) => void} told of each outcome: null, or what went wrong
 * @returns {(byHand?: boolean) => void} asks at once; the pause that a refusal asks for ends early by hand alone
 */
export function poll(task, everyMs, signal, told) {
  let lost = 0;
  /** @type {(() => void) | null} */
  let wake = null;
  let again = false;
  let refused = false;

  /** @param {number} ms */
  const pause = (ms) => new Promise((/** @type {(value?: unknown) => void} */ done) => {
    const timer = setTimeout(finish, ms);
    function finish() {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      wake = null;
      done();
    }
    wake = finish;
    signal.addEventListener('abort', finish);
  });
  const seen = () => new Promise((/** @type {(value?: unknown) => void} */ done) => {
    if (!document.hidden || signal.aborted) return done();
    const look = () => {
      if (document.hidden && !signal.aborted) return;
      document.removeEventListener('visibilitychange', look);
      done();
    };
    document.addEventListener('visibilitychange', look);
    signal.addEventListener('abort', look, { once: true });
  });

  /** @param {unknown} error */
  const pauseAfter = (error) => {
    if (error instanceof Lost) return Math.min(1_000 * 2 ** lost++, LOST_MS);
    lost = 0;
    if (error instanceof Refused) return Math.max(everyMs, error.retryAfterMs || REFUSED_MS);
    return everyMs;
  };

  const run = async () => {
    while (!signal.aborted) {
      await seen();
      if (signal.aborted) return;
      again = false;
      /** @type {unknown} */
      let failure = null;
      try {
        await task(signal);
      } catch (error) {
        failure = error ?? new Error('unknown');
      }
      if (signal.aborted) return;
      told(failure);
      const wait = pauseAfter(failure);
      refused = failure instanceof Refused && failure.retryAfterMs > 0;
      // Who was asked to wait waits, whatever was wanted meanwhile.
      if (!again || refused) await pause(wait);
      refused = false;
    }
  };
  void run();
  return (byHand = false) => {
    again = true;
    if (!refused || byHand) wake?.();
  };
}
