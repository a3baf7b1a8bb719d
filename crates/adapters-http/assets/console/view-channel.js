// @ts-check
/** A channel: how it stands, who is in it, what was said last, and what is said now. */
import { Refused, ofApp } from './api.js';
import { ask, toast } from './dialog.js';
import { h, keyed, put, write } from './dom.js';
import { count } from './format.js';
import { t } from './i18n.js';
import { messageRow } from './message.js';
import { acting, avatar, button, drawFacts, empty, head, id, loading, panel, pill, told, toldOfAct, trouble } from './parts.js';
import { poll } from './poll.js';
import { to } from './router.js';
import { may } from './session.js';
import { watch } from './watch.js';

const EVERY_MS = 3_000;
/** Messages of history in view at first, and of all in view. */
const LAST = 30;
const MOST = 200;
/** Messages that are fetched to join on what is in view. */
const JOINED = 100;
/** Members in view. */
const MEMBERS = 200;

/** @type {import('./console.js').View} */
export function channel({ api, app, name, signal }) {
  const problem = trouble();
  const facts = h('dl', 'facts');
  const members = h('ul', { class: 'list tall', id: 'members' }, loading());
  const memberCount = h('span', '');
  let hasPresence = true;
  /** @type {any} how the channel stands */
  let known = null;
  const draw = () => known && drawFacts(facts, factsOf(known, messages.isKept()));

  const again = poll(async (ending) => {
    const [stands, presence] = await Promise.all([
      api.get(ofApp(app, 'channels', name), {}, ending),
      hasPresence ? api.get(ofApp(app, 'channels', name, 'presence'), {}, ending).catch(notEnabled) : null,
    ]);
    hasPresence = presence !== null;
    known = stands;
    draw();
    write(memberCount, presence ? count(presence.count) : '');
    drawMembers(members, app, presence);
  }, EVERY_MS, signal, (error) => problem.show(error, () => again(true)));

  const messages = messagesOf({ api, app, name, signal, changed: () => again(), looked: draw });
  return h('div', '',
    head({ title: name, end: [
      h('a', { class: 'button', href: to(['app', app, 'why'], { channel: name }) }, t('why.here')),
      messages.purge,
    ] }),
    problem.element,
    h('div', 'panel', facts),
    h('div', 'columns', messages.element, h('div', 'column', sender({ api, app, name }), panel({ title: t('members'), note: memberCount, body: members }))));
}

/** @param {unknown} error */
function notEnabled(error) {
  if (error instanceof Refused && error.reason === 'not_enabled') return null;
  throw error;
}

/** @param {any} stands @param {boolean} isKept whether the channel has history */
function factsOf({ subscribers, members, offset, epoch }, isKept) {
  const position = offset === undefined ? t(isKept ? 'position.unbegun' : 'position.none') : count(offset);
  return [
    { label: t('subscribers'), text: count(subscribers) },
    members !== undefined && { label: t('members'), text: count(members) },
    { label: t('position'), text: position, of: offset === undefined ? 'quiet' : '' },
    epoch && { label: t('epoch'), text: epoch, of: 'mono', show: (/** @type {string} */ whole) => id(whole, 16) },
  ];
}

/** @param {HTMLElement} list @param {string} app @param {any} presence */
function drawMembers(list, app, presence) {
  if (!presence) return put(list, empty(t('members.off'), t('members.off.text')));
  const all = presence.members ?? [];
  if (!all.length) return put(list, empty(t('members.none')));
  keyed(list, all.slice(0, MEMBERS), (one) => `${one.client} ${one.connections} ${JSON.stringify(one.info)}`, ({ client, info, connections }) =>
    h('li', 'row-tight', avatar(client),
      h('a', { class: 'clip', href: to(['app', app, 'client', client]) }, client),
      info !== undefined && h('span', 'quiet clip mono', JSON.stringify(info)),
      h('span', 'panel-end', connections === 0 ? pill('wait', t('member.away')) : connections > 1 && pill('', `×${connections}`))));
  if (all.length > MEMBERS) list.append(h('li', 'quiet', t('more.n', { n: count(all.length - MEMBERS) })));
}

