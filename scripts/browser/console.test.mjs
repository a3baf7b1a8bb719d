// The operator console in a real browser: what an operator in front of it sees and does.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { OPERATOR_KEY, SHOP_KEY, VIEWER_KEY, backend, openConsole, startClient, startConsoleServer } from './console-harness.mjs';
import { startBrowser } from './harness.mjs';

/** @type {Awaited<ReturnType<typeof startConsoleServer>>} */ let server;
/** @type {import('playwright-core').Browser} */ let browser;
/** @type {import('playwright-core').BrowserContext} */ let context;

/** What a browser logs by itself of answers that are no success. */
const ANSWERED = /Failed to load resource/;
const own = (/** @type {string[]} */ errors) => errors.filter((text) => !ANSWERED.test(text));

/** A port that nobody has, at this moment. @returns {Promise<number>} */
function freePort() {
  return new Promise((found) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (probe.address());
      probe.close(() => found(port));
    });
  });
}

/** A console that is signed in. @param {string} [key] @param {Parameters<Awaited<ReturnType<typeof openConsole>>['signIn']>[1]} [how] */
async function signedIn(key, how) {
  const tab = await openConsole(context, server.url);
  await tab.signIn(key, how);
  await tab.page.locator('#role').waitFor({ state: 'attached' });
  return tab;
}

/**
 * Waits until the figure of a tile is in a range.
 * @param {import('playwright-core').Page} page @param {string} tile @param {number} least @param {number} [most]
 */
async function figure(page, tile, least, most = Infinity) {
  const seen = ([tile, least, most]) => {
    const value = Number(document.querySelector(`#tile-${tile} .tile-figure`)?.textContent?.replace(/,/g, '') || NaN);
    return value >= least && value <= (most ?? Infinity);
  };
  await page.waitForFunction(/** @type {any} */ (seen), [tile, least, most]);
}

