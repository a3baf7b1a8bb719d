// @ts-check
/** Signing in. */
import { h, put } from './dom.js';
import { language, t } from './i18n.js';
import { told } from './parts.js';
import { signIn } from './session.js';
import { tools } from './shell.js';

/** @param {string} ended why nobody is signed in any more */
export function door(ended) {
  const key = h('input', {
    class: 'input mono', id: 'key', type: 'password', required: true, autocomplete: 'off', spellcheck: 'false', maxlength: 512, autofocus: true,
  });
  const app = h('input', { class: 'input', id: 'app', autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', maxlength: 64, placeholder: t('door.app.all') });
  const viewer = h('input', { type: 'checkbox', id: 'viewer' });
  const news = h('p', { role: 'alert', class: 'inline-bad' });
  const submit = h('button', { class: 'button button-main', type: 'submit' }, t('door.in'));
  if (ended === 'expired') put(news, t('door.expired'));

  const enter = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const shown = key.value.trim();
    if (!shown || submit.disabled) return;
    submit.disabled = true;
    put(news);
    try {
      await signIn(shown, { app: app.value.trim(), viewer: viewer.checked, lang: language() });
    } catch (error) {
      put(news, told(error));
      key.focus();
    } finally {
      // Right or wrong: it is not left lying in the page.
      key.value = '';
      submit.disabled = false;
    }
  };
  queueMicrotask(() => key.focus());

  return h('main', 'door', h('div', '',
    h('div', 'door-card',
      h('div', 'door-brand', h('img', { src: '/console/icon.svg', alt: '', width: 34, height: 34 }), h('div', '', h('h1', '', t('door.title')), h('p', 'quiet', t('door.sub')))),
      h('form', { on: { submit: enter } },
        h('div', 'field', h('label', { for: 'key' }, t('door.key')), key),
        h('div', 'field', h('label', { for: 'app' }, t('door.app')), app, h('p', 'field-hint', t('door.app.hint'))),
        h('label', { class: 'check', for: 'viewer' }, viewer, h('span', '', t('door.viewer'), h('span', 'field-hint', h('br'), t('door.viewer.hint')))),
        news, submit),
      h('div', 'door-hint', h('p', '', t('door.where')), h('code', '', 'rtmate config show --secrets'))),
    h('div', 'door-tools', tools())));
}
