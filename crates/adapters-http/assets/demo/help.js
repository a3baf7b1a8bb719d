// @ts-check
/** What to do where the demo does not work here; the page can still be used with an app of one's own. */
import { byId } from './dom.js';
import { isClose } from './words.js';

/**
 * @param {import('./words.js').Shown} shown
 * @param {string} why
 * @param {{ code: number, reason: string } | undefined} error
 */
export function showHelp(shown, why, error) {
  const help = byId('help', HTMLElement);
  // Stays while a pasted token is tried, so that the form does not jump.
  if (shown === 'connecting' && !help.hidden) return;
  help.hidden = shown !== 'refused' || !error || isClose(error.code);
  if (help.hidden || !error) return;
  const [title, what] = explain(error);
  byId('help-title', HTMLElement).textContent = title;
  byId('help-what', HTMLElement).textContent = what;
  byId('help-why', HTMLElement).textContent = `The server said: ${why}`;
}

/** @param {{ code: number, reason: string }} error @returns {[string, string]} */
function explain({ code, reason }) {
  if (reason !== 'no_token') {
    return ['The server refused the token', 'The token may be for another app, expired, or made with another secret. Paste a new one.'];
  }
  if (code === 403) {
    return [
      'The demo app answers only on its own machine',
      `It needs a page opened as localhost, 127.0.0.1 or [::1], without a proxy in between; this page was opened as ${location.host}. ` +
        'Open it on the machine that runs the server, for example through an SSH tunnel, or use an app of your own.',
    ];
  }
  if (code !== 404) {
    return ['This server gives the page no token', 'Use an app of your own with a token made for it, or look into the server’s log and try again.'];
  }
  return [
    'The demo app is switched off on this server',
    'That is so where the configuration defines apps of its own. Use one of them below with a token made for it, ' +
      'or switch the demo on with “enabled = true” under [demo] in the configuration.',
  ];
}
