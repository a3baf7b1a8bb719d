// @ts-check
/** Numbers, sizes and times as people of the chosen language read them. */
import { language, t } from './i18n.js';

/** @type {Map<string, Intl.NumberFormat>} */
const numbers = new Map();

/** @param {Intl.NumberFormatOptions} options */
function numberFormat(options) {
  const by = language() + JSON.stringify(options);
  const known = numbers.get(by) ?? new Intl.NumberFormat(locale(), options);
  numbers.set(by, known);
  return known;
}

export function locale() {
  return language() === 'zh' ? 'zh-CN' : 'en';
}

/** @param {number | null | undefined} value */
export function count(value) {
  return value === null || value === undefined ? '–' : numberFormat({ maximumFractionDigits: 0 }).format(value);
}

/** Short: 12,345, then 1.23M. @param {number | null | undefined} value */
export function short(value) {
  if (value === null || value === undefined) return '–';
  return value < 100_000 ? count(value) : numberFormat({ notation: 'compact', maximumSignificantDigits: 3 }).format(value);
}

/** A rate: with a digit behind the point where that says something. @param {number | null | undefined} value */
export function rate(value) {
  if (value === null || value === undefined) return '–';
  if (value === 0) return '0';
  return value < 10 ? numberFormat({ maximumFractionDigits: 1, minimumFractionDigits: 1 }).format(value) : short(Math.round(value));
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** @param {number | null | undefined} value */
export function bytes(value) {
  if (value === null || value === undefined) return '–';
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${numberFormat({ maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0 }).format(value)} ${UNITS[unit]}`;
}

/** A span, in its two largest units. @param {number} ms */
export function span(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return t('span.s', { s: seconds });
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return t('span.m', { m: minutes, s: seconds % 60 });
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return t('span.h', { h: hours, m: minutes % 60 });
  return t('span.d', { d: Math.floor(hours / 24), h: hours % 24 });
}

/** @param {number} at */
export function ago(at) {
  const past = Date.now() - at;
  return past < 1500 ? t('now') : t('ago', { span: span(past) });
}

/** The time of day; with the day where it is not today. @param {number} at */
export function clock(at) {
  const date = new Date(at);
  const time = date.toLocaleTimeString(locale(), { hour12: false });
  if (date.toDateString() === new Date().toDateString()) return time;
  return `${date.toLocaleDateString(locale(), { month: 'short', day: 'numeric' })} ${time}`;
}

/** With milliseconds, for lists of what happened. @param {number} at */
export function fineClock(at) {
  const time = new Date(at).toLocaleTimeString(locale(), { hour12: false });
  return `${time}.${String(at % 1000).padStart(3, '0')}`;
}

/** @param {number} at */
export function full(at) {
  return new Date(at).toLocaleString(locale(), { dateStyle: 'medium', timeStyle: 'long', hour12: false });
}

/** Milliseconds of latency. @param {number | null | undefined} ms */
export function latency(ms) {
  if (ms === null || ms === undefined) return '–';
  if (ms < 1) return `${numberFormat({ maximumFractionDigits: 0 }).format(ms * 1000)} µs`;
  if (ms < 1000) return `${numberFormat({ maximumSignificantDigits: 3 }).format(ms)} ms`;
  return `${numberFormat({ maximumSignificantDigits: 3 }).format(ms / 1000)} s`;
}

/** JSON for reading; short values stay on one line. @param {unknown} data */
export function json(data) {
  const flat = JSON.stringify(data) ?? 'null';
  return flat.length <= 90 ? flat : JSON.stringify(data, null, 2);
}
