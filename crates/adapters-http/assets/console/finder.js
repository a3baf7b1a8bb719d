// @ts-check
/** Finds a channel, a client or a view by a few letters, from anywhere. */
import { ofApp } from './api.js';
import { h, put } from './dom.js';
import { icon } from './icons.js';
import { t } from './i18n.js';
import { to } from './router.js';
import { isOperator } from './session.js';

/** How long nobody writes before the server is asked. */
const QUIET_MS = 160;
/** Found ones of each kind. */
const MOST = 6;

/** @typedef {{ icon: import('./icons.js').Icon, text: string, note: string, address: string }} Item */

/** @param {import('./api.js').Api} api @param {string} app none: apps are looked for */
export function finder(api, app) {
  const input = h('input', {
    class: 'finder-input', type: 'text', role: 'combobox', 'aria-expanded': 'true', 'aria-controls': 'finder-list', 'aria-label': t('find.open'),
    placeholder: app ? t('find.placeholder', { app }) : t('find.apps'), autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', maxlength: 200,
  });
  const list = h('ul', { class: 'finder-list', id: 'finder-list', role: 'listbox', 'aria-label': t('find.open') });
  const dialog = h('dialog', { class: 'dialog finder', 'aria-label': t('find.open') }, input, list);
  /** @type {Item[]} */
  let items = [];
  let chosen = 0;
  let asked = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const open = (/** @type {Item | undefined} */ item) => {
    if (!item) return;
    dialog.close();
    location.hash = item.address;
  };
  const draw = () => {
    chosen = Math.max(0, Math.min(chosen, items.length - 1));
    put(list, items.map((item, place) => h('li', {
      class: 'finder-item', id: `found-${place}`, role: 'option', 'aria-selected': String(place === chosen),
      on: { click: () => open(item), pointermove: () => choose(place) },
    }, icon(item.icon), h('span', 'clip', item.text), h('span', 'quiet', item.note))));
    input.setAttribute('aria-activedescendant', items.length ? `found-${chosen}` : '');
  };
  const choose = (/** @type {number} */ place) => {
    if (place === chosen) return;
    list.children[chosen]?.setAttribute('aria-selected', 'false');
    chosen = place;
    list.children[chosen]?.setAttribute('aria-selected', 'true');
    list.children[chosen]?.scrollIntoView({ block: 'nearest' });
    input.setAttribute('aria-activedescendant', `found-${chosen}`);
  };
  const look = async () => {
    const text = input.value.trim();
    const turn = ++asked;
    const found = app ? await inApp(api, app, text) : await amongApps(api, text);
    if (turn !== asked || !dialog.open) return;
    items = found;
    draw();
  };

  input.addEventListener('input', () => {
    clearTimeout(timer);
    // An answer to what stood here before comes too late.
    asked += 1;
    chosen = 0;
    items = app ? direct(app, input.value.trim()) : [];
    draw();
    timer = setTimeout(() => void look(), QUIET_MS);
  });
  input.addEventListener('keydown', (event) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step) choose((chosen + step + items.length) % Math.max(1, items.length));
    if (event.key === 'Enter') open(items[chosen]);
    if (step || event.key === 'Enter') event.preventDefault();
  });
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  dialog.addEventListener('close', () => {
    clearTimeout(timer);
    dialog.remove();
  });
  document.body.append(dialog);
  dialog.showModal();
  input.focus();
  items = app ? direct(app, '') : [];
  draw();
  void look();
}

/** What needs nobody to be asked: that name as a client, as a channel. @param {string} app @param {string} text @returns {Item[]} */
function direct(app, text) {
  if (!text) {
    return [
      { icon: 'why', text: t('why.ask'), note: t('nav.why'), address: to(['app', app, 'why']) },
      { icon: 'channels', text: t('nav.channels'), note: '', address: to(['app', app, 'channels']) },
      { icon: 'clients', text: t('nav.clients'), note: '', address: to(['app', app, 'clients']) },
      ...(isOperator() ? [{ icon: /** @type {const} */ ('apps'), text: t('nav.apps'), note: '', address: to([]) }] : []),
    ];
  }
  return [
    { icon: 'clients', text, note: t('find.client'), address: to(['app', app, 'client', text]) },
    { icon: 'channels', text, note: t('find.channel'), address: to(['app', app, 'channel', text]) },
    { icon: 'why', text: t('find.why', { client: text }), note: t('nav.why'), address: to(['app', app, 'why'], { client: text }) },
  ];
}

/** @param {import('./api.js').Api} api @param {string} app @param {string} text @returns {Promise<Item[]>} */
async function inApp(api, app, text) {
  const [channels, clients] = await Promise.all([
    api.get(ofApp(app, 'channels'), { prefix: text, limit: MOST }).then((page) => page.channels, () => []),
    api.get(ofApp(app, 'clients'), { prefix: text, limit: MOST }).then((page) => page.clients, () => []),
  ]);
  /** @type {Item[]} */
  const found = [
    ...clients.map((/** @type {any} */ one) => ({ icon: 'clients', text: String(one.client), note: t('find.client.there'), address: to(['app', app, 'client', one.client]) })),
    ...channels.map((/** @type {any} */ one) => ({ icon: 'channels', text: String(one.channel), note: t('subscribers.n', { n: one.subscribers }), address: to(['app', app, 'channel', one.channel]) })),
  ];
  const known = new Set(found.map(({ address }) => address));
  return [...found, ...direct(app, text).filter(({ address }) => !known.has(address))];
}

/** @param {import('./api.js').Api} api @param {string} text @returns {Promise<Item[]>} */
async function amongApps(api, text) {
  const page = await api.get('apps', { limit: 1000 }).catch(() => ({ apps: [] }));
  const fits = page.apps.filter((/** @type {any} */ one) => String(one.app).toLowerCase().includes(text.toLowerCase()));
  return fits.slice(0, 12).map((/** @type {any} */ one) => ({ icon: 'apps', text: String(one.app), note: String(one.status), address: to(['app', one.app]) }));
}
