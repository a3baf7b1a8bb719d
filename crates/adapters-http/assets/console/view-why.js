// @ts-check
/** Why a client gets nothing: what is known of it now and from the flight recorder, as one answer. */
import { Refused, ofApp } from './api.js';
import { ask, toast } from './dialog.js';
import { h, put, write } from './dom.js';
import { ago, bytes, clock, count, full } from './format.js';
import { icon } from './icons.js';
import { language, named, t } from './i18n.js';
import { acting, button, empty, head, id, loading, mark, panel, since, trouble } from './parts.js';
import { go, to } from './router.js';
import { isOperator } from './session.js';
import { factList, ruleOf } from './timeline.js';
import { verdictOf } from './verdict.js';

/** How long nobody writes before names are suggested. */
const QUIET_MS = 200;
const HEX = /^[0-9a-f]{32}$/;

/** @type {import('./console.js').View} */
export function why({ api, app, query, signal, reload }) {
  const answer = h('div', { class: 'column', id: 'answer', 'aria-live': 'polite' });
  const problem = trouble(false);
  const look = async () => {
    put(answer, loading());
    problem.show(null);
    try {
      put(answer, await answered({ api, app, query, signal, reload }));
    } catch (error) {
      if (signal.aborted) return;
      put(answer);
      problem.show(error, look);
    }
  };
  const asked = query.client || query.channel || query.id || query.message;
  if (asked) void look();
  else put(answer, h('div', 'panel', empty(t('why.empty'), t('why.empty.text'))));
  return h('div', '', head({ title: t('why.title'), sub: t('why.sub') }), asking({ api, app, query, reload }), problem.element, answer);
}

/** @typedef {Pick<import('./console.js').Context, 'api' | 'app' | 'query' | 'reload'>} Asked */

/** What is asked. @param {Asked} of */
function asking({ api, app, query, reload }) {
  const suggestions = (/** @type {string} */ of) => h('datalist', { id: `${of}-known` });
  const field = (/** @type {string} */ name, /** @type {string} */ label, /** @type {string} */ placeholder, /** @type {string} */ value) => {
    const known = suggestions(name);
    const input = h('input', {
      class: 'input', id: `why-${name}`, value, placeholder, maxlength: 200, list: `${name}-known`,
      autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false',
    });
    return { input, known, element: h('div', 'field why-field', h('label', { for: `why-${name}` }, label), input, known) };
  };
  const client = field('client', t('client'), 'bob', query.client ?? '');
  const channel = field('channel', t('channel'), 'chat:lobby', query.channel ?? '');
  const which = field('id', t('why.id'), t('why.id.hint'), query.message ?? query.id ?? '');
  if (!client.input.value) client.input.dataset.focus = '';
  for (const [{ input, known }, kind] of /** @type {const} */ ([[client, 'client'], [channel, 'channel']])) {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const suggest = async () => {
      const page = await api.get(ofApp(app, `${kind}s`), { prefix: input.value.trim(), limit: 8 }).catch(() => ({}));
      put(known, (page[`${kind}s`] ?? []).map((/** @type {any} */ one) => h('option', { value: one[kind] })));
    };
    input.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(() => void suggest(), QUIET_MS);
    });
  }
  const enter = (/** @type {Event} */ event) => {
    event.preventDefault();
    const looked = which.input.value.trim();
    const next = {
      client: client.input.value.trim(), channel: channel.input.value.trim(),
      // An id of 32 digits is a connection's or a trace's; any other is a message's, if a client is named.
      ...(looked && (HEX.test(looked) || !client.input.value.trim() ? { id: looked } : { message: looked })),
    };
    if (to(['app', app, 'why'], next) === location.hash) return reload();
    go(['app', app, 'why'], next);
  };
  return h('form', { class: 'panel panel-body why-form', on: { submit: enter } },
    client.element, channel.element, which.element, h('button', { class: 'button button-main', type: 'submit', id: 'why-ask' }, t('why.go')));
}

/** @typedef {Asked & { signal: AbortSignal }} Looking */

/** @param {Looking} of */
async function answered({ api, app, query, signal, reload }) {
  const { client, channel } = query;
  const explain = (/** @type {Record<string, string>} */ asked) => api.get(ofApp(app, 'explain'), asked, signal);
  if (query.id) return remembered(app, await byId(explain, query.id));
  if (client && channel) return ofBoth({ api, app, query, signal, reload }, explain);
  if (client && query.message) return remembered(app, await explain({ client, message: query.message }));
  if (client) return ofClient({ api, app, query, signal, reload }, explain);
  if (query.message) return h('div', 'panel', empty(t('why.message'), t('why.message.text')));
  return remembered(app, await explain({ channel }));
}

