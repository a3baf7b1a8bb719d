// @ts-check
/** Dark, light, or as the system is. */

const STORED = 'rtmate-console-theme';

/** @typedef {'system' | 'light' | 'dark'} Theme */

/** @returns {Theme} */
export function theme() {
  const set = document.documentElement.dataset.theme;
  return set === 'light' || set === 'dark' ? set : 'system';
}

/** The next of the three. @returns {Theme} */
export function turnTheme() {
  /** @type {Record<Theme, Theme>} */
  const following = { system: 'light', light: 'dark', dark: 'system' };
  const next = following[theme()];
  if (next === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  try {
    if (next === 'system') localStorage.removeItem(STORED);
    else localStorage.setItem(STORED, next);
  } catch {
    // It lasts as long as the page.
  }
  return next;
}
