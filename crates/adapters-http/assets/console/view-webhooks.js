// @ts-check
/** The app's webhooks, and how they stand. */
import { Refused, SLOW_MS, ofApp } from './api.js';
import { toast } from './dialog.js';
import { h, keyed, put, write } from './dom.js';
import { clock, count } from './format.js';
import { t } from './i18n.js';
import { acting, button, empty, head, loading, pill, putOnce, since, trouble } from './parts.js';
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
    keyed(list, found.webhooks, ({ name, host, format }) => `${name} ${host} ${format}`, (one) => webhookRow({ api, app, one, changed: () => again() }));
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
  const [state, lag, waiting, failed] = [h('span'), h('span'), h('span'), h('div')];
  const acts = webhookActs({ api, app, name: one.name, changed });
  const update = (/** @type {any} */ now) => {
    const [tone, word] = standing(now);
    putOnce(state, pill(tone, t(word)));
    write(lag, t('webhook.lag', { n: count(now.lag ?? 0) }));
    waiting.hidden = !now.waiting_since;
    put(waiting, now.waiting_since && [t('webhook.waiting'), ' ', since(now.waiting_since)]);
    const why = failure(now);
    failed.hidden = !why;
    put(failed, why);
    acts.update(now);
  };
  update(one);
  const element = h('li', { class: 'webhook', 'data-webhook': one.name },
    h('div', 'row',
      h('a', { class: 'webhook-name', href: to(['app', app, 'webhook', one.name]) }, one.name), state,
      h('span', 'panel-end', acts.elements,
        h('a', { class: 'button button-small', href: to(['app', app, 'webhook', one.name]) }, t('letters')))),
    h('p', 'quiet row', h('span', 'mono', one.host), h('span', '', one.format), lag, waiting),
    failed);
  return Object.assign(element, { update });
}

/** @param {any} one */
const isFailing = (one) => Boolean(one.failing_since || one.switched_off);

/** @param {any} one */
export function failure(one) {
  if (!one.last_failure || !isFailing(one)) return null;
  return h('p', 'inline-bad wrap', one.last_failure.failure, ' · ', t('webhook.attempts', { n: count(one.attempts) }),
    one.failing_since && [' · ', t('webhook.since'), ' ', since(one.failing_since)],
    one.next_attempt && [' · ', t('webhook.next', { time: clock(one.next_attempt) })]);
}

/** What can be done with a webhook: made once, so that it runs once. @param {{ api: import('./api.js').Api, app: string, name: string, changed: () => void }} of */
export function webhookActs({ api, app, name, changed }) {
  const test = button(t('webhook.test'), acting(async () => {
    // The server waits for the receiver.
    await api.post(ofApp(app, 'webhooks', name, 'test'), {}, SLOW_MS);
    toast(t('webhook.taken'));
    changed();
  }), { scope: 'manage', small: true });
  const retry = button(t('webhook.retry'), acting(async () => {
    await api.post(ofApp(app, 'webhooks', name, 'retry'), {}, SLOW_MS);
    toast(t('webhook.retried'));
    changed();
  }), { scope: 'manage', small: true });
  return {
    elements: [test, retry],
    /** @param {any} one */
    update: (one) => void (retry.hidden = !isFailing(one)),
  };
}
