// @ts-check
/** What views are made of. */
import { Lost, Refused } from './api.js';
import { toast } from './dialog.js';
import { h, keyed, put, write } from './dom.js';
import { ago, full, span } from './format.js';
import { icon } from './icons.js';
import { t } from './i18n.js';
import { may } from './session.js';

/** How often it is said anew how long ago something was. */
const TIMES_MS = 1_000;

/** @typedef {import('./dom.js').Child} Child */

/** @param {{ title: Child, note?: Child, end?: Child | Child[], body?: Child | Child[], foot?: Child, label?: string }} of */
export function panel({ title, note, end, body, foot, label }) {
  return h('section', { class: 'panel', 'aria-label': label ?? (typeof title === 'string' ? title : undefined) },
    h('div', 'panel-head', h('h2', '', title), note && h('span', 'quiet', note), end && h('div', 'panel-end', end)),
    body, foot && h('div', 'panel-foot', foot));
}

/** @param {{ title: Child, sub?: Child, end?: Child | Child[] }} of */
export function head({ title, sub, end }) {
  return h('header', 'head', h('h1', '', title), end && h('div', 'head-end', end), sub && h('p', 'head-sub', sub));
}

/** @param {'good' | 'wait' | 'bad' | 'info' | ''} tone @param {Child} text */
export function pill(tone, text) {
  return h('span', `pill${tone ? ` pill-${tone}` : ''}`, text);
}

/** @param {Child} title @param {Child} [text] @param {Child} [act] */
export function empty(title, text, act) {
  return h('div', 'empty', h('strong', '', title), text && h('p', '', text), act);
}

export function loading() {
  return h('p', { class: 'loading', role: 'status' }, t('loading'));
}

/**
 * A button. One whose scope the session lacks stays, and says why it does nothing.
 * @param {Child} text
 * @param {(event: MouseEvent) => unknown} act
 * @param {{ scope?: string, tone?: string, small?: boolean, label?: string, type?: string, why?: string }} [how] `why` it can't be used at all
 */
export function button(text, act, { scope, tone = '', small, label, type = 'button', why } = {}) {
  const reason = why ?? (scope && !may(scope) ? t('denied', { scope }) : undefined);
  const classes = ['button', tone && tone.split(' ').map((one) => `button-${one}`).join(' '), small && 'button-small'].filter(Boolean).join(' ');
  return h('button', {
    class: classes, type, 'aria-label': label, 'aria-disabled': reason ? 'true' : undefined, title: reason,
    on: { click: (/** @type {MouseEvent} */ event) => {
      if (!reason) return act(event);
      event.preventDefault();
      toast(reason, 'bad');
    } },
  }, text);
}

/** Runs an action of a button: one at a time, and its failure is said. @param {() => Promise<unknown>} act */
export function acting(act) {
  let busy = false;
  return async (/** @type {Event} */ event) => {
    if (busy) return;
    busy = true;
    const target = event.currentTarget instanceof HTMLButtonElement ? event.currentTarget : null;
    target?.setAttribute('aria-busy', 'true');
    try {
      await act();
    } catch (error) {
      toast(toldOfAct(error), 'bad');
    } finally {
      busy = false;
      target?.removeAttribute('aria-busy');
    }
  };
}

/** What went wrong, as one sentence. @param {unknown} error */
export function told(error) {
  if (error instanceof Lost) return t('lost');
  if (!(error instanceof Refused)) return String(error instanceof Error ? error.message : error);
  const reason = error.reason ? ` (${error.reason})` : '';
  const wait = error.retryAfterMs ? ` · ${t('retry.after', { span: span(error.retryAfterMs) })}` : '';
  return `${error.message}${reason}${wait}`;
}

/** The same of something that was to be done: nobody tries it again. @param {unknown} error */
export function toldOfAct(error) {
  return error instanceof Lost ? t('lost.act') : told(error);
}

