// @ts-check
/** A webhook, and the requests that its receiver did not take. */
import { ofApp } from './api.js';
import { ask, toast } from './dialog.js';
import { h, keyed, put } from './dom.js';
import { clock, count, full } from './format.js';
import { t } from './i18n.js';
import { acting, button, empty, head, loading, panel, pill, since, trouble } from './parts.js';
import { poll } from './poll.js';
import { failure, standing, webhookActs } from './view-webhooks.js';

const EVERY_MS = 4_000;
const LETTERS_MS = 10_000;
const PAGE = 10;
/** Characters of a body that are shown. */
const MOST = 20_000;

/** @type {import('./console.js').View} */
export function webhook({ api, app, name, signal, reload }) {
  const problem = trouble();
  const facts = h('div', '', loading());
  const acts = h('span', 'row');
  const again = poll(async (ending) => {
    const found = await api.get(ofApp(app, 'webhooks'), {}, ending);
    const one = found.webhooks.find((/** @type {any} */ known) => known.name === name);
    if (!one) return put(facts, empty(t('webhook.gone')));
    const [tone, word] = standing(one);
    put(acts, pill(tone, t(word)), ...webhookActs({ api, app, name, failing: Boolean(one.failing_since || one.switched_off), changed: () => again() }));
    put(facts, h('dl', 'facts',
      fact(t('webhook.host'), one.host, 'mono'), fact(t('webhook.format'), one.format), fact(t('webhook.cursor'), count(one.cursor)),
      fact(t('webhook.lag.label'), count(one.lag ?? 0)), fact(t('webhook.number'), count(one.number)),
      one.waiting_since && fact(t('webhook.waiting'), since(one.waiting_since))),
    failure(one) && h('div', 'panel-body', failure(one)));
  }, EVERY_MS, signal, (error) => problem.show(error, () => again(true)));
  return h('div', '', head({ title: name, end: acts }), problem.element, h('div', 'panel', facts), letters({ api, app, name, signal, reload }));
}

/** @param {string} label @param {import('./dom.js').Child} value @param {string} [of] */
const fact = (label, value, of = '') => h('div', '', h('dt', '', label), h('dd', of, value));

/** @param {Pick<import('./console.js').Context, 'api' | 'app' | 'name' | 'signal' | 'reload'>} of */
function letters({ api, app, name, signal }) {
  const list = h('ul', { class: 'list', id: 'letters' }, loading());
  const foot = h('span', 'row');
  /** @type {(number | undefined)[]} */
  let before = [];
  /** @type {number | undefined} */
  let after;
  const path = (/** @type {(string | number)[]} */ ...parts) => ofApp(app, 'webhooks', name, 'letters', ...parts);
  const again = poll(async (ending) => {
    const page = await api.get(path(), { limit: PAGE, after }, ending);
    if (!page.letters.length) put(list, empty(t('letters.none'), t('letters.none.text')));
    else keyed(list, page.letters, (letter) => String(letter.number), (letter) => letterRow(letter, {
      replay: () => replayed(api.post(path(letter.number, 'replay'))),
      drop: () => dropped(t('letter.drop.ask', { number: letter.number }), path(letter.number)),
    }));
    put(foot,
      before.length > 0 && button(t('page.before'), () => turn(before.pop()), { small: true }),
      page.more && button(t('page.next'), () => {
        before.push(after);
        turn(page.letters.at(-1).number);
      }, { small: true }));
  }, LETTERS_MS, signal, (error) => error && put(list, empty(error instanceof Error ? error.message : String(error))));
  const turn = (/** @type {number | undefined} */ to) => {
    after = to;
    again();
  };
  const replayed = async (/** @type {Promise<any>} */ asked) => {
    try {
      const { done, failure: why, failed } = await asked;
      toast(why ? t('letters.stopped', { n: done, number: failed, why }) : t('letters.replayed', { n: done }), why ? 'bad' : '');
    } finally {
      again();
    }
  };
  const dropped = async (/** @type {string} */ title, /** @type {string} */ address) => {
    if (!(await ask({ title, text: t('letters.drop.text'), yes: t('letters.drop') }))) return;
    const { done } = await api.remove(address);
    toast(t('letters.dropped', { n: done }));
    before = [];
    turn(undefined);
  };
  return panel({
    title: t('letters'), body: list, foot, end: [
      button(t('letters.replay.all'), acting(() => replayed(api.post(path('replay')))), { scope: 'manage', small: true }),
      button(t('letters.drop.all'), acting(() => dropped(t('letters.drop.ask', { webhook: name }), path())), { scope: 'manage', small: true, tone: 'bad' }),
    ],
  });
}

/** @param {any} letter @param {{ replay: () => Promise<unknown>, drop: () => Promise<unknown> }} acts */
function letterRow({ number, first, last, at, attempts, failure: why, body }, { replay, drop }) {
  const text = JSON.stringify(body, null, 2) ?? '';
  const shown = h('pre');
  const details = h('details', { on: { toggle: () => put(shown, text.length > MOST ? `${text.slice(0, MOST)}…` : text) } },
    h('summary', 'link', t('letter.body')), shown);
  return h('li', { class: 'message', 'data-letter': number },
    h('div', 'message-head',
      h('b', '', `#${number}`), h('time', { title: full(at) }, clock(at)),
      h('span', '', first === last ? t('letter.event', { first }) : t('letter.events', { first, last })), h('span', '', t('webhook.attempts', { n: count(attempts) })),
      h('span', 'message-end row-tight',
        button(t('letter.replay'), acting(replay), { scope: 'manage', small: true }), button(t('letter.drop'), acting(drop), { scope: 'manage', small: true, tone: 'bad' }))),
    h('p', 'inline-bad wrap', why), details);
}
