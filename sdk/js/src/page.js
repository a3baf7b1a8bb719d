/** What a browser says about its network and about being looked at. */

/**
 * @param {{ wake: () => void, doubt: () => void }} actions `wake`: somebody looks, or the network is back; `doubt`: it went
 * @returns {() => void} stops listening
 */
export function listenToPage({ wake, doubt }) {
  const { addEventListener: hasWindow, document } = /** @type {Partial<Window & typeof globalThis>} */ (globalThis);
  // Node has neither; a worker has the first only.
  if (typeof hasWindow !== 'function') return () => {};
  const seen = () => document?.visibilityState === 'visible' && wake();
  globalThis.addEventListener('online', wake);
  globalThis.addEventListener('pageshow', wake);
  globalThis.addEventListener('offline', doubt);
  document?.addEventListener('visibilitychange', seen);
  document?.addEventListener('resume', wake);
  return () => {
    globalThis.removeEventListener('online', wake);
    globalThis.removeEventListener('pageshow', wake);
    globalThis.removeEventListener('offline', doubt);
    document?.removeEventListener('visibilitychange', seen);
    document?.removeEventListener('resume', wake);
  };
}
