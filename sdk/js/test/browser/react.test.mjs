// The example with React, in a real browser, against the real server.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../../../../scripts/harness/server.mjs';
import { reactModule, startBrowser } from './chromium.mjs';

const SECRET = 'a secret of at least thirty-two bytes';
const CONFIG = `
[[apps]]
id = "my-app"
jwt_keys = [{ alg = "HS256", secret = "${SECRET}" }]
default_grants = { "*" = ["subscribe", "send", "presence", "history"] }
origins = ["*"]
[[apps.namespaces]]
pattern = "chat:*"
presence = true
history = { size = 100 }
`;

/** @type {Awaited<ReturnType<typeof startServer>>} */ let server;
/** @type {import('playwright-core').Browser} */ let browser;
/** @type {import('node:child_process').ChildProcess} */ let backend;
/** @type {string} */ let page;
/** @type {string} */ let react;

/** A tab with the example, and React of node_modules in the place of the network's. */
async function openTab() {
  const context = await browser.newContext();
  const tab = await context.newPage();
  tab.setDefaultTimeout(20_000);
  /** @type {string[]} */ const errors = [];
  tab.on('pageerror', (error) => errors.push(String(error)));
  tab.on('console', (message) => message.type() === 'error' && !/ERR_CONNECTION|WebSocket connection/.test(message.text()) && errors.push(message.text()));
  await tab.route('https://esm.sh/**', (route) => {
    const isDom = route.request().url().includes('react-dom');
    const body = isDom ? "export { createRoot } from 'react';" : react;
    return route.fulfill({ contentType: 'text/javascript', headers: { 'access-control-allow-origin': '*' }, body });
  });
  await tab.goto(page);
  return {
    tab, errors,
    /** @param {string} text */
    say: async (text) => {
      await tab.getByLabel('Message').fill(text);
      await tab.getByLabel('Message').press('Enter');
    },
    /** @param {string} text */
    hears: (text) => tab.locator('li', { hasText: text }).waitFor(),
    texts: async () => (await tab.locator('li').allInnerTexts()).map((text) => text.replace(/^guest-\d+ /, '')),
    close: () => context.close(),
  };
}

describe('the example with React', { timeout: 120_000 }, () => {
  before(async () => {
    server = await startServer(0, undefined, { config: CONFIG });
    browser = await startBrowser();
    react = await reactModule();
    backend = spawn(process.execPath, [fileURLToPath(new URL('../../example/server.mjs', import.meta.url)), '0'], {
      env: { ...process.env, RTMATE_SECRET: SECRET, RTMATE_ADDRESS: `127.0.0.1:${server.port}` }, stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(/** @type {import('node:stream').Readable} */ (backend.stdout), 'data');
    page = String(line).trim();
  });
  after(async () => {
    await browser?.close();
    backend?.kill();
    await server?.stop();
  });

  test('two tabs chat, see each other, and outlive a restart of the server', async () => {
    const [one, two] = [await openTab(), await openTab()];
    await one.say('hello from one');
    await two.hears('hello from one');
    await two.say('hello from two');
    await one.hears('hello from two');
    await one.tab.getByText(/Here: guest-\d+, guest-\d+/).waitFor();
    await server.kill();
    for (const { tab } of [one, two]) await tab.getByText('reconnecting…').waitFor();
    await one.say('said without a server');
    server = await startServer(server.port, undefined, { config: CONFIG });
    await two.hears('said without a server');
    // The server kept nothing: that is told.
    await two.tab.getByText('Some messages are missing.').waitFor();
    assert.deepEqual(await one.texts(), ['hello from one', 'hello from two', 'said without a server']);
    assert.deepEqual([...one.errors, ...two.errors], []);
    await two.close();
    await one.tab.getByText(/Here: guest-\d+$/).waitFor();
    await one.close();
  });
});
