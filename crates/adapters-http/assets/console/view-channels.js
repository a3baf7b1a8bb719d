// @ts-check
/** The channels that somebody subscribes to. */
import { ofApp } from './api.js';
import { h, keyed, put, write } from './dom.js';
import { count } from './format.js';
import { t } from './i18n.js';
import { button, empty, head, loading, table, trouble } from './parts.js';
import { poll } from './poll.js';
import { note, to } from './router.js';

const EVERY_MS = 4_000;
const PAGE = 50;
/** How long nobody writes before the server is asked. */
const QUIET_MS = 180;

/** @type {import('./console.js').View} */
export function channels({ api, app, query, signal }) {
  return listing({
    app, query, signal, view: 'channels', title: t('nav.channels'), one: 'channel',
    placeholder: t('channels.prefix'), open: t('channels.open'), none: t('channels.none'), noneText: t('channels.none.text'),
    columns: [t('channel'), `#${t('subscribers')}`],
    load: async (prefix, after, ending) => {
      const page = await api.get(ofApp(app, 'channels'), { prefix, after, limit: PAGE }, ending);
      return { rows: page.channels, next: page.more ? page.channels.at(-1).channel : undefined };
    },
    key: ({ channel }) => channel,
    row: ({ channel, subscribers }) => {
      const figure = h('td', 'num', count(subscribers));
      const element = h('tr', '', h('td', 'name', h('a', { href: to(['app', app, 'channel', channel]) }, channel)), figure);
      return Object.assign(element, { update: (/** @type {any} */ now) => write(figure, count(now.subscribers)) });
    },
  });
}

/**
 * A list of names, found by how they begin, page by page.
 * @param {object} of
 * @param {string} of.app
 * @param {Record<string, string>} of.query
 * @param {AbortSignal} of.signal
 * @param {string} of.view
 * @param {string} of.one the view of one of them
 * @param {string} of.title
 * @param {string} of.placeholder
 * @param {string} of.open
 * @param {string} of.none
 * @param {string} of.noneText
 * @param {string[]} of.columns
 * @param {(prefix: string, after: string | undefined, signal: AbortSignal) => Promise<{ rows: any[], next?: string }>} of.load
 * @param {(row: any) => string} of.key
 * @param {(row: any) => Element} of.row
 * @param {number} [of.everyMs]
 */
export function listing({ app, query, signal, view, one, title, placeholder, open, none, noneText, columns, load, key, row, everyMs = EVERY_MS }) {
  const problem = trouble();
  const { element, body } = table(...columns);
  const place = h('div', '', loading());
  let prefix = query.prefix ?? '';
  /** @type {(string | undefined)[]} the beginnings of the pages before this one */
  let before = [];
  /** @type {string | undefined} */
  let after;
  /** @type {string | undefined} where the next page begins */
  let following;
  const back = button(t('page.before'), () => turn(before.pop()), { small: true });
  const forth = button(t('page.next'), () => {
    if (following === undefined) return;
    before.push(after);
    turn(following);
    following = undefined;
  }, { small: true });
  const foot = h('div', { class: 'row', hidden: true }, back, forth);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const input = h('input', {
    class: 'input', type: 'search', id: 'prefix', value: prefix, placeholder, 'aria-label': placeholder, maxlength: 200,
    autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', 'data-focus': matchMedia('(min-width: 821px)').matches,
  });
  const draw = (/** @type {any[]} */ rows, /** @type {string | undefined} */ next) => {
    if (rows.length) {
      if (place.firstElementChild !== element) put(place, element);
      keyed(body, rows, key, row);
    } else {
      put(place, empty(none, noneText));
    }
    following = next;
    back.hidden = before.length === 0;
    forth.hidden = !next;
    foot.hidden = back.hidden && forth.hidden;
  };
  const again = poll(async (ending) => {
    const asked = [prefix, after].join();
    const { rows, next } = await load(prefix, after, ending);
    // What is no longer asked for is not shown.
    if (asked === [prefix, after].join()) draw(rows, next);
    else again();
  }, everyMs, signal, (error) => problem.show(error, () => again(true)));
  const turn = (/** @type {string | undefined} */ to_) => {
    after = to_;
    again();
  };
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      prefix = input.value.trim();
      before = [];
      after = undefined;
      note(['app', app, view], { prefix });
      again();
    }, QUIET_MS);
  });
  const enter = (/** @type {Event} */ event) => {
    event.preventDefault();
    const name = input.value.trim();
    if (name) location.hash = to(['app', app, one, name]);
  };
  return h('div', '', head({ title }), problem.element,
    h('form', { class: 'row', role: 'search', on: { submit: enter } }, input, h('button', { class: 'button', type: 'submit' }, open)),
    h('section', { class: 'panel', 'aria-label': title }, place), foot);
}
