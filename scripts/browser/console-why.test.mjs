// An operator with only the console finds out why a client gets nothing.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { backend, openConsole, startClient, startConsoleServer, tokenOf } from './console-harness.mjs';
import { startBrowser } from './harness.mjs';

/** @type {Awaited<ReturnType<typeof startConsoleServer>>} */ let server;
/** @type {import('playwright-core').Browser} */ let browser;
/** @type {import('playwright-core').BrowserContext} */ let context;
/** @type {Awaited<ReturnType<typeof openConsole>>} */ let tab;
/** @type {ReturnType<typeof backend>} */ let api;

describe('why a client gets nothing', { timeout: 240_000 }, () => {
  before(async () => {
    server = await startConsoleServer();
    api = backend(server.url);
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  beforeEach(async () => {
    context = await browser.newContext({ locale: 'en-US', viewport: { width: 1360, height: 960 } });
    context.setDefaultTimeout(15_000);
    tab = await openConsole(context, server.url);
    await tab.signIn();
    await tab.page.locator('#role').waitFor();
  });
  afterEach(() => context.close());

  /** What the console says of a check. @param {string} name */
  const check = (name) => tab.page.locator(`#checks [data-check="${name}"]`).getAttribute('data-ok');

  test('it never came', async () => {
    const { cause, text } = await tab.why('shop', 'nobody', 'chat:lobby');
    assert.equal(cause, 'never_seen');
    assert.match(text, /nobody is not connected/);
    assert.equal(await check('connected'), 'false');
    await tab.shot('why-never');
  });

  test('it was disconnected, or its tokens were revoked', async () => {
    const bob = await startClient(context, server.url, 'bob-gone');
    await bob.subscribe('chat:lobby');
    await api('DELETE', 'apps/shop/clients/bob-gone');
    await bob.becomes('stopped');
    const gone = await tab.why('shop', 'bob-gone', 'chat:lobby');
    assert.equal(gone.cause, 'gone');
    assert.match(gone.text, /an operator or the backend disconnected it/);

    await startClient(context, server.url, 'bob-revoked');
    await api('POST', 'apps/shop/tokens/revoke', { client: 'bob-revoked' });
    const revoked = await tab.why('shop', 'bob-revoked', 'chat:lobby');
    assert.equal(revoked.cause, 'gone');
    assert.match(revoked.text, /its token was revoked/);
  });

  test('it is connected and did not subscribe; the console subscribes it', async () => {
    const bob = await startClient(context, server.url, 'bob-idle');
    await bob.subscribe('chat:loby');
    await api('POST', 'apps/shop/channels/chat%3Alobby/messages', { data: 1 });
    const { cause, text } = await tab.why('shop', 'bob-idle', 'chat:lobby');
    assert.equal(cause, 'never_asked');
    assert.match(text, /connected, but not subscribed to chat:lobby/);
    assert.deepEqual([await check('connected'), await check('subscribed'), await check('published'), await check('handed')], ['true', 'false', 'true', 'false']);
    await tab.page.locator('#verdict button', { hasText: 'Subscribe it now' }).click();
    await tab.answer('Subscribe');
    await tab.page.locator('#verdict[data-cause="later"]').waitFor();
    assert.equal(await check('subscribed'), 'true');
  });

  test('it asked and was denied, by a rule', async () => {
    const bob = await startClient(context, server.url, 'bob-denied', { caps: { 'chat:*': ['subscribe'] } });
    assert.equal(await bob.subscribe('orders:1'), 'permission_denied');
    const { cause, text } = await tab.why('shop', 'bob-denied', 'orders:1');
    assert.equal(cause, 'denied');
    assert.match(text, /no pattern names this channel in the token’s caps/);
    await tab.shot('why-denied');
  });

  test('it unsubscribed by itself', async () => {
    const bob = await startClient(context, server.url, 'bob-left');
    await bob.subscribe('chat:left');
    await bob.page.evaluate(() => /** @type {any} */ (window).rt.channel('chat:left').unsubscribe());
    await tab.page.waitForFunction(async ([url, token]) => {
      const response = await fetch(`${url}v1/apps/shop/clients/bob-left`, { headers: { authorization: `Bearer ${token}` } });
      return (await response.json()).data.connections[0].channels.length === 0;
    }, [server.url, await tab.page.evaluate(() => JSON.parse(sessionStorage.getItem('rtmate-console-session') ?? '{}').token)]);
    const { cause, text } = await tab.why('shop', 'bob-left', 'chat:left');
    assert.equal(cause, 'ended');
    assert.match(text, /the client unsubscribed/);
  });

  test('it is subscribed, and nobody publishes', async () => {
    const bob = await startClient(context, server.url, 'bob-waits');
    await bob.subscribe('chat:silent');
    const { cause } = await tab.why('shop', 'bob-waits', 'chat:silent');
    assert.equal(cause, 'nothing_published');
    assert.equal(await check('subscribed'), 'true');
  });

  test('what the console itself was refused is no refusal to publish', async () => {
    const bob = await startClient(context, server.url, 'bob-quiet', { app: 'tight' });
    await bob.subscribe('chat:quiet');
    // The page asks for members and history, of which this app has neither.
    await tab.at('#/app/tight/channel/chat%3Aquiet');
    await tab.page.locator('#members .empty', { hasText: 'No presence here' }).waitFor();
    await tab.page.locator('.facts dd', { hasText: 'no history' }).waitFor();
    const { cause, text } = await tab.why('tight', 'bob-quiet', 'chat:quiet');
    assert.equal(cause, 'nothing_published');
    assert.doesNotMatch(text, /not_enabled/);
    assert.equal(await check('published'), 'null');
  });

  test('it is subscribed, and who publishes is too fast', async () => {
    const bob = await startClient(context, server.url, 'bob-tight', { app: 'tight' });
    await bob.subscribe('chat:tight');
    const statuses = [];
    for (let at = 0; at < 4; at++) statuses.push((await api('POST', 'apps/tight/channels/chat%3Atight/messages', { data: at })).reason);
    assert.ok(statuses.includes('rate_limited'));
    const { cause, text } = await tab.why('tight', 'bob-tight', 'chat:tight');
    assert.equal(cause, 'publish_refused');
    assert.match(text, /too fast \(rate_limited\)/);
    assert.match(text, /messages_per_second/);
    await tab.shot('why-rate');
  });

  test('it is subscribed, and the message is not for it', async () => {
    const bob = await startClient(context, server.url, 'bob-echo');
    await bob.subscribe('chat:echo');
    await bob.send('chat:echo', 'to others', { echo: false });
    const { cause, text } = await tab.why('shop', 'bob-echo', 'chat:echo');
    assert.equal(cause, 'hidden');
    assert.match(text, /echo: false/);
  });

  test('it does not read', async () => {
    // A socket that nobody reads from: what is sent to it waits.
    const net = await import('node:net');
    const socket = net.connect(server.port, '127.0.0.1');
    const frame = (/** @type {string} */ text) => {
      const body = Buffer.from(text);
      const size = body.length < 126 ? Buffer.from([0x80 | body.length]) : Buffer.from([0xfe, body.length >> 8, body.length & 255]);
      return Buffer.concat([Buffer.from([0x81]), size, Buffer.alloc(4), body]);
    };
    socket.write('GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n');
    await new Promise((done) => socket.once('data', done));
    socket.write(frame(JSON.stringify({ event: 'auth', payload: { appId: 'shop', token: tokenOf('bob-slow') } })));
    socket.write(frame(JSON.stringify({ event: 'subscribe', payload: { channel: 'chat:flood' } })));
    socket.pause();
    try {
      const queued = async () => {
        const { data } = await api('GET', 'apps/shop/clients/bob-slow');
        return data.connections[0];
      };
      while (!(await queued())?.channels.includes('chat:flood')) await new Promise((done) => setTimeout(done, 20));
      const data = 'x'.repeat(60_000);
      let one = await queued();
      for (let sent = 0; one && one.queued_bytes < 200_000 && sent < 400; sent++) {
        await api('POST', 'apps/shop/channels/chat%3Aflood/messages', { data });
        one = await queued();
      }
      const { cause, text } = await tab.why('shop', 'bob-slow', 'chat:flood');
      assert.equal(cause, 'behind');
      assert.match(text, /bob-slow does not read what is sent to it/);
      await tab.shot('why-slow');
    } finally {
      socket.destroy();
    }
  });

  test('it got everything: the server has done its part', async () => {
    const bob = await startClient(context, server.url, 'bob-fine');
    await bob.subscribe('chat:fine');
    await api('POST', 'apps/shop/channels/chat%3Afine/messages', { data: 1 });
    const { cause } = await tab.why('shop', 'bob-fine', 'chat:fine');
    assert.equal(cause, 'handed');
    await tab.shot('why-handed');
  });
});
