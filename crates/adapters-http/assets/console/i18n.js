// @ts-check
/** The words of the chosen language. */
import { en } from './words-en.js';
import { zh } from './words-zh.js';

const STORED = 'rtmate-console-language';

/** @typedef {keyof typeof en} Word */

/** @type {'en' | 'zh'} */
let chosen = begin();
/** @type {Set<() => void>} */
const listeners = new Set();
document.documentElement.lang = chosen;

export function language() {
  return chosen;
}

/** @param {'en' | 'zh'} next */
export function speak(next) {
  chosen = next;
  document.documentElement.lang = next;
  try {
    localStorage.setItem(STORED, next);
  } catch {
    // It is asked again next time.
  }
  for (const listener of listeners) listener();
}

/** @param {() => void} listener */
export function onLanguage(listener) {
  listeners.add(listener);
}

/**
 * The words, with `{name}` filled in. `one|many` is chosen by `n`.
 * @param {Word} word
 * @param {Record<string, string | number>} [values]
 */
export function t(word, values = {}) {
  const texts = /** @type {Record<string, string>} */ (chosen === 'zh' ? zh : en);
  const forms = texts[word].split('|');
  const form = forms.length > 1 && Number(values.n) !== 1 ? forms[1] : forms[0];
  return form.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** Words that the server's names may have; the name itself where there are none. @param {string} family @param {string} name */
export function named(family, name) {
  const texts = /** @type {Record<string, string>} */ (chosen === 'zh' ? zh : en);
  return texts[`${family}.${name}`] ?? name;
}

/** @returns {'en' | 'zh'} */
function begin() {
  try {
    const kept = localStorage.getItem(STORED);
    if (kept === 'en' || kept === 'zh') return kept;
  } catch {
    // As the browser is set.
  }
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}
