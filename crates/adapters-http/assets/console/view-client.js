// @ts-check
/** A client: its connections, its subscriptions, what was refused to it, and what can be done. */
import { ofApp } from './api.js';
import { ask, toast } from './dialog.js';
import { h, keyed, put, write } from './dom.js';
import { bytes, clock, count } from './format.js';
import { t } from './i18n.js';
import { acting, button, empty, head, id, loading, panel, pill, putOnce, since, told, trouble } from './parts.js';
import { poll } from './poll.js';
import { to } from './router.js';
import { timeline } from './timeline.js';

const EVERY_MS = 3_000;
const FACTS_MS = 6_000;
/** Chips of one connection. */
const CHANNELS = 60;

/** @type {import('./console.js').View} */
export function client({ api, app, name, signal }) {
  const problem = trouble();
  const list = h('ul', { class: 'list', id: 'connections' }, loading());
  const state = h('span', { id: 'there', role: 'status' });
  const facts = h('div', 'tall', loading());
  const remembered = timeline(app);

  const again = poll(async (ending) => {
    const stands = await api.get(ofApp(app, 'clients', name), {}, ending);
    const there = stands.connections.length;
    putOnce(state, there ? pill('good', t('client.there', { n: there })) : pill('', t('client.away')));
    if (!there) return put(list, empty(t('client.away'), t('client.away.text'), h('a', { class: 'link', href: to(['app', app, 'why'], { client: name }) }, t('why.ask'))));
    keyed(list, stands.connections, ({ connection, token }) => `${connection} ${token}`, (one) => connectionRow({ api, app, name, one, changed: () => again() }));
  }, EVERY_MS, signal, (error) => problem.show(error, () => again(true)));
  poll(async (ending) => {
    const told_ = await api.get(ofApp(app, 'explain'), { client: name }, ending);
    remembered.update(told_.facts, told_.since);
    if (remembered.element.parentNode !== facts) put(facts, remembered.element);
  }, FACTS_MS, signal, (error) => error && put(facts, empty(told(error))));

  return h('div', '',
    head({ title: h('span', 'row', name, state), end: [h('a', { class: 'button', href: to(['app', app, 'why'], { client: name }) }, t('why.client')), ...acts({ api, app, name, changed: () => again() })] }),
    problem.element,
    panel({ title: t('connections'), end: subscribing({ api, app, name, changed: () => again() }), body: list }),
    panel({ title: t('facts.title'), body: facts }));
}

/** @typedef {{ api: import('./api.js').Api, app: string, name: string, changed: () => void }} About */

/** @param {About & { one: any }} of */
function connectionRow({ api, app, name, one, changed }) {
  const [heard, queued, until, number, chips] = [h('span'), h('span'), h('span'), h('span', 'message-end'), h('div', 'chips')];
  const [none, more] = [h('span', 'quiet', t('client.no.channels')), h('span', 'quiet')];
  const there = h('div', '', chips, none, more);
  const update = (/** @type {any} */ now) => {
    heard.hidden = !now.heard_at;
    put(heard, now.heard_at && [t('client.heard'), ' ', since(now.heard_at)]);
    queued.hidden = !(now.queued_bytes > 0);
    put(queued, now.queued_bytes > 0 && pill('wait', t('client.queued', { size: bytes(now.queued_bytes) })));
    until.hidden = !now.expires_at;
    write(until, now.expires_at ? t('token.until', { time: clock(now.expires_at) }) : '');
    write(number, t('channels.n', { n: count(now.channels.length) }));
    keyed(chips, now.channels.slice(0, CHANNELS), (/** @type {string} */ channel) => channel, (channel) => chip({ api, app, name, changed, channel }));
    none.hidden = now.channels.length > 0;
    chips.hidden = !none.hidden;
    more.hidden = now.channels.length <= CHANNELS;
    write(more, t('more.n', { n: count(now.channels.length - CHANNELS) }));
  };
  update(one);
  const element = h('li', 'message', h('div', 'message-head',
    h('b', '', id(one.connection, 12)),
    h('span', '', t('opened'), ' ', since(one.opened_at)),
    heard, queued, until,
    one.token && h('span', '', 'jti ', id(one.token, 13)),
    number), there);
  return Object.assign(element, { update });
}

/** @param {About & { channel: string }} of */
function chip({ api, app, name, changed, channel }) {
  const end = button('×', acting(async () => {
    const sure = await ask({ title: t('unsubscribe.ask', { client: name, channel }), text: t('unsubscribe.text'), yes: t('unsubscribe') });
    if (!sure) return;
    await api.remove(ofApp(app, 'clients', name, 'subscriptions'), { channel });
    toast(t('unsubscribed', { channel }));
    changed();
  }), { scope: 'manage', label: t('unsubscribe.of', { channel }) });
  end.className = '';
  return h('span', { class: 'chip', 'data-channel': channel }, h('a', { href: to(['app', app, 'channel', channel]) }, channel), end);
}

/** @param {About} of */
function subscribing({ api, app, name, changed }) {
  return button(t('subscribe'), acting(async () => {
    const channel = h('input', { class: 'input', maxlength: 200, placeholder: 'chat:lobby', 'aria-label': t('channel'), autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false' });
    const sure = await ask({ title: t('subscribe.ask', { client: name }), text: t('subscribe.text'), yes: t('subscribe'), body: channel, tone: 'main' });
    if (!sure || !channel.value.trim()) return;
    await api.post(ofApp(app, 'clients', name, 'subscriptions'), { channel: channel.value.trim() });
    toast(t('subscribed.to', { channel: channel.value.trim() }));
    changed();
  }), { scope: 'manage', small: true });
}

/** @param {About} of */
function acts({ api, app, name, changed }) {
  const back = h('input', { type: 'checkbox' });
  const disconnect = button(t('disconnect'), acting(async () => {
    back.checked = false;
    const body = h('label', 'check', back, h('span', '', t('disconnect.back'), h('span', 'field-hint', h('br'), t('disconnect.back.hint'))));
    if (!(await ask({ title: t('disconnect.ask', { client: name }), text: t('disconnect.text'), yes: t('disconnect'), body }))) return;
    const { closed } = await api.remove(ofApp(app, 'clients', name), back.checked ? { come_back: 'true' } : {});
    toast(t('disconnected', { n: closed }));
    changed();
  }), { tone: 'bad', scope: 'manage' });
  disconnect.id = 'disconnect';
  const revoke = button(t('revoke'), acting(async () => {
    if (!(await ask({ title: t('revoke.ask', { client: name }), text: t('revoke.text'), yes: t('revoke') }))) return;
    const { closed } = await api.post(ofApp(app, 'tokens', 'revoke'), { client: name });
    toast(t('revoked', { n: closed }));
    changed();
  }), { tone: 'bad', scope: 'manage' });
  revoke.id = 'revoke';
  return [disconnect, revoke];
}
