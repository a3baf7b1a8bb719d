// What the tests of the console need: a server with apps of their own, clients in tabs, and an operator in front of a page.
import { createHash, createHmac } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startServer } from './harness.mjs';

export const OPERATOR_KEY = 'o'.repeat(64);
export const VIEWER_KEY = 'v'.repeat(64);
export const SHOP_KEY = 's'.repeat(64);
const SECRET = 'a secret of the shop that is long enough';

const hash = (/** @type {string} */ key) => createHash('sha256').update(key).digest('hex');

/** Apps for every question: `shop` keeps history and members, `tight` lets one message through in a long time. */
export function config(/** @type {{ extra?: string, server?: string, messages?: number }} */ { extra = '', server = '', messages = 1000 } = {}) {
  return `
[server]
${server}

[[operator.keys]]
name = "operator"
hash = "${hash(OPERATOR_KEY)}"
scopes = ["read", "publish", "manage"]

[[operator.keys]]
name = "viewer"
hash = "${hash(VIEWER_KEY)}"
scopes = ["read"]

[[apps]]
id = "shop"
jwt_keys = [{ alg = "HS256", secret = "${SECRET}" }]
api_keys = [{ name = "backend", hash = "${hash(SHOP_KEY)}", scopes = ["read", "publish"] }]
default_grants = { "*" = ["subscribe", "send", "presence", "history"] }
limits = { monthly_messages = ${messages} }
${extra}
[[apps.namespaces]]
pattern = "*"
presence = true
history = { size = 100, durability = "memory" }

[[apps]]
id = "tight"
jwt_keys = [{ alg = "HS256", secret = "${SECRET} 2" }]
default_grants = { "*" = ["subscribe", "send"] }
limits = { messages_per_second = 1, messages_burst = 1 }
`;
}

/** @param {Parameters<typeof config>[0] & { port?: number, data?: string }} [how] */
export function startConsoleServer({ port = 0, data, ...how } = {}) {
  return startServer(port, data, { config: config(how) });
}

/** A token of an app. @param {string} client @param {{ app?: string, caps?: object, info?: object, seconds?: number }} [how] */
export function tokenOf(client, { app = 'shop', caps, info, seconds = 3600 } = {}) {
  const now = Math.floor(Date.now() / 1000);
  const part = (/** @type {object} */ value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const body = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ app_id: app, client_id: client, iat: now, exp: now + seconds, ...(caps && { caps }), ...(info && { info }) })}`;
  const secret = app === 'tight' ? `${SECRET} 2` : SECRET;
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
}

/**
 * A client of the SDK in a tab of its own.
 * @param {import('playwright-core').BrowserContext} context
 * @param {string} url of the server
 * @param {string} client
 * @param {Parameters<typeof tokenOf>[1]} [how]
 */
export async function startClient(context, url, client, how = {}) {
  const page = await context.newPage();
  // An empty page of the server's origin that has no policy.
  await page.goto(`${url}sdk/rtmate.js`);
  await page.evaluate(async ({ token, app }) => {
    const { RTMate } = await import(String('/sdk/rtmate.js'));
    const rt = new RTMate('/ws', { appId: app, getToken: () => token, language: 'en' });
    Object.assign(window, { rt });
    await rt.connect();
  }, { token: tokenOf(client, how), app: how?.app ?? 'shop' });
  return {
    page,
    /** What became of it: '' or the reason of the refusal. @param {string} channel @param {object} [options] */
    subscribe: (channel, options = {}) => page.evaluate(async ([channel, options]) =>
      /** @type {any} */ (window).rt.channel(channel).subscribe(options).then(() => '', (/** @type {any} */ error) => error.reason), [channel, options]),
    /** @param {string} channel @param {unknown} data @param {object} [options] */
    send: (channel, data, options = {}) => page.evaluate(async ([channel, data, options]) =>
      /** @type {any} */ (window).rt.channel(channel).send(data, options).then(() => '', (/** @type {any} */ error) => error.reason), [channel, data, options]),
    state: () => page.evaluate(() => /** @type {any} */ (window).rt.state),
    /** @param {string} state */
    becomes: (state) => page.waitForFunction((state) => /** @type {any} */ (window).rt.state === state, state),
    close: () => page.evaluate(() => /** @type {any} */ (window).rt.close()),
  };
}

/** The server API, as a backend asks it. @param {string} url @param {string} [key] */
export function backend(url, key = OPERATOR_KEY) {
  /** @param {string} method @param {string} path @param {object} [body] */
  return async (method, path, body) => {
    const response = await fetch(`${url}v1/${path}`, { method, headers: { authorization: `Bearer ${key}` }, body: body && JSON.stringify(body) });
    return response.json();
  };
}

/**
 * An operator in front of the console.
 * @param {import('playwright-core').BrowserContext} context
 * @param {string} url
 */
export async function openConsole(context, url) {
  const page = await context.newPage();
  /** @type {string[]} */
  const errors = [];
  /** @type {string[]} addresses that the page asked for */
  const asked = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(`${url}console`);
  const at = async (/** @type {string} */ hash) => {
    // A tab behind another is slow to react.
    await page.bringToFront();
    await page.evaluate((hash) => void (location.hash = hash), hash);
  };
  return {
    page, errors, asked, at,
    /** @param {string} [key] @param {{ app?: string, viewer?: boolean }} [how] */
    signIn: async (key = OPERATOR_KEY, { app, viewer } = {}) => {
      await page.locator('#key').fill(key);
      if (app) await page.locator('#app').fill(app);
      if (viewer) await page.locator('#viewer').check();
      await page.locator('.door-card button[type=submit]').click();
    },
    /** The answer of a dialog. @param {string} name */
    answer: (name) => page.locator('dialog[open] .dialog-foot button', { hasText: name }).click(),
    /** The cause that the console finds. @param {string} app @param {string} client @param {string} channel */
    why: async (app, client, channel) => {
      await at(`#/app/${app}`);
      await page.locator('.side .nav-link', { hasText: 'Why?' }).click();
      await page.locator('#why-client').fill(client);
      await page.locator('#why-channel').fill(channel);
      await page.locator('#why-ask').click();
      const verdict = page.locator('#verdict');
      await verdict.waitFor();
      return { cause: await verdict.getAttribute('data-cause'), text: await verdict.innerText() };
    },
    /** Kept where CONSOLE_SHOTS says; nowhere without it. @param {string} name */
    shot: async (name) => {
      const folder = process.env.CONSOLE_SHOTS;
      if (!folder) return;
      await mkdir(folder, { recursive: true });
      await page.screenshot({ path: join(folder, `${name}.png`), fullPage: false });
    },
  };
}
