// @ts-check
/** What the app used in a month, what it may use, and what that costs. */
import { Refused, ofApp } from './api.js';
import { bars, meter } from './charts.js';
import { h, put } from './dom.js';
import { bytes, count, locale, short, span } from './format.js';
import { named, t } from './i18n.js';
import { empty, head, loading, panel, table, told, trouble } from './parts.js';
import { go } from './router.js';
import { isOperator } from './session.js';

/** Months that can be chosen. */
const MONTHS = 12;

/** @type {[name: string, show: (value: number | null | undefined) => string][]} */
const METRICS = [
  ['messages', count], ['deliveries', count], ['bytes_in', bytes], ['bytes_out', bytes], ['connection_ms', hours], ['presence_ms', hours],
  ['peak_connections', count], ['peak_channels', count], ['history_bytes', bytes], ['webhook_deliveries', count], ['recoveries', count],
];

/** Quotas and what counts towards them. @type {[limit: string, metric: string, of: number][]} */
const QUOTAS = [['monthly_messages', 'messages', 1], ['monthly_deliveries', 'deliveries', 1], ['monthly_connection_minutes', 'connection_ms', 60_000]];

/** @param {number | null | undefined} ms */
function hours(ms) {
  return ms ? span(ms) : ms === 0 ? '0' : '–';
}

/** @type {import('./console.js').View} */
export function usage({ api, app, query, signal }) {
  const months = lastMonths();
  const month = months.find((one) => one === query.month) ?? months[0];
  const metric = METRICS.some(([name]) => name === query.metric) ? query.metric : 'messages';
  const problem = trouble(false);
  const chart = h('div', 'panel-body', loading());
  const totals = h('div', '', loading());
  const quotas = h('div', 'panel-body', loading());
  const cost = h('div', '', loading());
  const choose = (/** @type {string} */ name, /** @type {string} */ label, /** @type {[string, string][]} */ options, /** @type {string} */ value) =>
    h('select', {
      class: 'input', id: name, 'aria-label': label,
      on: { change: (/** @type {Event} */ event) => go(['app', app, 'usage'], { month, metric, [name]: /** @type {HTMLSelectElement} */ (event.target).value }) },
    }, options.map(([of, text]) => h('option', { value: of, selected: of === value }, text)));

  const look = async () => {
    problem.show(null);
    try {
      const used = await api.get(ofApp(app, 'usage'), { from: `${month}-01`, to: `${after(month)}-01`, step: 'day' }, signal);
      drawChart(chart, used, month, metric);
      drawTotals(totals, used.total);
      await Promise.all([drawQuotas(api, quotas, app, used.total, signal), drawBill(api, cost, app, month, signal)]);
    } catch (error) {
      if (signal.aborted) return;
      put(chart);
      put(totals);
      problem.show(error, look);
    }
  };
  void look();
  return h('div', '',
    head({ title: t('nav.usage'), end: [
      choose('metric', t('usage.metric'), METRICS.map(([name]) => [name, named('metric', name)]), metric),
      choose('month', t('usage.month'), months.map((one) => [one, monthName(one)]), month)] }),
    problem.element,
    panel({ title: named('metric', metric), note: t('usage.days'), body: chart }),
    h('div', 'columns',
      panel({ title: t('usage.total', { month: monthName(month) }), body: totals }),
      h('div', 'column', panel({ title: t('quotas'), note: month === months[0] ? '' : monthName(month), body: quotas }), panel({ title: t('bill'), body: cost }))));
}

/** @param {HTMLElement} chart @param {any} used @param {string} month @param {string} metric */
function drawChart(chart, used, month, metric) {
  const show = METRICS.find(([name]) => name === metric)?.[1] ?? count;
  const known = new Map(used.rows.map((/** @type {any} */ row) => [row.from.slice(0, 10), row[metric]]));
  const days = Number(new Date(Date.parse(`${after(month)}-01T00:00:00Z`) - 1).toISOString().slice(8, 10));
  const rows = Array.from({ length: days }, (_, day) => {
    const date = `${month}-${String(day + 1).padStart(2, '0')}`;
    return { label: date, value: Number(known.get(date) ?? 0) };
  });
  put(chart, bars(rows, { label: named('metric', metric), show }));
}

/** @param {HTMLElement} totals @param {any} total */
function drawTotals(totals, total) {
  const { element, body } = table(t('usage.metric'), `#${t('usage.used')}`);
  put(body, METRICS.map(([name, show]) => h('tr', { 'data-metric': name }, h('td', '', named('metric', name)), h('td', { class: 'num', title: count(total[name]) }, show(total[name])))));
  put(totals, element);
}

/** @param {import('./api.js').Api} api @param {HTMLElement} box @param {string} app @param {any} total @param {AbortSignal} signal */
async function drawQuotas(api, box, app, total, signal) {
  if (!isOperator()) return put(box, h('p', 'quiet', t('quotas.operators')));
  const shown = await api.get(`apps/${encodeURIComponent(app)}`, {}, signal).catch(() => null);
  const limits = shown?.document?.limits ?? {};
  const set = QUOTAS.filter(([name]) => Number(limits[name]) > 0);
  if (!set.length) return put(box, h('p', 'quiet', t('quotas.none')));
  put(box, set.map(([name, metric, of]) => {
    const used = Math.floor(total[metric] / of);
    const share = used / limits[name];
    const tone = share >= 1 ? 'tone-bad' : share >= (limits.monthly_warning_percent ?? 80) / 100 ? 'tone-4' : 'tone-1';
    return h('div', { class: 'quota', 'data-quota': name }, h('div', 'row', h('span', '', named('quota', name)), h('span', 'panel-end', h('strong', '', short(used)), h('span', 'quiet', ` / ${short(limits[name])} · ${Math.floor(share * 100)} %`))), meter(share, `meter-wide ${tone}`));
  }));
}

/** @param {import('./api.js').Api} api @param {HTMLElement} box @param {string} app @param {string} month @param {AbortSignal} signal */
async function drawBill(api, box, app, month, signal) {
  try {
    const bill = await api.get(ofApp(app, 'bill'), { month }, signal);
    if (!bill.items.length) return put(box, empty(t('bill.none'), t('bill.none.text')));
    const { element, body } = table(t('usage.metric'), `#${t('bill.quantity')}`, `#${t('bill.amount')}`);
    put(body,
      bill.items.map((/** @type {any} */ item) => h('tr', '', h('td', '', named('metric', item.metric)), h('td', 'num', short(item.quantity)), h('td', 'num', item.amount))),
      h('tr', 'total', h('td', '', h('strong', '', bill.final ? t('bill.total') : t('bill.sofar'))), h('td'), h('td', 'num', h('strong', '', `${bill.total} ${bill.currency}`))));
    put(box, element);
  } catch (error) {
    if (!signal.aborted) put(box, empty(error instanceof Refused && error.status === 404 ? t('bill.none') : told(error)));
  }
}

function lastMonths() {
  const now = new Date();
  return Array.from({ length: MONTHS }, (_, back) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1)).toISOString().slice(0, 7));
}

/** @param {string} month */
function after(month) {
  const [year, number] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number, 1)).toISOString().slice(0, 7);
}

/** @param {string} month */
function monthName(month) {
  return new Date(`${month}-15T00:00:00Z`).toLocaleDateString(locale(), { month: 'long', year: 'numeric', timeZone: 'UTC' });
}
