// @ts-check
/** A message in a list. */
import { h } from './dom.js';
import { fineClock, full, json } from './format.js';
import { t } from './i18n.js';
import { id } from './parts.js';
import { to } from './router.js';

/** Characters of a message that are shown. */
const MOST = 4_000;

/** @param {string} app @param {string} channel @param {any} message */
export function messageRow(app, channel, message) {
  const { data, from, name, ts, arrived } = message;
  const offset = message.offset ?? message.position?.offset;
  const text = json(data);
  return h('li', { class: `message${arrived ? ' message-new' : ''}`, 'data-message': message.id },
    h('div', 'message-head',
      from?.client ? h('b', '', h('a', { href: to(['app', app, 'client', from.client]) }, from.client)) : h('b', '', t('from.backend')),
      name && h('span', 'mono', name),
      h('time', { title: full(ts) }, fineClock(ts)),
      offset !== undefined && h('span', '', `#${offset}`),
      h('span', 'message-end row-tight', id(message.id, 8),
        h('a', { class: 'link', href: to(['app', app, 'why'], { message: message.id, channel }) }, t('message.why')))),
    h('pre', { tabindex: text.length > 400 ? 0 : undefined }, text.length > MOST ? `${text.slice(0, MOST)}…` : text));
}
