// @ts-check
/** Watching a channel as it happens, over the SDK, with a token for that alone. */
import { RTMate, TokenDeniedError } from '/sdk/rtmate.js';
import { Refused, ofApp } from './api.js';
import { language } from './i18n.js';

/** Pushes that a slow page may have waiting. */
const WAITING = 256;

/** @typedef {'connecting' | 'live' | 'waiting' | 'refused'} Watching */

/**
 * @param {object} of
 * @param {import('./api.js').Api} of.api
 * @param {string} of.app
 * @param {string} of.channel
 * @param {AbortSignal} of.signal ends it
 * @param {(message: any) => void} of.message
 * @param {() => void} of.gap messages are missing, or may be
 * @param {(state: Watching, error?: unknown) => void} of.state
 */
export function watch({ api, app, channel, signal, message, gap, state }) {
  const getToken = async () => {
    try {
      const pass = await api.post(ofApp(app, 'channels', channel, 'watch'));
      return String(pass.token);
    } catch (error) {
      // A no stays a no; a server that is away is asked again.
      if (error instanceof Refused && error.status < 500 && error.status !== 429) throw new TokenDeniedError(error.message);
      throw error;
    }
  };
  const client = new RTMate('/ws', { appId: app, getToken, language: language(), limits: { events: WAITING } });
  client.on('state', ({ state: now, error }) => {
    if (signal.aborted) return;
    if (now === 'stopped') state('refused', error);
    else if (now === 'waiting') state('waiting');
    else if (now !== 'online') state('connecting');
  });
  const subscribed = client.channel(channel);
  subscribed.on('message', (pushed) => !signal.aborted && message(pushed));
  subscribed.on('gap', () => !signal.aborted && gap());
  subscribed.on('subscribed', () => !signal.aborted && state('live'));
  subscribed.subscribe({ signal }).catch((error) => !signal.aborted && state('refused', error));
  signal.addEventListener('abort', () => client.close(), { once: true });
  state('connecting');
}
