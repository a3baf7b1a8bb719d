/** Events with their listeners. */

/**
 * @template {Record<string, any>} Events
 */
export class Emitter {
  /** @type {Map<keyof Events, Set<(event: any) => void>>} */
  #listeners = new Map();

  /**
   * Calls the function for each such event, until the function that is returned is called.
   * @template {keyof Events} Name
   * @param {Name} name
   * @param {(event: Events[Name]) => void} listener
   * @param {{ signal?: AbortSignal }} [options] `signal` ends it too
   * @returns {() => void}
   */
  on(name, listener, { signal } = {}) {
    if (typeof listener !== 'function') throw new TypeError('a listener must be a function');
    // The same function may be given twice; each is taken off by its own.
    const call = (/** @type {any} */ event) => listener(event);
    const off = () => {
      this.#listeners.get(name)?.delete(call);
      signal?.removeEventListener('abort', off);
    };
    if (signal?.aborted) return off;
    const those = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, those.add(call));
    signal?.addEventListener('abort', off);
    return off;
  }

  /** @param {keyof Events} name */
  has(name) {
    return Boolean(this.#listeners.get(name)?.size);
  }

  /**
   * A listener that throws does not keep the others, or what called this, from going on.
   * @template {keyof Events} Name
   * @param {Name} name
   * @param {Events[Name]} event
   */
  emit(name, event) {
    for (const call of [...(this.#listeners.get(name) ?? [])]) {
      try {
        call(event);
      } catch (error) {
        report(error);
      }
    }
  }
}

/** Where errors go that nobody catches. @param {unknown} error */
export function report(error) {
  const { reportError } = /** @type {{ reportError?: (error: unknown) => void }} */ (globalThis);
  if (reportError) reportError(error);
  else queueMicrotask(() => { throw error; });
}
