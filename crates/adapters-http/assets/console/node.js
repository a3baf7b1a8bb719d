// @ts-check
/** The whole server at this moment, for operators. */
import { tile } from './charts.js';
import { h, put } from './dom.js';
import { Figures } from './figures.js';
import { bytes, count, latency, rate, short, span } from './format.js';
import { t } from './i18n.js';
import { Latency } from './latency.js';
import { pill } from './parts.js';
import { poll } from './poll.js';
import { Series, keptSeries } from './series.js';

const EVERY_MS = 2_000;

class NodeFigures extends Figures {
  delivery = new Latency();
  command = new Latency();
  memory = new Series();

  /** @param {any} looked @override */
  add(looked) {
    super.add(looked);
    const { bounds_ms: bounds, delivery, commands } = looked.latency;
    this.delivery.add(looked.at, bounds, delivery.cumulative);
    const kinds = /** @type {{ cumulative: number[] }[]} */ (Object.values(commands));
    // All kinds together: what an operator asks first is whether answers are quick.
    const together = kinds.length ? kinds[0].cumulative.map((_, place) => kinds.reduce((sum, kind) => sum + kind.cumulative[place], 0)) : [];
    this.command.add(looked.at, bounds, together);
    this.memory.level(looked.at, looked.resident_bytes);
  }
}

const figures = () => keptSeries('node', () => new NodeFigures());

/** @param {import('./api.js').Api} api @param {AbortSignal} signal @param {(looked: any, figures: NodeFigures) => void} draw */
export function followNode(api, signal, draw) {
  return poll(async (ending) => {
    const looked = await api.get('overview', {}, ending);
    figures().add(looked);
    draw(looked, figures());
  }, EVERY_MS, signal, () => {});
}

/** A tile of two quantiles. @param {import('./i18n.js').Word} word */
export function latencyTile(word) {
  const made = tile({ label: t(word), tone: 'tone-2', show: latency });
  return {
    element: made.element,
    /** @param {Latency} now */
    update: (now) => made.update({
      value: now.p50.latest, note: t('node.p99', { value: latency(now.p99.latest) }), lines: [now.p99.points, now.p50.points], tones: ['tone-4', 'tone-2'],
    }),
  };
}

/** @param {import('./api.js').Api} api @param {AbortSignal} signal */
export function nodeTiles(api, signal) {
  const tiles = {
    connections: tile({ label: t('tile.connections'), show: short }),
    published: tile({ label: t('tile.published'), tone: 'tone-3', show: rate }),
    delivered: tile({ label: t('tile.delivered'), show: rate }),
    delivery: latencyTile('tile.delivery'),
    command: latencyTile('tile.command'),
    refused: tile({ label: t('tile.refused'), tone: 'tone-bad', show: rate }),
  };
  for (const [name, one] of Object.entries(tiles)) one.element.id = `node-${name}`;
  const line = h('p', { class: 'quiet row', id: 'node-line' });
  followNode(api, signal, (looked, { of, delivery, command }) => {
    const second = t('per.second');
    tiles.connections.update({ value: looked.connections, note: t('channels.n', { n: count(looked.channels) }), lines: [of.connections.points] });
    tiles.published.update({ value: of.published.latest, unit: second, note: perSecond(of.published_bytes.latest), lines: [of.published.points] });
    tiles.delivered.update({ value: of.delivered.latest, unit: second, note: perSecond(of.delivered_bytes.latest), lines: [of.delivered.points] });
    tiles.delivery.update(delivery);
    tiles.command.update(command);
    tiles.refused.update({ value: of.refused.latest, unit: second, lines: [of.refused.points] });
    put(line,
      looked.draining && pill('wait', t('node.draining')),
      h('span', '', t('node.version', { version: looked.version })), h('span', '', t('node.up', { span: span(looked.at - looked.started_at) })),
      looked.resident_bytes !== undefined && h('span', '', t('node.memory', { size: bytes(looked.resident_bytes) })),
      h('span', '', t('node.queues', { size: bytes(looked.queue_bytes), limit: bytes(looked.queue_bytes_limit) })));
  });
  return h('div', 'column node', h('div', 'tiles', Object.values(tiles).map(({ element }) => element)), line);
}

/** @param {number | null} value */
const perSecond = (value) => (value ? `${bytes(value)}${t('per.second')}` : '');
