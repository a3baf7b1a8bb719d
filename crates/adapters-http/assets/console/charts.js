// @ts-check
/** Small charts, drawn as SVG by script; nothing but attributes and classes. */
import { h, put, s, write } from './dom.js';
import { clock } from './format.js';

const WIDTH = 200;
const HEIGHT = 50;
/** So much time fits; while less is known, no less than this. */
const WINDOW_MS = 5 * 60_000;
const LEAST_MS = 30_000;
/** Longer than this between two points is a hole. */
const HOLE_MS = 15_000;

/**
 * @typedef {import('./series.js').Point} Point
 * @typedef {{ points: Point[], tone: string }} Line
 */

/** A tile: a name, the figure of now, and its last minutes. @param {{ label: string, tone?: string, show: (value: number | null) => string }} of */
export function tile({ label, tone = 'tone-1', show }) {
  const value = h('span', 'tile-figure', '–');
  const unit = h('span', 'tile-unit');
  const noteText = h('span', 'tile-note');
  const chart = sparkline({ label, show });
  const element = h('section', { class: 'tile', 'aria-label': label },
    h('div', 'tile-label clip', label),
    h('div', 'tile-value', h('span', 'clip', value, unit), noteText),
    chart.element);
  return {
    element,
    /** @param {{ value: number | null, unit?: string, note?: string, lines: Point[][], tones?: string[] }} now */
    update(now) {
      // A figure with a unit of its own keeps it apart.
      const [figure, own = ''] = show(now.value).split(' ');
      write(value, figure);
      write(unit, now.unit ?? own);
      write(noteText, now.note ?? '');
      chart.update(now.lines.map((points, place) => ({ points, tone: now.tones?.[place] ?? tone })));
    },
  };
}

/** @param {{ label: string, show: (value: number | null) => string }} of */
export function sparkline({ label, show }) {
  const drawing = s('svg', { class: 'chart', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label });
  const element = h('div', 'tile-chart', drawing);
  /** @type {Line[]} */
  let lines = [];
  let end = Date.now();
  let width = LEAST_MS;
  pointing(element, (x) => {
    const at = end - width * (1 - x);
    const near = lines.map(({ points }) => nearest(points, at));
    const first = near.find((point) => point !== null);
    if (!first || Math.abs(first.at - at) > HOLE_MS) return null;
    const shown = near.map((point) => show(point?.value ?? null)).join(' / ');
    return { x: 1 - (end - first.at) / width, text: `${shown} · ${clock(first.at)}` };
  });
  return {
    element,
    /** @param {Line[]} next */
    update(next) {
      lines = next;
      end = Math.max(...next.map(({ points }) => points.at(-1)?.at ?? 0), 0) || Date.now();
      const begin = Math.min(...next.map(({ points }) => points[0]?.at ?? end));
      width = Math.max(LEAST_MS, Math.min(WINDOW_MS, end - begin));
      const top = Math.max(...next.flatMap(({ points }) => points.map(({ value }) => value ?? 0)), 0);
      put(drawing, next.flatMap((line, place) => drawn(line, { end, width, top, filled: place === 0 })));
    },
  };
}

/** @param {Line} line @param {{ end: number, width: number, top: number, filled: boolean }} of */
function drawn({ points, tone }, { end, width, top, filled }) {
  const x = (/** @type {number} */ at) => round(WIDTH * (1 - (end - at) / width));
  // A level line of zeros lies on the floor; the top keeps away from the edge.
  const y = (/** @type {number} */ value) => round(HEIGHT - 1.5 - (top > 0 ? value / top : 0) * (HEIGHT - 7));
  return pieces(points.filter(({ at }) => at >= end - width)).flatMap((piece) => {
    const path = piece.map(({ at, value }, place) => `${place ? 'L' : 'M'}${x(at)} ${y(value ?? 0)}`).join('');
    const area = `${path}L${x(piece[piece.length - 1].at)} ${HEIGHT}L${x(piece[0].at)} ${HEIGHT}Z`;
    return [
      filled && s('path', { class: `chart-area ${tone}`, d: area }),
      s('path', { class: `chart-line ${tone}`, d: path }),
    ];
  });
}