/** @typedef {(asked: Record<string, string>) => Promise<any>} Explain */

/** A connection's id, else a trace's. @param {Explain} explain @param {string} looked */
async function byId(explain, looked) {
  if (HEX.test(looked)) {
    const found = await explain({ connection: looked });
    if (found.facts.length) return found;
  }
  return explain({ trace: looked });
}

/** What is remembered, as the server says it. @param {string} app @param {any} said */
function remembered(app, said) {
  const tone = { refused: 'bad', handed: 'good', recovered: 'good', not_refused: 'good', hidden: 'info' }[/** @type {string} */ (said.verdict)] ?? 'wait';
  return h('div', 'column',
    banner({ tone, title: named('said', said.verdict), why: h('span', { lang: 'en' }, said.says) }),
    panel({ title: t('facts.title'), body: factList(app, said.facts, said.since) }));
}

/** A client without a channel: where it is, and which channel is meant. @param {Looking} of @param {Explain} explain */
async function ofClient({ api, app, query, signal }, explain) {
  const { client } = query;
  const [stands, requests] = await Promise.all([api.get(ofApp(app, 'clients', client), {}, signal), explain({ client })]);
  const channels = [...new Set(stands.connections.flatMap((/** @type {any} */ one) => one.channels))];
  if (!stands.connections.length) {
    return told({ app, client, channel: '', verdict: verdictOf({ client, channel: '', stands, place: {}, message: null, requests, history: { facts: [] }, now: Date.now() }), requests });
  }
  const choose = h('div', 'chips', channels.slice(0, 60).map((channel) =>
    h('span', 'chip', h('a', { href: to(['app', app, 'why'], { client, channel: String(channel) }) }, String(channel)))));
  return h('div', 'column',
    banner({
      tone: requests.verdict === 'refused' ? 'wait' : 'good', title: t('why.there', { client, n: stands.connections.length }),
      why: requests.verdict === 'refused' ? h('span', { lang: 'en' }, t('why.last'), ' ', requests.says) : t('why.unrefused'),
      next: [t('why.which'), choose],
    }),
    panel({ title: t('facts.title'), body: factList(app, requests.facts, requests.since) }));
}

/** The whole question. @param {Looking} of @param {Explain} explain */
async function ofBoth({ api, app, query, signal, reload }, explain) {
  const { client, channel } = query;
  const [stands, place, message, requests, history, status] = await Promise.all([
    api.get(ofApp(app, 'clients', client), {}, signal),
    api.get(ofApp(app, 'channels', channel), {}, signal),
    explain(query.message ? { client, message: query.message } : { client, channel }),
    explain({ client }),
    explain({ channel }),
    isOperator() ? api.get(`apps/${encodeURIComponent(app)}`, {}, signal).then((shown) => shown.status, forbidden) : undefined,
  ]);
  const verdict = verdictOf({ client, channel, stands, place, message, requests, history: query.message ? { facts: [] } : history, status, now: Date.now() });
  return told({ app, client, channel, verdict, requests, message, again: reload, api });
}

/** A key without the scope is not told how the app stands. @param {unknown} error */
function forbidden(error) {
  if (error instanceof Refused) return undefined;
  throw error;
}

