// @ts-check
/** What lies above the view: questions, and short news. */
import { h } from './dom.js';
import { t } from './i18n.js';

/** How long news stay. */
const TOAST_MS = 4_500;
/** News that are shown at once. */
const TOASTS = 4;

/** @param {string} text @param {'' | 'bad'} [tone] */
export function toast(text, tone = '') {
  const box = document.getElementById('toasts');
  const element = h('div', `toast${tone ? ` toast-${tone}` : ''}`, text);
  box?.append(element);
  while (box && box.children.length > TOASTS) box.firstElementChild?.remove();
  setTimeout(() => element.remove(), TOAST_MS + text.length * 30);
}

/**
 * Asks before something that can't be taken back; the safe answer has the focus.
 * @param {{ title: string, text?: string, yes: string, body?: HTMLElement, tone?: string }} of
 * @returns {Promise<boolean>}
 */
export function ask({ title, text, yes, body, tone = 'main bad' }) {
  return new Promise((answered) => {
    const classes = `button ${tone.split(' ').map((one) => `button-${one}`).join(' ')}`;
    const no = h('button', { class: 'button', type: 'button', on: { click: () => dialog.close() } }, t('cancel'));
    const dialog = h('dialog', { class: 'dialog', 'aria-labelledby': 'ask-title' },
      h('div', 'dialog-body', h('h2', { id: 'ask-title' }, title), text && h('p', 'soft wrap', text), body),
      h('div', 'dialog-foot', no, h('button', { class: classes, type: 'button', on: { click: () => dialog.close('yes') } }, yes)));
    dialog.addEventListener('close', () => {
      dialog.remove();
      answered(dialog.returnValue === 'yes');
    });
    document.body.append(dialog);
    dialog.showModal();
    const first = body?.querySelector('input, textarea, select');
    (first instanceof HTMLElement ? first : no).focus();
  });
}
