// @ts-check
/** What the app is: its document, and what an operator may do to it. */
import { ofApp } from './api.js';
import { ask, toast } from './dialog.js';
import { h, put } from './dom.js';
import { named, t } from './i18n.js';
import { acting, button, empty, head, loading, panel, pill, trouble } from './parts.js';
import { go } from './router.js';
import { isOperator } from './session.js';

/** @type {import('./console.js').View} */
export function settings({ api, app, signal, reload }) {
  const problem = trouble(false);
  const body = h('div', 'column', loading());
  const look = async () => {
    try {
      const shown = await api.get(`apps/${encodeURIComponent(app)}`, {}, signal);
      put(body, drawn({ api, app, shown, reload }));
    } catch (error) {
      if (signal.aborted) return;
      put(body);
      problem.show(error, look);
    }
  };
  if (isOperator()) void look();
  else put(body, h('div', 'panel', empty(t('settings.operators'), t('settings.operators.text'))));
  return h('div', '', head({ title: t('nav.settings') }), problem.element, body, revoking({ api, app }));
}

/** @param {{ api: import('./api.js').Api, app: string, shown: any, reload: () => void }} of */
function drawn({ api, app, shown, reload }) {
  const { status, source, document: own } = shown;
  const why = source === 'api' ? undefined : t('settings.fixed', { source: named('source', source) });
  const path = `apps/${encodeURIComponent(app)}`;
  const disabled = status === 'disabled';
  const turn = button(disabled ? t('app.enable') : t('app.disable'), acting(async () => {
    if (!disabled && !(await ask({ title: t('app.disable.ask', { app }), text: t('app.disable.text'), yes: t('app.disable') }))) return;
    await api.patch(path, { status: disabled ? 'active' : 'disabled' });
    toast(t('done'));
    reload();
  }), { scope: 'manage', why });
  const remove = button(t('app.delete'), acting(async () => {
    if (!(await ask({ title: t('app.delete.ask', { app }), text: t('app.delete.text'), yes: t('app.delete') }))) return;
    await api.remove(path);
    toast(t('done'));
    go([]);
  }), { scope: 'manage', why, tone: 'bad' });
  return h('div', 'column',
    panel({ title: app, note: pill(status === 'active' ? 'good' : 'wait', named('status', status)), end: [turn, remove], body: h('div', 'panel-body', h('p', 'quiet', why ?? named('source', source))) }),
    panel({ title: t('settings.document'), note: t('settings.document.note'), body: own ? h('pre', { class: 'document', tabindex: 0 }, JSON.stringify(own, null, 2)) : empty(t('settings.demo')) }));
}

/** Revoking one token by its id. @param {{ api: import('./api.js').Api, app: string }} of */
function revoking({ api, app }) {
  const token = h('input', { class: 'input mono', id: 'revoke-token', maxlength: 256, placeholder: 'jti', 'aria-label': t('revoke.token'), autocomplete: 'off', spellcheck: 'false' });
  const act = button(t('revoke'), acting(async () => {
    const named_ = token.value.trim();
    if (!named_ || !(await ask({ title: t('revoke.token.ask', { token: named_ }), text: t('revoke.token.text'), yes: t('revoke') }))) return;
    const { closed } = await api.post(ofApp(app, 'tokens', 'revoke'), { token: named_ });
    token.value = '';
    toast(t('revoked', { n: closed }));
  }), { scope: 'manage', tone: 'bad' });
  return panel({ title: t('revoke.token'), body: h('div', 'panel-body', h('p', 'quiet', t('revoke.token.hint')), h('div', 'row', token, act)) });
}
