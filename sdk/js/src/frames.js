/** Reads what the server says. Whatever else comes is nothing. */

import { refusal } from './errors.js';

/**
 * @typedef {{ kind: 'reply', id: number, data: Record<string, any> | null, error: import('./errors.js').RefusedError | null }} Reply
 * @typedef {{ kind: 'push', event: string, payload: Record<string, any> }} Push
 * @typedef {{ epoch: string, offset: number }} Position a place in a channel with history
 */

/**
 * @param {unknown} text
 * @returns {Reply | Push | null}
 */
export function read(text) {
  /** @type {unknown} */ let parsed;
  try {
    parsed = typeof text === 'string' ? JSON.parse(text) : null;
  } catch {
    return null;
  }
  if (!isObject(parsed)) return null;
  if (typeof parsed.code === 'number') {
    if (parsed.code !== 200) return { kind: 'reply', id: Number(parsed.id), data: null, error: refusal(parsed) };
    return { kind: 'reply', id: Number(parsed.id), data: isObject(parsed.data) ? parsed.data : null, error: null };
  }
  if (typeof parsed.event !== 'string' || !isObject(parsed.payload)) return null;
  return { kind: 'push', event: parsed.event, payload: parsed.payload };
}

/** @param {unknown} value @returns {value is Record<string, any>} */
export function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param {unknown} value @returns {value is number} */
export function isCount(value) {
  return Number.isSafeInteger(value) && /** @type {number} */ (value) >= 0;
}

/** The place that a reply names. @param {Record<string, any>} data @returns {Position | null} */
export function positionOf({ epoch, offset }) {
  return typeof epoch === 'string' && isCount(offset) ? { epoch, offset } : null;
}
