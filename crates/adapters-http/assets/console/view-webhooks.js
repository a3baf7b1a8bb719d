// @ts-check
/** The app's webhooks, and how they stand. */
import { Refused, ofApp } from './api.js';
import { toast } from './dialog.js';
import { h, keyed, put } from './dom.js';
import { clock, count } from './format.js';
import { t } from './i18n.js';
import { acting, button, empty, head, loading, pill, since, trouble } from './parts.js';
import { poll } from './poll.js';
import { to } from './router.js';

const EVERY_MS = 4_000;

/** @type {import('./console.js').View} */
export function webhooks({ api, app, signal }) {
  const problem = trouble();
  const list = h('ul', { class: 'list', id: 'webhooks' }, loading());
  const stopped = new AbortController();
  const again = poll(async (ending) => {
    const found = await api.get(ofApp(app, 'webhooks'), {}, ending);
    if (!found.webhooks.length) return put(list, empty(t('webhooks.none'), t('webhooks.none.text')));
    keyed(list, found.webhooks, (one) => JSON.stringify(one), (one) => webhookRow({ api, app, one, changed: () => again() }));
  }, EVERY_MS, AbortSignal.any([signal, stopped.signal]), (error) => {
    if (error instanceof Refused && error.reason === 'not_enabled') {
      stopped.abort();
      return put(list, empty(t('webhooks.off'), t('webhooks.off.text')));
    }
    problem.show(error, () => again(true));
  });
  return h('div', '', head({ title: t('nav.webhooks') }), problem.element, h('section', { class: 'panel', 'aria-label': t('nav.webhooks') }, list));
}

/** @param {any} one @returns {[tone: 'good' | 'wait' | 'bad', word: import('./i18n.js').Word]} */
export function standing(one) {
  if (one.switched_off) return ['bad', 'webhook.off'];
  if (one.failing_since) return ['bad', 'webhook.failing'];
  return one.lag > 0 ? ['wait', 'webhook.behind'] : ['good', 'webhook.good'];
}

/** @param {{ api: import('./api.js').Api, app: string, one: any, changed: () => void }} of */
function webhookRow({ api, app, one, changed }) {
  const [tone, word] = standing(one);
  return h('li', { class: 'webhook', 'data-webhook': one.name },
    h('div', 'row',
      h('a', { class: 'webhook-name', href: to(['app', app, 'webhook', one.name]) }, one.name), pill(tone, t(word)),
      h('span', 'panel-end', ...webhookActs({ api, app, name: one.name, failing: Boolean(one.failing_since || one.switched_off), changed }),
        h('a', { class: 'button button-small', href: to(['app', app, 'webhook', one.name]) }, t('letters')))),
    h('p', 'quiet row', h('span', 'mono', one.host), h('span', '', one.format), h('span', '', t('webhook.lag', { n: count(one.lag ?? 0) })), one.waiting_since && h('span', '', t('webhook.waiting'), ' ', since(one.waiting_since))),
    failure(one));
}

/** @param {any} one */
export function failure(one) {
  if (!one.last_failure || !(one.failing_since || one.switched_off)) return null;
  return h('p', 'inline-bad wrap', one.last_failure.failure, ' · ', t('webhook.attempts', { n: count(one.attempts) }),
    one.failing_since && [' · ', t('webhook.since'), ' ', since(one.failing_since)],
    one.next_attempt && [' · ', t('webhook.next', { time: clock(one.next_attempt) })]);
}

/** @param {{ api: import('./api.js').Api, app: string, name: string, failing: boolean, changed: () => void }} of */
export function webhookActs({ api, app, name, failing, changed }) {
  const test = button(t('webhook.test'), acting(async () => {
    await api.post(ofApp(app, 'webhooks', name, 'test'));
    toast(t('webhook.taken'));
    changed();
  }), { scope: 'manage', small: true });
  const retry = failing && button(t('webhook.retry'), acting(async () => {
    await api.post(ofApp(app, 'webhooks', name, 'retry'));
    toast(t('webhook.retried'));
    changed();
  }), { scope: 'manage', small: true });
  return [test, retry];
}