/** A place for what went wrong, empty while all is well. @param {boolean} [isPolled] it is asked again without anybody's doing */
export function trouble(isPolled = true) {
  const element = h('div', { role: 'alert', hidden: true });
  const text = h('span');
  /** @type {(() => void) | undefined} */
  let retry;
  const act = h('button', { class: 'button button-small', type: 'button', on: { click: () => retry?.() } }, t('again'));
  return {
    element,
    /** @param {unknown} error null: all is well @param {() => void} [again] */
    show(error, again) {
      element.hidden = !error;
      if (!error) return put(element);
      const lost = error instanceof Lost;
      element.className = `trouble${lost ? ' trouble-wait' : ''}`;
      retry = again;
      // Said once, and the button stays under the finger, however often it goes wrong.
      write(text, lost && isPolled ? t('lost.now') : told(error));
      act.hidden = !again;
      if (text.parentNode !== element) put(element, text, act);
    },
  };
}

/** @typedef {{ label: string, text: string, of?: string, show?: (text: string) => Child }} Fact `show` where it is no plain text */

/** Facts in a `dl`: what says the same stays, with the focus that it may have. @param {HTMLElement} list @param {(Fact | false)[]} facts */
export function drawFacts(list, facts) {
  const shown = /** @type {Fact[]} */ (facts.filter(Boolean));
  keyed(list, shown, ({ label, text, show }) => (show ? `${label} ${text}` : label), ({ label, text, of = '', show }) => {
    const value = h('dd', of, show ? show(text) : text);
    const update = (/** @type {Fact} */ now) => {
      value.className = now.of ?? '';
      if (!now.show) write(value, now.text);
    };
    return Object.assign(h('div', '', h('dt', '', label), value), { update });
  });
}

/** Puts it there unless it stands there: a live region is not read again. @param {Element} element @param {Element} child */
export function putOnce(element, child) {
  if (element.childElementCount !== 1 || !element.firstElementChild?.isEqualNode(child)) put(element, child);
}

/** A time that says how long ago it was, and when. @param {number} at */
export function since(at) {
  const element = h('time');
  setSince(element, at);
  return element;
}

/** @param {HTMLTimeElement} element @param {number} at */
export function setSince(element, at) {
  element.dateTime = new Date(at).toISOString();
  element.title = full(at);
  write(element, ago(at));
}

/** Says anew how long ago times were, while somebody looks. */
export function keepTimes() {
  setInterval(() => {
    if (document.hidden) return;
    for (const element of document.querySelectorAll('time[datetime]')) write(element, ago(Date.parse(element.getAttribute('datetime') ?? '')));
  }, TIMES_MS);
}

/** A long id, cut; a click copies it. @param {string} text @param {number} [keep] */
export function id(text, keep = 8) {
  return h('button', {
    class: 'copy mono', type: 'button', title: text, 'aria-label': t('copy.of', { text }),
    on: { click: () => void copy(text) },
  }, text.length > keep + 2 ? `${text.slice(0, keep)}…` : text);
}

/** @param {string} text */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(t('copied'));
  } catch {
    // Not a secure context: shown, so that it can be taken by hand.
    toast(text);
  }
}

/** @param {string} name */
export function avatar(name) {
  return h('span', { class: 'avatar', 'aria-hidden': 'true' }, [...name.replace(/[^\p{L}\p{N}]/gu, '')].slice(0, 2).join('') || '·');
}

/** @param {boolean | null} known */
export function mark(known) {
  if (known === null) return icon('dash', 'check-unknown');
  return known ? icon('yes', 'check-yes') : icon('no', 'check-no');
}

/** @param {string[]} heads names of columns; one that begins with `#` is of numbers, with `~` not for phones */
export function table(...heads) {
  const body = h('tbody');
  const columns = heads.map((text) => {
    const [, marks, name] = /** @type {string[]} */ (/^([#~]*)(.*)$/.exec(text));
    const of = [marks.includes('#') && 'num', marks.includes('~') && 'hide-small'].filter(Boolean).join(' ');
    return h('th', { class: of || undefined, scope: 'col' }, name);
  });
  const element = h('div', 'scroller', h('table', 'table', h('thead', '', h('tr', '', columns)), body));
  return { element, body };
}
