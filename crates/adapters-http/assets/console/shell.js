// @ts-check
/** The frame: where one is, where one can go, who one is, and whether the server answers. */
import { h, put } from './dom.js';
import { icon } from './icons.js';
import { language, speak, t } from './i18n.js';
import { isLive } from './link.js';
import { avatar } from './parts.js';
import { to } from './router.js';
import { isOperator, may, session, signOut } from './session.js';
import { theme, turnTheme } from './theme.js';

/** @typedef {import('./console.js').Place} Place */
/** @typedef {[view: string, icon: import('./icons.js').Icon, word: import('./i18n.js').Word]} Entry */

/** @type {Entry[]} */
const ENTRIES = [
  ['', 'overview', 'nav.overview'], ['channels', 'channels', 'nav.channels'], ['clients', 'clients', 'nav.clients'],
  ['why', 'why', 'nav.why'], ['webhooks', 'webhooks', 'nav.webhooks'], ['usage', 'usage', 'nav.usage'], ['settings', 'settings', 'nav.settings'],
];
/** What a phone has at its lower edge. */
const TABS = ['', 'channels', 'clients', 'why', 'webhooks'];
/** Views of one thing belong to the list of all. */
const PARENT = /** @type {Record<string, string>} */ ({ channel: 'channels', client: 'clients', webhook: 'webhooks' });

/** @param {{ find: () => void }} acts */
export function shell({ find }) {
  const side = h('aside', { class: 'side', id: 'side' });
  const crumbs = h('ol', 'crumbs');
  const tabs = h('nav', { class: 'tabs', 'aria-label': t('nav.main') });
  const pulse = h('span', { class: 'pulse', role: 'status' });
  const view = h('main', { class: 'view', id: 'view', tabindex: -1 });
  const menu = h('button', {
    class: 'menu-open', type: 'button', 'aria-label': t('nav.menu'), 'aria-controls': 'side', 'aria-expanded': 'false',
    on: { click: () => toggle(!side.hasAttribute('data-open')) },
  }, icon('menu'));
  const toggle = (/** @type {boolean} */ open) => {
    side.toggleAttribute('data-open', open);
    menu.setAttribute('aria-expanded', String(open));
    if (open) /** @type {HTMLElement | null} */ (side.querySelector('a, button'))?.focus();
  };
  side.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !side.hasAttribute('data-open')) return;
    toggle(false);
    menu.focus();
  });
  const beat = () => {
    pulse.dataset.state = isLive() ? 'live' : 'lost';
    put(pulse, isLive() ? t('link.live') : t('link.lost'));
  };
  const element = h('div', 'shell',
    h('a', { class: 'skip', href: '#view', on: { click: (/** @type {Event} */ event) => {
      event.preventDefault();
      view.focus();
    } } }, t('nav.skip')),
    side,
    h('div', 'main', h('div', 'bar', menu, h('nav', { class: 'row-tight', 'aria-label': t('nav.where') }, crumbs), h('div', 'bar-end', pulse)), view),
    tabs);
  beat();

  return {
    element,
    /** The server answers, or does not any more. */
    beat,
    /** @param {Place} place @param {HTMLElement} content */
    show(place, content) {
      toggle(false);
      put(side, sideOf(place, find));
      put(tabs, tabsOf(place));
      tabs.hidden = !place.app;
      const trail = trailOf(place);
      put(crumbs, trail.map(([text, address], at) => h('li', '',
        at < trail.length - 1 ? h('a', { href: address }, text) : h('span', { 'aria-current': 'page' }, text))));
      document.title = `${trail.map(([text]) => text).reverse().join(' · ')} · RTMate`;
      const moved = view.childElementCount > 0;
      put(view, content.classList.contains('empty') ? content : [...content.childNodes]);
      if (moved) {
        scrollTo(0, 0);
        // A reader of the page goes on here; a field that wants the focus takes it afterwards.
        view.focus({ preventScroll: true });
      }
      /** @type {HTMLElement | null} */ (view.querySelector('[data-focus]'))?.focus();
    },
  };
}

/** @param {Place} place @returns {[string, string][]} */
function trailOf({ app, view, name }) {
  /** @type {[string, string][]} */
  const trail = isOperator() ? [[t('nav.apps'), to([])]] : [];
  if (!app) return trail.length ? trail : [['RTMate', to([])]];
  trail.push([app, to(['app', app])]);
  const parent = PARENT[view] ?? view;
  const entry = ENTRIES.find(([known]) => known === parent);
  if (entry && parent) trail.push([t(entry[2]), to(['app', app, parent])]);
  if (name) trail.push([name, to(['app', app, view, name])]);
  return trail;
}

/** @param {Place} place @param {Entry} entry @param {string} of */
function link({ app, view }, [to_, drawing, word], of) {
  const current = (PARENT[view] ?? view) === to_;
  return h('a', { class: of, href: to(['app', app, ...(to_ ? [to_] : [])]), 'aria-current': current ? 'page' : undefined }, icon(drawing), h('span', 'clip', t(word)));
}

/** @param {Place} place */
function tabsOf(place) {
  if (!place.app) return [];
  return ENTRIES.filter(([view]) => TABS.includes(view)).map((entry) => link(place, entry, 'tab'));
}

/** @param {Place} place @param {() => void} find */
function sideOf(place, find) {
  return [
    h('a', { class: 'brand', href: to([]) }, h('img', { src: '/console/icon.svg', alt: '', width: 24, height: 24 }), h('span', '', 'RTMate ', h('span', 'brand-sub', t('brand.sub')))),
    h('button', { class: 'finder-open', type: 'button', 'aria-keyshortcuts': '/ Control+K', on: { click: find } }, icon('find'), h('span', '', t('find.open')), h('kbd', '', '/')),
    isOperator() && h('nav', { 'aria-label': t('nav.server') },
      h('a', { class: 'nav-link', href: to([]), 'aria-current': place.app ? undefined : 'page' }, icon('apps'), t('nav.apps'))),
    place.app && h('nav', { 'aria-label': t('nav.main') },
      h('p', 'side-head', t('nav.app')), h('span', 'side-app clip', place.app),
      ENTRIES.map((entry) => link(place, entry, 'nav-link'))),
    footOf(),
  ];
}

function footOf() {
  const own = session()?.app;
  const name = own ?? t('who.operator');
  const role = may('manage') ? t('who.full') : may('publish') ? t('who.publisher') : t('who.viewer');
  return h('div', 'side-foot',
    h('div', 'who', avatar(name), h('span', 'who-words', h('span', 'clip', name), h('span', { class: 'who-role', id: 'role' }, role))),
    h('div', 'side-tools', tools(),
      h('button', { class: 'tool', type: 'button', id: 'sign-out', title: t('out'), 'aria-label': t('out'), on: { click: signOut } }, icon('out'))));
}

/** The switches of colours and language. */
export function tools() {
  const drawings = /** @type {const} */ ({ system: 'half', light: 'sun', dark: 'moon' });
  const says = () => `${t('theme')}: ${t(`theme.${theme()}`)}`;
  const colours = h('button', { class: 'tool', type: 'button', id: 'theme', on: { click: () => {
    turnTheme();
    dress();
  } } });
  const dress = () => {
    put(colours, icon(drawings[theme()]));
    colours.title = says();
    colours.setAttribute('aria-label', says());
  };
  dress();
  const other = language() === 'zh' ? 'en' : 'zh';
  const words = other === 'zh' ? '中文' : 'English';
  return [colours, h('button', { class: 'tool', type: 'button', id: 'language', lang: other, on: { click: () => speak(other) } }, words)];
}
