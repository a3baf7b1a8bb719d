// @ts-check
/** A webhook, and the requests that its receiver did not take. */
import { SLOW_MS, ofApp } from './api.js';
import { ask, toast } from './dialog.js';
import { h, keyed, put } from './dom.js';
import { clock, count, full } from './format.js';
import { t } from './i18n.js';
import { acting, button, drawFacts, empty, head, loading, panel, pill, putOnce, since, told, trouble } from './parts.js';
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
  const [list, failed] = [h('dl', 'facts'), h('div', 'panel-body')];
  const facts = h('div', '', loading());
  const state = h('span');
  const acts = webhookActs({ api, app, name, changed: () => again() });
  const row = h('span', { class: 'row', hidden: true }, state, acts.elements);
  const again = poll(async (ending) => {
    const found = await api.get(ofApp(app, 'webhooks'), {}, ending);
    const one = found.webhooks.find((/** @type {any} */ known) => known.name === name);
    row.hidden = !one;
    if (!one) return put(facts, empty(t('webhook.gone')));
    const [tone, word] = standing(one);
    putOnce(state, pill(tone, t(word)));
    acts.update(one);
    drawFacts(list, [
      { label: t('webhook.host'), text: one.host, of: 'mono' }, { label: t('webhook.format'), text: one.format }, { label: t('webhook.cursor'), text: count(one.cursor) },
      { label: t('webhook.lag.label'), text: count(one.lag ?? 0) }, { label: t('webhook.number'), text: count(one.number) },
      one.waiting_since && { label: t('webhook.waiting'), text: String(one.waiting_since), show: () => since(one.waiting_since) },
    ]);
    const failing = failure(one);
    failed.hidden = !failing;
    put(failed, failing);
    if (list.parentNode !== facts) put(facts, list, failed);
  }, EVERY_MS, signal, (error) => problem.show(error, () => again(true)));
  return h('div', '', head({ title: name, end: row }), problem.element, h('div', 'panel', facts), letters({ api, app, name, signal, reload }));
}

/** @param {Pick<import('./console.js').Context, 'api' | 'app' | 'name' | 'signal' | 'reload'>} of */
function letters({ api, app, name, signal }) {
  const list = h('ul', { class: 'list', id: 'letters' }, loading());
  /** @type {(number | undefined)[]} */
  let before = [];
  /** @type {number | undefined} */
  let after;
  /** @type {number | undefined} where the next page begins */
  let next;
  const back = button(t('page.before'), () => turn(before.pop()), { small: true });
  const forth = button(t('page.next'), () => {
    if (next === undefined) return;
    before.push(after);
    turn(next);
    next = undefined;
  }, { small: true });
  back.hidden = forth.hidden = true;
  const path = (/** @type {(string | number)[]} */ ...parts) => ofApp(app, 'webhooks', name, 'letters', ...parts);
  const again = poll(async (ending) => {
    const page = await api.get(path(), { limit: PAGE, after }, ending);
    if (!page.letters.length) put(list, empty(t('letters.none'), t('letters.none.text')));
    else keyed(list, page.letters, (letter) => String(letter.number), (letter) => letterRow(letter, {
      replay: () => replay(path(letter.number, 'replay')),
      drop: () => dropped(t('letter.drop.ask', { number: letter.number }), path(letter.number)),
    }));
    next = page.more ? page.letters.at(-1)?.number : undefined;
    back.hidden = before.length === 0;
    forth.hidden = next === undefined;
  }, LETTERS_MS, signal, (error) => error && put(list, empty(told(error))));
  const turn = (/** @type {number | undefined} */ to) => {
    after = to;
    again();
  };
  /** Sends again until all are sent or one is not taken: the server does some at a time. @param {string} address */
  const replay = async (address) => {
    let taken = 0;
    try {
      for (let more = true; more && !signal.aborted;) {
        const sent = await api.post(address, {}, SLOW_MS);
        taken += sent.done;
        if (sent.failure) return toast(t('letters.stopped', { n: taken, number: sent.failed, why: sent.failure }), 'bad');
        more = sent.more && sent.done > 0;
        if (more) again();
      }
      toast(t('letters.replayed', { n: taken }));
    } catch (error) {
      if (taken) toast(t('letters.replayed', { n: taken }));
      throw error;
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
    title: t('letters'), body: list, foot: h('span', 'row', back, forth), end: [
      button(t('letters.replay.all'), acting(() => replay(path('replay'))), { scope: 'manage', small: true }),
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
