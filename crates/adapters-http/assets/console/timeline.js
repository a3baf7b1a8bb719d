// @ts-check
/** What the flight recorder remembers, the latest first. */
import { h, keyed, put, write } from './dom.js';
import { clock, fineClock, full } from './format.js';
import { language, named, t } from './i18n.js';
import { empty } from './parts.js';
import { to } from './router.js';

const TONES = /** @type {Record<string, string>} */ ({
  auth_refused: 'bad', denied: 'bad', refused: 'bad', failed: 'bad', backend_refused: 'bad',
  closed: 'wait', gap: 'wait', unsubscribed: 'wait', ordered: 'wait',
  authenticated: 'good', subscribed: 'good', placed: 'good', published: 'info',
});

/** Kinds of which channel or client say all. */
const PLAIN = ['authenticated', 'subscribed', 'unsubscribed', 'member_joined', 'member_left', 'gap'];

/** @param {string} app @param {any[]} facts @param {number} since when nothing is missing */
export function factList(app, facts, since) {
  const made = timeline(app);
  made.update(facts, since);
  return made.element;
}

/** The same of what is asked again and again: what is told already stays. @param {string} app */
export function timeline(app) {
  const element = h('div');
  const list = h('ol', { class: 'timeline', 'aria-label': t('facts.title') });
  const foot = h('p', 'panel-foot');
  return {
    element,
    /** @param {any[]} facts @param {number} since when nothing is missing */
    update(facts, since) {
      if (!facts.length) return put(element, empty(t('facts.none'), t('facts.since', { time: clock(since) })));
      keyed(list, told(facts), ({ key }) => key, (fact) => factRow(app, fact));
      write(foot, t('facts.since', { time: clock(since) }));
      if (list.parentNode !== element) put(element, list, foot);
    },
  };
}

/** Without what is said twice: a denial with its rule is a refusal as well, and who asks again and again is told of once. @param {any[]} facts */
function told(facts) {
  /** @type {any[]} */
  const shown = [];
  /** How many are alike, for facts of the same moment may be. @type {Map<string, number>} */
  const alike = new Map();
  for (const [place, fact] of facts.entries()) {
    const next = facts[place + 1];
    if (fact.what === 'refused' && next?.what === 'denied' && next.connection === fact.connection && next.channel === fact.channel) continue;
    const last = shown.at(-1);
    if (last && last.says === fact.says && last.connection === fact.connection) last.times += 1;
    else {
      const key = [fact.at, fact.what, fact.connection, fact.says].join(' ');
      alike.set(key, (alike.get(key) ?? 0) + 1);
      shown.push({ ...fact, times: 1, key: `${key} ${alike.get(key)}` });
    }
  }
  return shown;
}

/** The server's sentence; it is English, so other languages say what they can by themselves. @param {any} fact */
function sentence(fact) {
  if (language() === 'en') return [h('span', '', fact.says)];
  const why = fact.denial ? ruleOf(fact.denial) : fact.reason ? named('reason', fact.reason) : '';
  const kind = h('b', '', named('fact', fact.what));
  const about = PLAIN.includes(fact.what) && (fact.channel ?? fact.client);
  if (!why && about) return [kind, ' ', h('span', { title: fact.says }, about)];
  if (!why) return [kind, ' ', h('span', { lang: 'en', class: 'quiet' }, fact.says)];
  return [kind, ' ', h('span', { title: fact.says }, [fact.channel, why].filter(Boolean).join(' · '))];
}

/** @param {any} denial */
export function ruleOf({ action, source, rule, pattern }) {
  return t('rule', { action, source: named('grants', source), rule: named('rule', rule), pattern: pattern ? ` (${pattern})` : '' });
}

/** @param {string} app @param {any} fact */
function factRow(app, fact) {
  const times = h('span', 'times');
  const update = (/** @type {any} */ now) => write(times, now.times > 1 ? ` ×${now.times}` : '');
  update(fact);
  const element = h('li', { 'data-what': fact.what },
    h('time', { title: full(fact.at) }, fineClock(fact.at)),
    h('span', `dot dot-${TONES[fact.what] ?? ''}`),
    h('span', 'wrap', sentence(fact), times,
      fact.message && [' ', h('a', { class: 'link', href: to(['app', app, 'why'], { message: fact.message, channel: fact.channel }) }, t('message.why'))]));
  return Object.assign(element, { update });
}
