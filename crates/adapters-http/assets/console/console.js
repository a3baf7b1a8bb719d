// @ts-check
/** The console: who is signed in sees the view that the address names. */
import { api } from './api.js';
import { h, put } from './dom.js';
import { finder } from './finder.js';
import { language, onLanguage, t } from './i18n.js';
import { heard, onLink } from './link.js';
import { empty, keepTimes } from './parts.js';
import { parse, to } from './router.js';
import { forgetSeries } from './series.js';
import { doubt, isOperator, keepAlive, onSession, session } from './session.js';
import { shell } from './shell.js';
import { apps } from './view-apps.js';
import { channel } from './view-channel.js';
import { channels } from './view-channels.js';
import { client } from './view-client.js';
import { clients } from './view-clients.js';
import { door } from './view-door.js';
import { overview } from './view-overview.js';
import { settings } from './view-settings.js';
import { usage } from './view-usage.js';
import { webhook } from './view-webhook.js';
import { webhooks } from './view-webhooks.js';
import { why } from './view-why.js';

/**
 * What a view is given.
 * @typedef {object} Context
 * @property {import('./api.js').Api} api
 * @property {string} app
 * @property {string} name the channel, client or webhook, where it is about one
 * @property {Record<string, string>} query
 * @property {AbortSignal} signal ends with the view
 * @property {() => void} reload shows the view anew
 */

/** @typedef {(context: Context) => HTMLElement} View */

/** @type {Record<string, View>} */
const VIEWS = { '': overview, channels, channel, clients, client, why, webhooks, webhook, usage, settings };

const root = /** @type {HTMLElement} */ (document.getElementById('console'));
const server = api({ token: () => session()?.token ?? null, language, heard, expired: doubt });
/** @type {AbortController | null} the present view's */
let leaving = null;
/** @type {ReturnType<typeof shell> | null} */
let frame = null;
/** Why nobody is signed in. */
let ended = '';

function show() {
  leaving?.abort();
  leaving = new AbortController();
  if (!session()) {
    frame = null;
    document.title = `${t('door.title')} · RTMate`;
    put(root, door(ended));
    return;
  }
  const { parts, query } = parse(location.hash);
  const home = homeParts();
  if (parts.length === 0 && home.length > 0) return void location.replace(to(home));
  const place = placeOf(parts);
  if (!frame) {
    frame = shell({ find: () => openFinder() });
    put(root, frame.element);
  }
  /** @type {Context} */
  const context = { api: server, app: place.app, name: place.name, query, signal: leaving.signal, reload: show };
  frame.show(place, viewOf(place)(context));
}

/**
 * @typedef {object} Place
 * @property {string} app none: the server's own
 * @property {string} view
 * @property {string} name
 */

/** @param {string[]} parts @returns {Place} */
function placeOf(parts) {
  if (parts[0] !== 'app') return { app: '', view: parts.length ? '?' : 'apps', name: '' };
  return { app: parts[1] ?? '', view: parts[2] ?? '', name: parts[3] ?? '' };
}

/** @param {Place} place @returns {View} */
function viewOf(place) {
  const own = session()?.app;
  if (place.view === 'apps' && isOperator()) return apps;
  if (own && place.app !== own) return () => empty(t('elsewhere.title'), t('elsewhere.text', { app: own }), homeLink());
  if (place.app && Object.hasOwn(VIEWS, place.view)) return VIEWS[place.view];
  return () => empty(t('nowhere.title'), t('nowhere.text'), homeLink());
}

function homeLink() {
  return h('a', { class: 'link', href: to(homeParts()) }, t('nowhere.home'));
}

function homeParts() {
  const own = session()?.app;
  return own ? ['app', own] : [];
}

function openFinder() {
  const { app } = placeOf(parse(location.hash).parts);
  if (session()) finder(server, app);
}

/** Where a key means something only while nobody writes. @param {KeyboardEvent} event */
function isWriting(event) {
  const at = event.target;
  return at instanceof HTMLElement && (at.matches('input, textarea, select') || at.isContentEditable);
}

addEventListener('keydown', (event) => {
  const palette = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k';
  const slash = event.key === '/' && !event.ctrlKey && !event.metaKey && !event.altKey && !isWriting(event);
  if ((!palette && !slash) || document.querySelector('dialog[open]')) return;
  event.preventDefault();
  openFinder();
});
addEventListener('hashchange', show);
// Once for all frames: one that is no longer shown is held by nobody.
onLink(() => frame?.beat());
onLanguage(() => {
  frame = null;
  show();
});
onSession((why) => {
  ended = why;
  frame = null;
  forgetSeries();
  if (why === 'out') history.replaceState(null, '', '#/');
  show();
});
keepAlive();
keepTimes();
show();