/** @param {{ app: string, client: string, channel: string, verdict: import('./verdict.js').Verdict, requests: any, message?: any, again?: () => void, api?: import('./api.js').Api }} of */
function told({ app, client, channel, verdict, requests, message, again, api }) {
  const { cause, reason = '', at, denial } = verdict;
  const values = {
    client, channel, reason: named('reason', reason), when: at ? `${clock(at)} (${ago(at)})` : t('why.unknown'),
    rule: denial ? ruleOf(denial) : '', size: bytes(verdict.bytes ?? 0),
  };
  const word = (/** @type {string} */ part) => t(/** @type {import('./i18n.js').Word} */ (`verdict.${cause}.${part}`), values);
  const own = named(`next.${cause}`, reason);
  const acts = h('div', 'row verdict-acts',
    cause === 'never_asked' || cause === 'ended' ? api && subscribeNow({ api, app, client, channel, again }) : null,
    cause === 'denied' && isOperator() && h('a', { class: 'button button-small', href: to(['app', app, 'settings']) }, t('nav.settings')),
    h('a', { class: 'button button-small', href: to(['app', app, 'client', client]) }, t('why.to.client')),
    channel && h('a', { class: 'button button-small', href: to(['app', app, 'channel', channel]) }, t('why.to.channel')),
    again && button(t('why.again'), again, { small: true }));
  const facts = [...(message?.facts ?? []), ...requests.facts];
  const once = new Map(facts.map((fact) => [`${fact.at} ${fact.what} ${fact.connection} ${fact.says}`, fact]));
  return h('div', 'column',
    banner({ tone: verdict.tone, cause, title: word('title'), why: word('why'), next: [h('span', '', own !== reason ? own : word('next')), acts] }),
    channel && panel({ title: t('checks.title'), body: h('ul', { class: 'checks', id: 'checks' }, verdict.checks.map((check) => checkRow(check, verdict))) }),
    message?.message && panel({ title: t('why.message.title'), body: messageFacts(message) }),
    panel({ title: t('facts.title'), body: h('div', 'tall', factList(app, [...once.values()].sort((one, other) => other.at - one.at), requests.since)) }));
}

/** @param {{ api: import('./api.js').Api, app: string, client: string, channel: string, again?: () => void }} of */
function subscribeNow({ api, app, client, channel, again }) {
  return button(t('subscribe.it'), acting(async () => {
    if (!(await ask({ title: t('subscribe.now', { client, channel }), text: t('subscribe.text'), yes: t('subscribe'), tone: 'main' }))) return;
    await api.post(ofApp(app, 'clients', client, 'subscriptions'), { channel });
    toast(t('subscribed.to', { channel }));
    again?.();
  }), { scope: 'manage', small: true, tone: 'main' });
}

/** @param {{ tone: string, cause?: string, title: string, why: import('./dom.js').Child, next?: import('./dom.js').Child[] }} of */
function banner({ tone, cause, title, why: text, next }) {
  const drawings = /** @type {Record<string, import('./icons.js').Icon>} */ ({ good: 'yes', bad: 'no', wait: 'alert', info: 'eye' });
  return h('section', { class: `panel verdict verdict-${tone}`, id: 'verdict', 'data-cause': cause, 'aria-label': t('why.answer') },
    icon(drawings[tone] ?? 'alert', 'verdict-mark'),
    h('p', 'verdict-title', title), h('p', 'verdict-why', text),
    next && h('div', { class: 'verdict-next', 'data-label': t('why.next') }, next));
}

/** @param {import('./verdict.js').Check} check @param {import('./verdict.js').Verdict} verdict */
function checkRow({ name, ok, value, at, reason }, { cause }) {
  const text = h('span', 'soft');
  const n = value ?? 0;
  if (name === 'app') write(text, named('status', reason ?? ''));
  if (name === 'connected') put(text, n ? [t('check.connections', { n }), ' · ', at ? since(at) : ''] : t('client.away'));
  if (name === 'subscribed') write(text, n ? t('check.on', { n }) : t('check.unsubscribed'));
  if (name === 'published') put(text, at ? [t('check.latest'), ' · ', since(at)] : cause === 'publish_refused' ? t('check.refused') : t('check.unpublished'));
  if (name === 'handed') write(text, reason ? named('said', reason) : t('check.nothing'));
  return h('li', { 'data-check': name, 'data-ok': String(ok) }, mark(ok), h('strong', '', t(`check.${name}`)), text);
}

/** @param {any} said */
function messageFacts({ message, connections = [] }) {
  const fact = (/** @type {string} */ label, /** @type {import('./dom.js').Child} */ value, of = '') => h('div', '', h('dt', '', label), h('dd', of, value));
  return h('div', '',
    h('dl', 'facts', fact(t('message.id'), id(message.id, 13), 'mono'), fact(t('message.at'), h('span', { title: full(message.ts) }, clock(message.ts))),
      message.offset !== undefined && fact(t('position'), count(message.offset)), fact(t('subscribers'), count(message.subscribers)), fact(t('message.bytes'), bytes(message.bytes))),
    h('ul', 'list', connections.map((/** @type {any} */ one) => h('li', 'row',
      one.connection && id(one.connection, 12), h('strong', '', named('said', one.verdict)),
      h('span', { class: 'quiet wrap', lang: 'en' }, one.says, language() === 'en' && one.at ? `, ${clock(one.at)}` : '')))));
}
