// @ts-check
/** An app at this moment. */
import { Refused, ofApp } from './api.js';
import { meter, tile } from './charts.js';
import { h, keyed, put, write } from './dom.js';
import { figuresOf } from './figures.js';
import { bytes, count, fineClock, full, rate, short } from './format.js';
import { named, t } from './i18n.js';
import { followNode, latencyTile } from './node.js';
import { empty, head, loading, panel, trouble } from './parts.js';
import { poll } from './poll.js';
import { to } from './router.js';
import { isOperator } from './session.js';

const EVERY_MS = 2_000;
const EVENTS_MS = 3_000;
/** Events in view. */
const EVENTS = 60;

/** @type {import('./console.js').View} */
export function overview({ api, app, signal }) {
  const figures = figuresOf(app);
  const tiles = {
    connections: tile({ label: t('tile.connections'), show: short }),
    subscriptions: tile({ label: t('tile.subscriptions'), tone: 'tone-2', show: short }),
    published: tile({ label: t('tile.published'), tone: 'tone-3', show: rate }),
    delivered: tile({ label: t('tile.delivered'), tone: 'tone-1', show: rate }),
    refused: tile({ label: t('tile.refused'), tone: 'tone-bad', show: rate }),
  };
  for (const [name, one] of Object.entries(tiles)) one.element.id = `tile-${name}`;
  // Latencies are the server's: it does not measure them app by app.
  const delay = isOperator() ? latencyTile('tile.delivery.server') : null;
  if (delay) followNode(api, signal, (_, { delivery }) => delay.update(delivery));
  const problem = trouble();
  const largest = h('ul', { class: 'list', id: 'largest' }, loading());
  const totals = h('dl', 'facts');
  const events = h('ol', { class: 'timeline tall', id: 'events', tabindex: 0, 'aria-label': t('events.title') }, loading());

  const draw = (/** @type {any} */ looked) => {
    const { of } = figures;
    const second = t('per.second');
    tiles.connections.update({ value: looked.connections ?? null, lines: [of.connections.points] });
    tiles.subscriptions.update({ value: looked.subscriptions ?? null, note: t('channels.n', { n: count(looked.channels) }), lines: [of.subscriptions.points] });
    tiles.published.update({ value: of.published.latest, unit: second, note: perSecond(of.published_bytes.latest), lines: [of.published.points] });
    tiles.delivered.update({ value: of.delivered.latest, unit: second, note: perSecond(of.delivered_bytes.latest), lines: [of.delivered.points] });
    tiles.refused.update({ value: of.refused.latest, unit: second, lines: [of.refused.points] });
    drawLargest(largest, app, looked.largest);
    put(totals, total(t('total.published'), looked.published), total(t('total.delivered'), looked.delivered), total(t('total.refused'), looked.refused));
  };
  const again = poll(async (ending) => {
    const looked = await api.get(ofApp(app, 'overview'), {}, ending);
    figures.add(looked);
    draw(looked);
  }, EVERY_MS, signal, (error) => problem.show(error, () => again(true)));
  follow({ api, app, signal, list: events });

  return h('div', '',
    head({ title: app, end: h('a', { class: 'button', href: to(['app', app, 'why']) }, t('why.ask')) }),
    problem.element,
    h('div', 'tiles', Object.values(tiles).map(({ element }) => element), delay && delay.element),
    h('div', 'columns',
      h('div', 'column',
        panel({ title: t('largest.title'), note: t('largest.note'), end: h('a', { class: 'link', href: to(['app', app, 'channels']) }, t('all')), body: largest }),
        panel({ title: t('total.title'), body: totals })),
      panel({ title: t('events.title'), body: events })));
}

/** @param {number | null} value */
const perSecond = (value) => (value ? `${bytes(value)}${t('per.second')}` : '');

/** @param {string} label @param {number | undefined} value */
function total(label, value) {
  return h('div', '', h('dt', '', label), h('dd', { title: count(value) }, short(value)));
}

/** @param {HTMLElement} list @param {string} app @param {{ channel: string, subscribers: number }[]} channels */
function drawLargest(list, app, channels) {
  if (!channels.length) return put(list, empty(t('largest.none'), t('largest.none.text')));
  const top = channels[0].subscribers;
  keyed(list, channels, ({ channel }) => channel, ({ channel, subscribers }) => {
    const figure = h('span', 'num', count(subscribers));
    const part = meter(subscribers / top, 'tone-1');
    const row = h('li', 'row-tight', h('a', { class: 'clip', href: to(['app', app, 'channel', channel]) }, channel), h('span', 'panel-end', part, figure));
    return Object.assign(row, { update: (/** @type {{ subscribers: number }} */ now) => {
      write(figure, count(now.subscribers));
      part.set(now.subscribers / top);
    } });
  });
}

/** What happened, the latest first, where the app keeps events. @param {Pick<import('./console.js').Context, 'api' | 'app' | 'signal'> & { list: HTMLElement }} of */
function follow({ api, app, signal, list }) {
  /** @type {any[]} */
  let known = [];
  let after = -1;
  const stopped = new AbortController();
  const ended = AbortSignal.any([signal, stopped.signal]);
  poll(async (ending) => {
    if (after < 0) {
      const page = await api.get(ofApp(app, 'events'), { limit: 1 }, ending);
      after = Math.max(0, page.last - EVENTS);
    }
    const page = await api.get(ofApp(app, 'events'), { after, limit: EVENTS }, ending);
    after = page.next;
    known = [...page.events.reverse(), ...known].slice(0, EVENTS);
    if (!known.length) return put(list, empty(t('events.none')));
    keyed(list, known, ({ sequence }) => String(sequence), (event) => eventRow(app, event));
  }, EVENTS_MS, ended, (error) => {
    if (!(error instanceof Refused)) return;
    put(list, error.reason === 'not_enabled' ? empty(t('events.off'), t('events.off.text')) : empty(error.message));
    if (error.status === 404 || error.status === 403) stopped.abort();
  });
}

const TONES = /** @type {Record<string, string>} */ ({
  'connection.opened': 'good', 'member.joined': 'good', 'quota.reached': 'bad', 'events.dropped': 'bad', 'token.revoked': 'wait', 'message.published': 'info',
});

/** @param {string} app @param {any} event */
function eventRow(app, event) {
  const { client, channel, reason } = event;
  return h('li', '',
    h('time', { title: full(event.ts) }, fineClock(event.ts).slice(0, 8)),
    h('span', `dot dot-${TONES[event.type] ?? ''}`),
    h('span', 'wrap', named('event', event.type), ' ',
      client && h('a', { class: 'link', href: to(['app', app, 'client', client]) }, client), client && channel ? ' · ' : '',
      channel && h('a', { class: 'link', href: to(['app', app, 'channel', channel]) }, channel),
      reason && h('span', 'quiet', ` ${named('reason', reason)}`)));
}
