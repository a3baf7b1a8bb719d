// @ts-check
/** What the flight recorder remembers, the latest first. */
import { h } from './dom.js';
import { clock, fineClock, full } from './format.js';
import { language, named, t } from './i18n.js';
import { empty } from './parts.js';
import { to } from './router.js';

const TONES = /** @type {Record<string, string>} */ ({
  auth_refused: 'bad', denied: 'bad', refused: 'bad', failed: 'bad', backend_refused: 'bad',
  closed: 'wait', gap: 'wait', unsubscribed: 'wait', ordered: 'wait',
  authenticated: 'good', subscribed: 'good', placed: 'good', published: 'info',
});

/** @param {string} app @param {any[]} facts @param {number} since when nothing is missing */
export function factList(app, facts, since) {
  if (!facts.length) return empty(t('facts.none'), t('facts.since', { time: clock(since) }));
  return h('div', '',
    h('ol', { class: 'timeline', 'aria-label': t('facts.title') }, facts.map((fact) => factRow(app, fact))),
    h('p', 'panel-foot', t('facts.since', { time: clock(since) })));
}

/** @param {string} app @param {any} fact */
function factRow(app, fact) {
  // The server's sentences are English; other languages have the kind before it.
  const kind = language() === 'en' ? '' : `${named('fact', fact.what)} `;
  return h('li', { 'data-what': fact.what },
    h('time', { title: full(fact.at) }, fineClock(fact.at)),
    h('span', `dot dot-${TONES[fact.what] ?? ''}`),
    h('span', 'wrap', kind && h('b', '', kind), h('span', { lang: 'en', class: kind ? 'quiet' : undefined }, fact.says),
      fact.message && [' ', h('a', { class: 'link', href: to(['app', app, 'why'], { message: fact.message, channel: fact.channel }) }, t('message.why'))]));
}
