// @ts-check
/** The frames as they go, newest last. */
import { make, stickToEnd } from './dom.js';

const KEPT = 200;
/** The one-line form; the whole frame is shown when opened. */
const LINE_CHARACTERS = 240;

const ARROWS = { out: ['↑', 'sent'], in: ['↓', 'received'], note: ['·', 'connection'] };

/**
 * @typedef {'out' | 'in' | 'note'} Direction
 * @typedef {{ direction: Direction, at: Date, label: string, id: string, line: string, body: any }} Entry
 */

export class FramesView {
  #paused = false;
  /** @type {Entry[]} came while paused */ #held = [];

  /**
   * @param {object} parts
   * @param {HTMLElement} parts.list
   * @param {HTMLButtonElement} parts.pause
   * @param {HTMLButtonElement} parts.clear
   * @param {HTMLElement} parts.count
   */
  constructor({ list, pause, clear, count }) {
    this.list = list;
    this.pause = pause;
    this.count = count;
    pause.addEventListener('click', () => this.#setPaused(!this.#paused));
    clear.addEventListener('click', () => {
      this.#held = [];
      list.replaceChildren();
      this.#showCount();
    });
    this.#showCount();
  }

  /** @param {Direction} direction @param {string} text */
  add(direction, text) {
    const entry = describe(direction, text);
    if (this.#paused) {
      this.#held.push(entry);
      if (this.#held.length > KEPT) this.#held.shift();
    } else {
      stickToEnd(this.list, () => this.#append(entry));
    }
    this.#showCount();
  }

  /** @param {boolean} paused */
  #setPaused(paused) {
    this.#paused = paused;
    this.pause.setAttribute('aria-pressed', String(paused));
    this.pause.textContent = paused ? 'Resume' : 'Pause';
    if (!paused) {
      stickToEnd(this.list, () => this.#held.forEach((entry) => this.#append(entry)));
      this.#held = [];
    }
    this.#showCount();
  }

  /** @param {Entry} entry */
  #append(entry) {
    this.list.append(render(entry));
    while (this.list.children.length > KEPT) this.list.firstElementChild?.remove();
  }

  #showCount() {
    const held = this.#held.length ? `, ${this.#held.length} held` : '';
    this.count.textContent = `${this.list.children.length}${held}`;
  }
}

/**
 * @param {Direction} direction @param {string} text
 * @returns {Entry}
 */
function describe(direction, text) {
  const at = new Date();
  if (direction === 'note') return { direction, at, label: '', id: '', line: text, body: undefined };
  try {
    const body = masked(JSON.parse(text));
    const id = body?.id === undefined ? '' : `#${body.id}`;
    return { direction, at, label: labelOf(body), id, line: lineOf(body), body };
  } catch {
    return { direction, at, label: 'not JSON', id: '', line: text, body: undefined };
  }
}

/** A frame without token and session, so that a screenshot or a copied log gives nothing away. @param {any} frame */
function masked(frame) {
  if (frame === null || typeof frame !== 'object') return frame;
  const shown = { ...frame };
  for (const part of ['payload', 'data']) {
    for (const secret of ['token', 'session']) {
      const text = shown[part]?.[secret];
      if (typeof text === 'string') shown[part] = { ...shown[part], [secret]: maskToken(text) };
    }
  }
  return shown;
}

/** @param {string} token */
export function maskToken(token) {
  return `${token.slice(0, 3)}…(${token.length} characters)`;
}

/** @param {any} frame @returns {string} */
function labelOf(frame) {
  if (typeof frame?.event === 'string') return frame.event;
  return frame?.reason ? `${frame.code} ${frame.reason}` : String(frame?.code ?? '?');
}

/** What label and id do not say yet. @param {any} frame @returns {string} */
function lineOf(frame) {
  if (typeof frame?.event === 'string') return JSON.stringify(frame.payload ?? {});
  if (typeof frame?.code !== 'number') return JSON.stringify(frame);
  return frame.code === 200 ? JSON.stringify(frame.data ?? null) : String(frame.message);
}

/** @param {Entry} entry */
function render({ direction, at, label, id, line, body }) {
  const item = make('li', `frame frame-${direction}`);
  item.dataset.direction = direction;
  item.dataset.label = label;
  if (typeof body?.code === 'number' && body.code !== 200) item.classList.add('frame-error');

  const [arrow, meaning] = ARROWS[direction];
  const sign = make('span', 'frame-arrow', arrow);
  sign.setAttribute('aria-hidden', 'true');
  const time = make('time', 'frame-time', clock(at));
  time.dateTime = at.toISOString();
  const short = line.length > LINE_CHARACTERS ? `${line.slice(0, LINE_CHARACTERS)}…` : line;
  const parts = [sign, make('span', 'visually-hidden', meaning), time];
  if (label) parts.push(make('span', 'frame-label', label));
  if (id) parts.push(make('span', 'frame-id', id));
  parts.push(make('code', 'frame-line', short));

  if (body === undefined) {
    const row = make('div', 'frame-row');
    row.append(...parts);
    item.append(row);
    return item;
  }
  const details = make('details');
  const summary = make('summary', 'frame-row');
  summary.append(...parts);
  details.append(summary);
  details.addEventListener('toggle', () => {
    // Made when first opened: most frames never are.
    if (details.open && details.children.length === 1) {
      details.append(make('pre', 'frame-pretty', JSON.stringify(body, null, 2)));
    }
  });
  item.append(details);
  return item;
}

/** @param {Date} at */
function clock(at) {
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}
