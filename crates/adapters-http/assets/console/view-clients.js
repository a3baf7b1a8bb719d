// @ts-check
/** The clients that are connected. */
import { ofApp } from './api.js';
import { h, write } from './dom.js';
import { count } from './format.js';
import { t } from './i18n.js';
import { avatar, pill, setSince, since } from './parts.js';
import { to } from './router.js';
import { listing } from './view-channels.js';

const PAGE = 50;
/** The server looks at every connection for it. */
const EVERY_MS = 8_000;

/** @type {import('./console.js').View} */
export function clients({ api, app, query, signal }) {
  return listing({
    app, query, signal, view: 'clients', title: t('nav.clients'), one: 'client',
    placeholder: t('clients.prefix'), open: t('clients.open'), none: t('clients.none'), noneText: t('clients.none.text'),
    everyMs: EVERY_MS,
    columns: [t('client'), `#${t('connections')}`, t('client.since')],
    load: async (prefix, cursor, ending) => {
      const page = await api.get(ofApp(app, 'clients'), { prefix, cursor, limit: PAGE }, ending);
      return { rows: page.clients, next: page.next };
    },
    key: ({ client, guest, watcher }) => [client, guest, watcher].join(' '),
    row: ({ client, connections, opened_at, guest, watcher }) => {
      const [figure, opened] = [h('td', 'num', count(connections)), since(opened_at)];
      const element = h('tr', '',
        h('td', 'name', h('span', 'row-tight', avatar(client), h('a', { href: to(['app', app, 'client', client]) }, client), guest && pill('', t('client.guest')), watcher && pill('info', t('client.watches')))),
        figure, h('td', 'quiet', opened));
      return Object.assign(element, { update: (/** @type {any} */ now) => {
        write(figure, count(now.connections));
        setSince(opened, now.opened_at);
      } });
    },
  });
}