describe('the console', { timeout: 240_000 }, () => {
  before(async () => {
    server = await startConsoleServer();
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  beforeEach(async () => {
    context = await browser.newContext({ locale: 'en-US', viewport: { width: 1360, height: 860 } });
    context.setDefaultTimeout(15_000);
  });
  afterEach(() => context.close());

  test('a key opens a session, and is kept nowhere', async () => {
    const tab = await openConsole(context, server.url);
    await tab.signIn('a wrong key');
    await tab.page.locator('[role=alert]', { hasText: 'invalid_token' }).waitFor();
    assert.equal(await tab.page.locator('#key').inputValue(), '', 'a wrong key is not left in the field');
    await tab.signIn();
    await tab.page.locator('tr[data-app="shop"]').waitFor();
    await tab.shot('apps');
    const kept = await tab.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, document.documentElement.outerHTML]));
    assert.ok(!kept.includes(OPERATOR_KEY), 'no key in storage or page');
    assert.match(kept, /rts_[0-9a-f]{64}/);

    await tab.page.reload();
    await tab.page.locator('tr[data-app="shop"]').waitFor();
    await tab.page.locator('#sign-out').click();
    await tab.page.locator('#key').waitFor();
    assert.equal(await tab.page.evaluate(() => sessionStorage.length), 0);
    assert.deepEqual(own(tab.errors), []);
    assert.ok(tab.asked.every((url) => url.startsWith(server.url)), 'nothing is loaded from elsewhere');
  });

  test('the numbers move', async () => {
    const tab = await signedIn();
    await tab.at('#/app/shop');
    await figure(tab.page, 'connections', 0, 0);
    const client = await startClient(context, server.url, 'mover');
    await client.subscribe('chat:moving');
    await figure(tab.page, 'connections', 1, 1);
    await figure(tab.page, 'subscriptions', 1, 1);
    await tab.page.locator('#largest a', { hasText: 'chat:moving' }).waitFor();
    for (let at = 0; at < 30; at++) await client.send('chat:moving', at);
    await figure(tab.page, 'delivered', 0.001);
    await tab.page.locator('#tile-delivered path.chart-line').first().waitFor({ state: 'attached' });
    await tab.shot('overview');
    await client.close();
    await figure(tab.page, 'connections', 0, 0);
    assert.deepEqual(own(tab.errors), []);
  });

  test('a test message is sent, and stands in the channel', async () => {
    const tab = await signedIn();
    const client = await startClient(context, server.url, 'reader');
    await client.subscribe('chat:sending', { presence: true });
    await tab.at('#/app/shop/channel/chat%3Asending');
    await tab.page.locator('#members a', { hasText: 'reader' }).waitFor();
    await tab.page.locator('#send-data').fill('{"text": "from the console"}');
    await tab.page.locator('#send').click();
    await tab.page.locator('.inline-good', { hasText: 'Sent as number 1' }).waitFor();
    await tab.page.reload();
    await tab.page.locator('#messages pre', { hasText: 'from the console' }).waitFor();
    assert.deepEqual(own(tab.errors), []);
  });

  test('a channel is watched as it happens', async () => {
    const tab = await signedIn();
    const writer = await startClient(context, server.url, 'writer');
    // A channel with history whose stream has not begun.
    await tab.page.route(/private-room\?/, (route) => route.fulfill({ json: { code: 200, message: 'success', data: { channel: 'private-room', subscribers: 0 } } }));
    await tab.at('#/app/shop/channel/private-room');
    await tab.page.locator('#messages .empty').waitFor();
    await tab.page.locator('.facts dd', { hasText: 'nothing yet' }).waitFor();
    await tab.page.unroute(/private-room\?/);
    await tab.page.locator('#watch').click();
    await tab.page.locator('#watching[data-state=live]').waitFor();
    // By the backend, for no client may send there: who watches needs no grant of the app's.
    const api = backend(server.url);
    await api('POST', 'apps/shop/channels/private-room/messages', { data: { text: 'as it happens' }, name: 'note' });
    await tab.page.locator('#messages .message-new', { hasText: 'as it happens' }).waitFor();
    await tab.shot('watch');
    await tab.page.locator('#watch').click();
    await tab.page.locator('#watching[data-state=live]').waitFor({ state: 'detached' });
    const gone = async () => (await api('GET', 'apps/shop/channels/private-room')).data.subscribers === 0;
    while (!(await gone())) await new Promise((done) => setTimeout(done, 20));

    // Leaving the view ends it as well, and a message comes in once although it is in the history too.
    await tab.at('#/app/shop/channel/chat%3Aboth');
    await tab.page.locator('#watch').click();
    await tab.page.locator('#watching[data-state=live]').waitFor();
    await writer.send('chat:both', 'once');
    await tab.page.locator('#messages pre', { hasText: 'once' }).waitFor();
    await writer.send('chat:both', 'twice');
    await tab.page.locator('#messages pre', { hasText: 'twice' }).waitFor();
    assert.equal(await tab.page.locator('#messages [data-message]').count(), 2);
    await tab.at('#/app/shop');
    while ((await api('GET', 'apps/shop/channels/chat%3Aboth')).data.subscribers > 0) await new Promise((done) => setTimeout(done, 20));
    assert.deepEqual(own(tab.errors), []);
  });

  test('what is watched has no hole, is in order, and is not asked for with each message', async () => {
    const tab = await signedIn();
    const api = backend(server.url);
    const path = 'apps/shop/channels/private-busy';
    const send = (/** @type {string} */ text) => api('POST', `${path}/messages`, { data: text });
    await send('kept');
    await tab.at('#/app/shop/channel/private-busy');
    await tab.page.locator('#messages pre', { hasText: 'kept' }).waitFor();
    await send('before the watch');
    // What is fetched then arrives after what is pushed meanwhile.
    let release = () => {};
    const held = new Promise((done) => { release = () => done(undefined); });
    await tab.page.route(/private-busy\/messages/, async (route) => {
      const response = await route.fetch();
      await held;
      await route.fulfill({ response });
    });
    const fetched = tab.page.waitForRequest(/private-busy\/messages/);
    await tab.page.locator('#watch').click();
    await tab.page.locator('#watching[data-state=live]').waitFor();
    await fetched;
    const since = tab.asked.length;
    for (let at = 1; at <= 40; at++) await send(`pushed ${at}`);
    await tab.page.locator('#messages pre', { hasText: 'pushed 40' }).waitFor();
    const figures = tab.asked.slice(since).filter((url) => /private-busy(\?|\/presence)/.test(url)).length;
    assert.ok(figures < 10, `${figures} requests beside 40 messages`);
    release();
    await tab.page.locator('#messages pre', { hasText: 'before the watch' }).waitFor();
    const order = ['"kept"', '"before the watch"', ...Array.from({ length: 40 }, (_, at) => `"pushed ${at + 1}"`)].reverse();
    assert.deepEqual(await tab.page.locator('#messages pre').allInnerTexts(), order);
    assert.deepEqual(own(tab.errors), []);
  });

  test('with an internal address the console is there alone, and watches from there', async () => {
    const port = await freePort();
    const apart = await startConsoleServer({ server: `internal_listen = "127.0.0.1:${port}"` });
    try {
      assert.equal((await fetch(`${apart.url}console`)).status, 404);
      const internal = `http://127.0.0.1:${port}/`;
      const tab = await openConsole(context, internal);
      await tab.signIn();
      await tab.page.locator('tr[data-app="shop"]').waitFor();
      await tab.at('#/app/shop/channel/chat%3Alobby');
      await tab.page.locator('#watch').click();
      await tab.page.locator('#watching[data-state=live]').waitFor();
      await backend(internal)('POST', 'apps/shop/channels/chat%3Alobby/messages', { data: 'from inside' });
      await tab.page.locator('#messages pre', { hasText: 'from inside' }).waitFor();
      assert.deepEqual(own(tab.errors), []);
    } finally {
      await apart.stop();
    }
  });

  test('a client is found, unsubscribed and disconnected, each after a question', async () => {
    const tab = await signedIn();
    const client = await startClient(context, server.url, 'bob');
    await client.subscribe('chat:lobby');
    await client.subscribe('chat:kitchen');
    await tab.at('#/app/shop');
    await tab.page.locator('#largest').waitFor();
    await tab.page.keyboard.press('/');
    await tab.page.keyboard.type('bo');
    await tab.page.locator('.finder-item', { hasText: 'Client, connected' }).waitFor();
    await tab.page.keyboard.press('Enter');
    await tab.page.locator('#there', { hasText: '1 connection' }).waitFor();

    await tab.page.locator('[data-channel="chat:kitchen"] button').click();
    await tab.answer('Cancel');
    await tab.page.locator('[data-channel="chat:kitchen"] button').click();
    await tab.answer('Unsubscribe');
    await tab.page.locator('[data-channel="chat:kitchen"]').waitFor({ state: 'detached' });
    assert.equal(await tab.page.locator('[data-channel="chat:lobby"]').count(), 1);

    await tab.shot('client');
    await tab.page.locator('#disconnect').click();
    assert.equal(await client.state(), 'online', 'nothing happens before the answer');
    await tab.answer('Disconnect');
    await client.becomes('stopped');
    await tab.page.locator('#there', { hasText: 'not connected' }).waitFor();
    await tab.page.locator('[data-what="closed"]').first().waitFor();
    assert.deepEqual(own(tab.errors), []);
  });

  test('a viewer changes nothing, and is told why', async () => {
    for (const [key, how] of /** @type {const} */ ([[VIEWER_KEY, {}], [OPERATOR_KEY, { viewer: true }]])) {
      const tab = await signedIn(key, how);
      assert.match(await tab.page.locator('#role').innerText(), /Viewer/);
      const client = await startClient(context, server.url, 'watched');
      await client.subscribe('chat:watched');
      await tab.at('#/app/shop/client/watched');
      await tab.page.locator('#there', { hasText: '1 connection' }).waitFor();
      for (const act of ['#disconnect', '#revoke', '[data-channel="chat:watched"] button']) {
        assert.equal(await tab.page.locator(act).getAttribute('aria-disabled'), 'true');
        await tab.page.locator(act).click({ force: true });
        await tab.page.locator('.toast', { hasText: 'lacks the scope “manage”' }).last().waitFor();
      }
      assert.equal(await tab.page.locator('dialog[open]').count(), 0);
      await tab.at('#/app/shop/channel/chat%3Awatched');
      assert.equal(await tab.page.locator('#send').getAttribute('aria-disabled'), 'true');
      assert.equal(await client.state(), 'online');
      await client.close();
      await tab.page.close();
    }
  });

  test('who watches is called so by the server, not by a name', async () => {
    const tab = await signedIn();
    const one = (/** @type {string} */ client, /** @type {object} */ more) => ({ client, connections: 1, opened_at: 1, guest: false, ...more });
    const clients = [one('watch-tower', { watcher: false }), one('watch-older', {}), one('watch-1', { watcher: true })];
    await tab.page.route(/apps\/shop\/clients\?/, (route) => route.fulfill({ json: { code: 200, message: 'success', data: { clients } } }));
    await tab.at('#/app/shop/clients');
    await tab.page.locator('tbody tr', { has: tab.page.locator('.pill', { hasText: 'watches' }) }).waitFor();
    assert.deepEqual(await tab.page.locator('tbody .pill').count(), 1);
    assert.match(await tab.page.locator('tbody tr', { has: tab.page.locator('.pill') }).innerText(), /watch-1/);
  });

  test('a key of one app sees that app alone', async () => {
    const tab = await signedIn(SHOP_KEY, { app: 'shop' });
    await tab.page.locator('#tile-connections').waitFor();
    assert.equal(await tab.page.locator('.side a', { hasText: 'All apps' }).count(), 0);
    await tab.at('#/app/tight');
    await tab.page.locator('.empty', { hasText: 'for shop alone' }).waitFor();
    assert.deepEqual(own(tab.errors), []);
  });

  test('what comes from outside stays text', async () => {
    const attack = '<img src=x onerror=document.title=1><script>document.title=1</script>';
    const tab = await signedIn();
    const client = await startClient(context, server.url, 'mallory', { info: { name: attack } });
    await client.subscribe('chat:hostile', { presence: true });
    await client.send('chat:hostile', { text: attack }, { name: attack });
    await tab.at('#/app/shop/channel/chat%3Ahostile');
    await tab.page.locator('#messages pre', { hasText: attack }).waitFor();
    await tab.page.locator('#messages .message-head', { hasText: attack }).waitFor();
    await tab.page.locator('#members', { hasText: attack }).waitFor();

    // The server lets such names not come to be; the page does not rely on it.
    const answer = (/** @type {object} */ data) => ({ json: { code: 200, message: 'success', data } });
    await tab.page.route(/apps\/shop\/channels\?/, (route) => route.fulfill(answer({ channels: [{ channel: attack, subscribers: 1 }], more: false })));
    await tab.page.route(/apps\/shop\/clients\?/, (route) => route.fulfill(answer({ clients: [{ client: attack, connections: 1, opened_at: 1, guest: false }] })));
    await tab.page.route(/apps\/shop\/clients\//, (route) => route.fulfill(answer({ client: attack, connections: [{ connection: attack, opened_at: 1, channels: [attack], token: attack }] })));
    await tab.page.route(/apps\/shop\/explain/, (route) => route.fulfill(answer({
      verdict: 'refused', says: attack, since: 1, facts: [{ at: 1, what: attack, says: attack, channel: attack, client: attack, message: attack }],
    })));
    await tab.page.route(/apps\/shop\/webhooks/, (route) => route.fulfill({ status: 400, json: { code: 400, message: attack, reason: attack, data: null } }));
    const named = encodeURIComponent(attack);
    for (const view of ['channels', 'clients', `client/${named}`, `why?client=${named}`, `channel/${named}`, 'webhooks', `webhook/${named}`]) {
      await tab.at(`#/app/shop/${view}`);
      await tab.page.locator('#view', { hasText: attack }).waitFor();
      assert.equal(await tab.page.locator('#console img[src=x], #console script').count(), 0, view);
    }
    assert.notEqual(await tab.page.title(), '1');
    assert.deepEqual(own(tab.errors), []);
  });
});