/** Runs of known values. @param {Point[]} points @returns {Point[][]} */
function pieces(points) {
  /** @type {Point[][]} */
  const found = [];
  /** @type {Point[]} */
  let run = [];
  for (const point of points) {
    const broken = point.value === null || (run.length > 0 && point.at - run[run.length - 1].at > HOLE_MS);
    if (broken && run.length) {
      found.push(run);
      run = [];
    }
    if (point.value !== null) run.push(point);
  }
  if (run.length) found.push(run);
  return found;
}

/** @param {Point[]} points @param {number} at */
function nearest(points, at) {
  /** @type {Point | null} */
  let best = null;
  for (const point of points) if (!best || Math.abs(point.at - at) < Math.abs(best.at - at)) best = point;
  return best;
}

/** @param {number} value */
const round = (value) => Math.round(value * 100) / 100;

/** A hair and a text where somebody points. @param {HTMLElement} element @param {(x: number) => { x: number, text: string } | null} look */
function pointing(element, look) {
  const hair = h('div', { class: 'chart-hair', hidden: true });
  const tip = h('div', { class: 'chart-tip', hidden: true });
  element.append(hair, tip);
  const hide = () => (hair.hidden = tip.hidden = true);
  element.addEventListener('pointerleave', hide);
  element.addEventListener('pointermove', (event) => {
    const box = element.getBoundingClientRect();
    const found = look((event.clientX - box.left) / box.width);
    if (!found) return hide();
    hair.hidden = tip.hidden = false;
    const left = Math.max(0, Math.min(1, found.x)) * box.width;
    hair.style.left = `${left}px`;
    tip.textContent = found.text;
    const half = tip.offsetWidth / 2;
    tip.style.left = `${Math.max(half + 2, Math.min(box.width - half - 2, left))}px`;
  });
}

/** A share of a whole, 0 to 1. @param {number} share @param {string} [of] a class */
export function meter(share, of = '') {
  const filled = s('rect', { class: 'meter-fill', x: 0, y: 0, width: 0, height: 5 });
  const drawing = s('svg', { class: `meter ${of}`, viewBox: '0 0 84 5', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    s('rect', { class: 'meter-track', x: 0, y: 0, width: 84, height: 5 }), filled);
  const set = (/** @type {number} */ to) => filled.setAttribute('width', String(round(84 * Math.max(0, Math.min(1, to)))));
  set(share);
  return Object.assign(drawing, { set });
}

/**
 * Bars, one for each row.
 * @param {{ label: string, value: number }[]} rows
 * @param {{ label: string, tone?: string, show: (value: number | null) => string }} of
 */
export function bars(rows, { label, tone = 'tone-1', show }) {
  const top = Math.max(...rows.map(({ value }) => value), 0);
  const slot = rows.length ? 1000 / rows.length : 1000;
  const gap = Math.min(slot * 0.28, 8);
  const drawing = s('svg', { class: `bars ${tone}`, viewBox: '0 0 1000 120', preserveAspectRatio: 'none', role: 'img', 'aria-label': label },
    s('line', { class: 'chart-floor', x1: 0, x2: 1000, y1: 119.5, y2: 119.5 }),
    rows.map(({ value }, place) => {
      const height = top > 0 ? (value / top) * 112 : 0;
      return s('rect', { class: 'bar-mark', x: round(place * slot + gap / 2), y: round(119 - height), width: round(slot - gap), height: round(height), rx: 2 });
    }));
  const middle = rows[Math.floor((rows.length - 1) / 2)];
  const axis = h('div', { class: 'bars-axis', 'aria-hidden': 'true' }, [rows[0], middle, rows.at(-1)].map((row) => h('span', '', row?.label ?? '')));
  const plot = h('div', 'bars-plot', h('span', 'bars-top', top > 0 ? show(top) : ''), drawing);
  const element = h('div', 'bars-box', plot, axis);
  pointing(plot, (x) => {
    const place = Math.min(rows.length - 1, Math.max(0, Math.floor(x * rows.length)));
    const row = rows[place];
    return row ? { x: (place + 0.5) / rows.length, text: `${show(row.value)} · ${row.label}` } : null;
  });
  return element;
}