/** @param {{ api: import('./api.js').Api, app: string, name: string, signal: AbortSignal, changed: () => void, looked: () => void }} of `looked`: it is known whether they are kept */
function messagesOf({ api, app, name, signal, changed, looked }) {
  const list = h('ol', { class: 'list tall', id: 'messages', tabindex: 0, 'aria-label': t('messages') }, loading());
  const state = h('span', { id: 'watching', role: 'status' });
  const problem = h('p', { class: 'inline-bad', role: 'alert', hidden: true });
  /** @type {any[]} */
  let shown = [];
  let kept = true;
  /** @type {AbortController | null} */
  let watching = null;

  const draw = () => {
    if (!shown.length) return put(list, kept ? empty(t('messages.none')) : empty(t('messages.off'), t('messages.off.text')));
    keyed(list, shown, (message) => message.id, (message) => messageRow(app, name, message));
  };
  const add = (/** @type {any[]} */ found) => {
    const known = new Set(shown.map((message) => message.id));
    // What was fetched and what was pushed meanwhile come in any order.
    shown = [...found.filter((message) => !known.has(message.id)), ...shown].sort(latestFirst).slice(0, MOST);
    draw();
  };
  /** @returns {Promise<void>} */
  const load = async (limit = LAST) => {
    try {
      const page = await api.get(ofApp(app, 'channels', name, 'messages'), { limit, order: 'desc' }, signal);
      /** @type {any[]} */
      const found = page.messages.map((/** @type {any} */ message) => ({ ...message, epoch: page.epoch }));
      const oldest = found.at(-1);
      // More is missing than was fetched: what lies before the hole goes, so that the list has none.
      if (page.more && !shown.some((message) => message.id === oldest.id)) shown = shown.filter((message) => latestFirst(message, oldest) < 0);
      add(found);
      problem.hidden = true;
    } catch (error) {
      if (signal.aborted) return;
      kept = !(error instanceof Refused && error.reason === 'not_enabled');
      draw();
      looked();
      if (!kept) return;
      if (!shown.length) return put(list, empty(told(error), '', button(t('again'), () => load(), { small: true })));
      problem.hidden = false;
      write(problem, told(error));
    }
  };
  const stop = () => {
    watching?.abort();
    watching = null;
    put(state);
    delete state.dataset.state;
    toggle.setAttribute('aria-pressed', 'false');
    write(toggle, t('watch'));
  };
  const start = () => {
    const own = new AbortController();
    watching = own;
    toggle.setAttribute('aria-pressed', 'true');
    write(toggle, t('watch.stop'));
    problem.hidden = true;
    watch({
      api, app, channel: name, signal: AbortSignal.any([signal, own.signal]),
      // The figures have their own pace: a busy channel must not have them asked for with each message.
      message: (message) => add([{ ...message, epoch: message.position?.epoch, arrived: true }]),
      gap: () => void load(JOINED),
      state: (now, error) => {
        if (now === 'refused') {
          stop();
          problem.hidden = false;
          return write(problem, told(error));
        }
        // Between what is in view and the first push lies what nobody pushed.
        if (now === 'live') void load(JOINED);
        put(state, now === 'live' ? pill('good', t('watch.live')) : pill('wait', t('watch.waiting')));
        state.dataset.state = now;
      },
    });
  };
  const toggle = button(t('watch'), () => (watching ? stop() : start()), { small: true, scope: 'read' });
  toggle.id = 'watch';
  const purge = button(t('purge'), acting(async () => {
    if (!(await ask({ title: t('purge.ask', { channel: name }), text: t('purge.text'), yes: t('purge') }))) return;
    await api.remove(ofApp(app, 'channels', name, 'messages'));
    shown = [];
    draw();
    toast(t('purged'));
    changed();
  }), { tone: 'bad', scope: 'manage' });
  void load();
  return { element: panel({ title: t('messages'), note: state, end: toggle, body: [problem, list] }), purge, isKept: () => kept };
}

/** @param {any} one @param {any} other */
function latestFirst(one, other) {
  const [at, otherAt] = [one, other].map(({ offset, position }) => offset ?? position?.offset);
  const sameStream = at !== undefined && otherAt !== undefined && one.epoch === other.epoch;
  return sameStream ? otherAt - at : other.ts - one.ts;
}

/** A test message. @param {{ api: import('./api.js').Api, app: string, name: string }} of */
function sender({ api, app, name }) {
  const data = h('textarea', { class: 'input', id: 'send-data', rows: 3, spellcheck: 'false', 'aria-describedby': 'send-hint' }, '{"text": "hello"}');
  const kind = h('input', { class: 'input', id: 'send-name', maxlength: 200, autocomplete: 'off', placeholder: t('send.name') });
  const hint = h('p', { class: 'field-hint', id: 'send-hint' });
  const outcome = h('p', { role: 'status', class: 'wrap' });
  const parsed = () => {
    try {
      return { value: JSON.parse(data.value), isText: false };
    } catch {
      return { value: data.value, isText: true };
    }
  };
  const look = () => write(hint, parsed().isText ? t('send.text') : t('send.json'));
  data.addEventListener('input', look);
  look();
  const send = acting(async () => {
    try {
      const { value } = parsed();
      const sent = await api.post(ofApp(app, 'channels', name, 'messages'), { data: value, ...(kind.value.trim() && { name: kind.value.trim() }) });
      outcome.className = 'inline-good wrap';
      put(outcome, sent.offset === undefined ? t('sent') : t('sent.offset', { offset: count(sent.offset) }), ' ', id(sent.id, 13));
    } catch (error) {
      outcome.className = 'inline-bad wrap';
      put(outcome, toldOfAct(error));
    }
  });
  const submit = button(t('send'), () => {}, { tone: 'main', scope: 'publish', type: 'submit' });
  submit.id = 'send';
  const enter = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (may('publish')) void send(event);
  };
  data.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) enter(event);
  });
  return panel({ title: t('send.title'), body: h('form', { class: 'panel-body', on: { submit: enter } },
    h('div', 'field', h('label', { for: 'send-data' }, t('send.data')), data, hint),
    h('div', 'row', kind, submit), outcome) });
}

