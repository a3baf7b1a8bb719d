// @ts-check
/** What to paste into a terminal. The token shows masked and is copied whole. */
import { byId, copyText, make } from './dom.js';
import { maskToken } from './frames.js';
import { endOf } from './token.js';

/**
 * @param {object} source
 * @param {string} source.url
 * @param {() => string} source.app
 * @param {() => string} source.token empty before the first
 * @param {() => string} source.channel
 * @returns {() => void} shows it anew, after the token or the channel changed
 */
export function tryIt({ url, app, token, channel }) {
  const list = byId('try-list', HTMLElement);
  const status = byId('try-status', HTMLElement);
  const frame = (/** @type {string} */ event, /** @type {object} */ payload, /** @type {string} */ id) =>
    JSON.stringify({ event, payload, id });

  const masked = () => (token() ? maskToken(token()) : '(none yet)');

  /** @type {{ title: string, shown: () => string, copied?: () => string }[]} */
  const rows = [
    { title: 'Connect', shown: () => `npx wscat -c ${url}` },
    {
      title: 'Authenticate',
      shown: () => frame('auth', { appId: app(), token: masked() }, '1'),
      copied: () => frame('auth', { appId: app(), token: token() }, '1'),
    },
    { title: 'Subscribe', shown: () => frame('subscribe', { channel: channel() }, '2') },
    {
      title: 'Send',
      shown: () => frame('messageSend', { channel: channel(), data: { text: 'Hello from the terminal' } }, '3'),
    },
  ];

  const refreshers = rows.map(({ title, shown, copied }) => {
    const text = make('code', 'try-text');
    const copy = make('button', 'small', 'Copy');
    copy.type = 'button';
    copy.setAttribute('aria-label', `Copy: ${title}`);
    copy.addEventListener('click', async () => {
      const done = await copyText((copied ?? shown)());
      status.textContent = done ? `Copied: ${title}.` : 'The browser does not allow copying; select the text.';
      copy.textContent = done ? 'Copied' : 'Copy';
      setTimeout(() => (copy.textContent = 'Copy'), 1500);
    });
    const item = make('li', 'try-row');
    item.append(make('span', 'try-title', title), text, copy);
    list.append(item);
    return () => {
      text.textContent = shown();
      copy.disabled = Boolean(copied) && !token();
    };
  });

  const note = byId('try-note', HTMLElement);
  return () => {
    refreshers.forEach((refresh) => refresh());
    const until = endOf(token());
    note.textContent =
      'Authenticate is copied with the token of this page' +
      (until ? `, good until ${new Date(until).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}.` : '.');
  };
}
