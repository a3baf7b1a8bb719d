// @ts-check
/** All apps of the server, for operators. */
import { h, keyed, put, write } from './dom.js';
import { figuresOf } from './figures.js';
import { rate, short } from './format.js';
import { sparkline } from './charts.js';
import { ofApp } from './api.js';
import { named, t } from './i18n.js';
import { empty, head, loading, panel, pill, table, trouble } from './parts.js';
import { poll } from './poll.js';
import { to } from './router.js';
import { nodeTiles } from './node.js';

const LIST_MS = 10_000;
const LOOK_MS = 2_000;
/** Apps of a page; each is looked at by itself. */
const PAGE = 20;

/** @type {import('./console.js').View} */
export function apps({ api, signal, query }) {
  const problem = trouble();
  const { element, body } = table(t('app.name'), t('app.status'), `#${t('tile.connections')}`, `#${t('tile.published')}`, `#~${t('tile.delivered')}`, `~${t('app.trend')}`);
  const list = panel({ title: t('nav.apps'), body: h('div', '', loading()) });
  const forth = h('a', { class: 'button button-small', hidden: true }, t('page.next'));
  const foot = h('div', 'row', query.after && h('a', { class: 'button button-small', href: to([]) }, t('page.first')), forth);
  /** @type {string[]} */
  let shown = [];

  const again = poll(async (ending) => {
    const page = await api.get('apps', { limit: PAGE, after: query.after }, ending);
    shown = page.apps.filter((/** @type {any} */ one) => one.status === 'active').map((/** @type {any} */ one) => one.app);
    if (!page.apps.length) return put(/** @type {Element} */ (list.lastElementChild), empty(t('apps.none'), t('apps.none.text')));
    if (!element.isConnected) list.lastElementChild?.replaceWith(element);
    keyed(body, page.apps, (one) => `${one.app} ${one.status}`, row);
    forth.hidden = !page.next;
    if (page.next) forth.href = to([], { after: page.next });
  }, LIST_MS, signal, (error) => problem.show(error, () => again(true)));

  poll(async (ending) => {
    // One after the other: a page of apps is no burst of requests.
    for (const app of shown) {
      const looked = await api.get(ofApp(app, 'overview'), {}, ending).catch((error) => {
        if (ending.aborted) throw error;
        return null;
      });
      if (!looked) continue;
      figuresOf(app).add(looked);
      for (const one of body.children) /** @type {any} */ (one).looked?.(app, looked);
    }
  }, LOOK_MS, signal, () => {});

  return h('div', '', head({ title: t('apps.title') }), problem.element, nodeTiles(api, signal), list, foot);
}

/** @param {number | null} value */
const perSecond = (value) => (value === null ? '–' : `${rate(value)}${t('per.second')}`);

/** @param {{ app: string, status: string, source: string, problem?: string }} one */
function row({ app, status, source, problem }) {
  const [connections, published, delivered] = [h('td', 'num', '–'), h('td', 'num', '–'), h('td', 'num hide-small', '–')];
  const trend = sparkline({ label: t('tile.delivered'), show: rate });
  const tone = status === 'active' ? 'good' : status === 'disabled' ? 'wait' : 'bad';
  const element = h('tr', { 'data-app': app },
    h('td', 'name', h('a', { href: to(['app', app]) }, app), h('div', 'quiet hide-small', named('source', source))),
    h('td', '', pill(tone, named('status', status)), problem && h('p', 'inline-bad', problem)),
    connections, published, delivered, h('td', 'trend hide-small', trend.element));
  return Object.assign(element, {
    /** @param {string} of @param {any} looked */
    looked(of, looked) {
      if (of !== app) return;
      const { of: series } = figuresOf(app);
      write(connections, short(looked.connections ?? null));
      write(published, perSecond(series.published.latest));
      write(delivered, perSecond(series.delivered.latest));
      trend.update([{ points: series.delivered.points, tone: 'tone-1' }]);
    },
  });
}
