// What an operator does in the console beside looking: webhooks and their dead letters, usage, purging, revoking.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { OPERATOR_KEY, backend, openConsole, startClient, startConsoleServer } from './console-harness.mjs';
import { startBrowser } from './harness.mjs';

/** @type {Awaited<ReturnType<typeof startConsoleServer>>} */ let server;
/** @type {import('playwright-core').Browser} */ let browser;
/** @type {import('playwright-core').BrowserContext} */ let context;
/** @type {Awaited<ReturnType<typeof openConsole>>} */ let tab;
/** @type {string} */ let data;
/** What the receiver answers. */
let status = 500;
const receiver = createServer((request, response) => {
  request.resume();
  response.statusCode = status;
  response.end();
});

describe('work in the console', { timeout: 240_000 }, () => {
  before(async () => {
    await new Promise((done) => receiver.listen(0, '127.0.0.1', () => done(undefined)));
    const { port } = /** @type {import('node:net').AddressInfo} */ (receiver.address());
    data = await mkdtemp(join(tmpdir(), 'rtmate-console-'));
    const extra = `
[apps.events]
keep = true
[[apps.webhooks]]
name = "crm"
url = "http://127.0.0.1:${port}/"
secret = "${'w'.repeat(40)}"
allow_private_addresses = true
`;
    server = await startConsoleServer({ data, extra });
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    receiver.close();
    if (data) await rm(data, { recursive: true, force: true });
  });
  beforeEach(async () => {
    context = await browser.newContext({ locale: 'en-US', viewport: { width: 1360, height: 860 } });
    context.setDefaultTimeout(15_000);
    tab = await openConsole(context, server.url);
    await tab.signIn();
    await tab.page.locator('#role').waitFor();
  });
  afterEach(() => context.close());

  test('a webhook fails, is mended and tried again', async () => {
    await startClient(context, server.url, 'event-maker');
    await tab.at('#/app/shop/webhooks');
    const hook = tab.page.locator('[data-webhook="crm"]');
    await hook.locator('.pill', { hasText: 'failing' }).waitFor();
    await hook.locator('.inline-bad', { hasText: 'the receiver answered 500' }).waitFor();
    await hook.locator('button', { hasText: 'Test' }).click();
    await tab.page.locator('.toast', { hasText: 'unavailable' }).waitFor();
    await tab.shot('webhooks');
    status = 200;
    await hook.locator('button', { hasText: 'Try now' }).click();
    await hook.locator('.pill', { hasText: 'up to date' }).waitFor();
    await hook.locator('button', { hasText: 'Test' }).click();
    await tab.page.locator('.toast', { hasText: 'took the test' }).waitFor();
  });

  test('dead letters are read, sent again and dropped', async () => {
    // A request is given up after twelve hours, so the server's part is played here.
    const letter = (/** @type {number} */ number) => ({ number, first: number, last: number + 1, at: Date.now() - 60_000, attempts: 80, failure: 'the receiver answered 500', body: { events: [{ type: 'member.joined', client: 'amy' }] } });
    let letters = [letter(7), letter(9)];
    /** @type {string[]} */
    const done = [];
    await tab.page.route(/webhooks\/crm\/letters/, (route) => {
      const [method, path] = [route.request().method(), new URL(route.request().url()).pathname];
      if (method === 'GET') return route.fulfill({ json: { code: 200, message: 'success', data: { letters, more: false } } });
      done.push(`${method} ${path.split('/crm/')[1]}`);
      const number = Number(/letters\/(\d+)/.exec(path)?.[1]);
      const before = letters.length;
      letters = letters.filter((one) => number && one.number !== number);
      return route.fulfill({ json: { code: 200, message: 'success', data: { done: before - letters.length, more: false } } });
    });
    await tab.at('#/app/shop/webhook/crm');
    await tab.page.locator('[data-letter="7"] summary').click();
    await tab.page.locator('[data-letter="7"] pre', { hasText: 'member.joined' }).waitFor();
    await tab.page.locator('[data-letter="7"] button', { hasText: 'Send again' }).click();
    await tab.page.locator('[data-letter="7"]').waitFor({ state: 'detached' });
    await tab.page.locator('button', { hasText: 'Drop all' }).click();
    assert.deepEqual(done, ['POST letters/7/replay'], 'nothing is dropped before the answer');
    await tab.shot('letters');
    await tab.answer('Drop');
    await tab.page.locator('.empty', { hasText: 'No dead letters' }).waitFor();
    assert.deepEqual(done, ['POST letters/7/replay', 'DELETE letters']);
  });

  test('all dead letters are sent again, as many at a time as the server takes', async () => {
    let left = 3;
    let asked = 0;
    await tab.page.route(/webhooks\/crm\/letters/, (route) => {
      if (route.request().method() === 'GET') return route.fulfill({ json: { code: 200, message: 'success', data: { letters: [], more: false } } });
      asked += 1;
      left -= 1;
      return route.fulfill({ json: { code: 200, message: 'success', data: { done: 1, more: left > 0 } } });
    });
    await tab.at('#/app/shop/webhook/crm');
    await tab.page.locator('button', { hasText: 'Send all again' }).click();
    await tab.page.locator('.toast', { hasText: '3 taken' }).waitFor();
    assert.equal(asked, 3);
  });

  test('an action keeps its button, runs once, and is not called tried again where no answer comes', async () => {
    await tab.page.clock.install();
    let asked = 0;
    // Nobody answers it.
    await tab.page.route(/webhooks\/crm\/test/, () => void (asked += 1));
    await tab.at('#/app/shop/webhook/crm');
    const press = tab.page.locator('.head button', { hasText: 'Test' });
    await press.waitFor();
    await press.focus();
    const rounds = async (/** @type {number} */ times) => {
      for (let round = 0; round < times; round++) {
        const looked = tab.page.waitForResponse(/shop\/webhooks\?/);
        await tab.page.clock.runFor(4_500);
        await (await looked).finished();
      }
    };
    await tab.page.keyboard.press('Enter');
    await rounds(8);
    await tab.page.locator('.head button[aria-busy]:focus', { hasText: 'Test' }).waitFor();
    await tab.page.keyboard.press('Enter');
    await rounds(3);
    await tab.page.locator('.toast', { hasText: 'No answer came' }).waitFor();
    assert.equal(asked, 1);
    assert.equal(await tab.page.locator('.pulse').getAttribute('data-state'), 'live');
  });

  test('what happens is listed while it happens', async () => {
    await tab.at('#/app/shop');
    const client = await startClient(context, server.url, 'newcomer');
    await tab.page.bringToFront();
    await tab.page.locator('#events li', { hasText: 'Connected newcomer' }).waitFor();
    await client.close();
    await tab.page.locator('#events li', { hasText: 'Disconnected newcomer' }).waitFor();
  });

  test('usage moves towards the quota', async () => {
    const api = backend(server.url);
    for (let at = 0; at < 10; at++) await api('POST', 'apps/shop/channels/chat%3Aused/messages', { data: at });
    await tab.at('#/app/shop/usage');
    const used = async () => Number(await tab.page.locator('tr[data-metric="messages"] td').last().innerText());
    // What is counted once a second is there a moment later.
    for (let tries = 0; (await used()) < 10; tries++) {
      assert.ok(tries < 20);
      await tab.page.reload();
      await tab.page.locator('tr[data-metric="messages"]').waitFor();
    }
    await tab.page.locator('[data-quota="monthly_messages"]', { hasText: '/ 1,000' }).waitFor();
    await tab.page.locator('#metric').selectOption('bytes_out');
    await tab.page.locator('h2', { hasText: 'Bytes out' }).waitFor();
    await tab.shot('usage');
  });

  test('a history is purged, a client’s tokens are revoked', async () => {
    const api = backend(server.url);
    const client = await startClient(context, server.url, 'leaver');
    await client.subscribe('chat:purged');
    await client.send('chat:purged', 'to be forgotten');
    await tab.at('#/app/shop/channel/chat%3Apurged');
    await tab.page.locator('#messages pre', { hasText: 'to be forgotten' }).waitFor();
    await tab.page.locator('.head button', { hasText: 'Purge history' }).click();
    await tab.answer('Cancel');
    assert.equal((await api('GET', 'apps/shop/channels/chat%3Apurged/messages')).data.messages.length, 1);
    await tab.page.locator('.head button', { hasText: 'Purge history' }).click();
    await tab.answer('Purge');
    await tab.page.locator('#messages .empty', { hasText: 'No messages kept' }).waitFor();

    await tab.at('#/app/shop/client/leaver');
    await tab.page.locator('#there', { hasText: '1 connection' }).waitFor();
    await tab.page.locator('#revoke').click();
    await tab.answer('Revoke');
    await client.becomes('stopped');
    await tab.page.locator('.toast', { hasText: 'Revoked; 1 connection ended' }).waitFor();
  });

  test('an app made over the API is disabled, enabled and deleted', async () => {
    const api = backend(server.url, OPERATOR_KEY);
    await api('POST', 'apps', { id: 'fresh', default_grants: { '*': ['subscribe'] } });
    await tab.at('#/app/fresh/settings');
    await tab.page.locator('.document', { hasText: '"fresh"' }).waitFor();
    await tab.page.locator('button', { hasText: 'Disable' }).click();
    await tab.answer('Disable');
    await tab.page.locator('.pill', { hasText: 'disabled' }).waitFor();
    await tab.page.locator('button', { hasText: 'Enable' }).click();
    await tab.page.locator('.pill', { hasText: 'active' }).waitFor();
    await tab.page.locator('button', { hasText: 'Delete' }).click();
    await tab.answer('Delete');
    await tab.page.locator('tr[data-app="shop"]').waitFor();
    assert.equal(await tab.page.locator('tr[data-app="fresh"]').count(), 0);
    // Those of the configuration say why not.
    await tab.at('#/app/shop/settings');
    await tab.page.locator('button[aria-disabled=true]', { hasText: 'Delete' }).click({ force: true });
    await tab.page.locator('.toast', { hasText: 'from the configuration' }).waitFor();
  });
});
