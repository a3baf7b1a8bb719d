// The demo page in a real browser: what a person in front of it sees.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { openTab, ownServer, scriptedServer, startBrowser, startServer } from './harness.mjs';

/** What a browser logs by itself while nobody listens on the port. */
const UNREACHABLE = /net::ERR_|WebSocket connection to .* failed/;

/** @type {Awaited<ReturnType<typeof startServer>>} */ let server;
/** @type {import('playwright-core').Browser} */ let browser;
/** @type {import('playwright-core').BrowserContext} */ let context;

describe('the demo page', { timeout: 180_000 }, () => {
  before(async () => {
    server = await startServer();
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  beforeEach(async () => {
    context = await browser.newContext();
    context.setDefaultTimeout(15_000);
  });
  afterEach(() => context.close());

  test('two tabs connect on their own and chat both ways', async () => {
    const amber = await openTab(context, server.url);
    const jade = await openTab(context, server.url);
    for (const tab of [amber, jade]) {
      await tab.state('online');
      await tab.joined();
    }
    assert.notEqual(await amber.name(), await jade.name());

    await amber.say('hello from amber');
    await jade.message('hello from amber').waitFor();
    await jade.say('hello back');
    await amber.message('hello back').waitFor();

    for (const tab of [amber, jade]) {
      await tab.message('hello back').waitFor();
      assert.equal(await tab.message('hello').count(), 2, 'each message once, its own ones too');
      await tab.pending().first().waitFor({ state: 'detached' });
      assert.deepEqual(tab.errors, []);
    }
    const said = jade.message('hello from amber').locator('.message-from');
    assert.equal(await said.innerText(), await amber.name());
  });

  test('thirty lines of it know the SDK', async () => {
    const folder = new URL('../../crates/adapters-http/assets/demo/', import.meta.url);
    const text = await readFile(new URL('demo.js', folder), 'utf8');
    assert.ok(text.split('\n').length - 1 <= 30, 'demo.js has thirty lines');
    const scripts = (await readdir(folder)).filter((name) => name.endsWith('.js'));
    const served = await Promise.all(scripts.map(async (name) => [name, await (await fetch(`${server.url}demo/${name}`)).text()]));
    const users = served.filter(([, script]) => /^import .*'\/sdk\//m.test(script)).map(([name]) => name);
    assert.deepEqual(users.sort(), ['demo.js', 'token.js'], 'token.js has the error that says: no token, ever');
  });

  test('a tab keeps its name over a reload, a copy of the tab gets another', async () => {
    const tab = await openTab(context, server.url);
    await tab.state('online');
    const name = await tab.name();
    await tab.page.reload();
    await tab.state('online');
    assert.equal(await tab.name(), name);

    const [copy] = await Promise.all([context.waitForEvent('page'), tab.page.evaluate(() => void window.open('/'))]);
    await copy.locator('#state[data-state="online"]').waitFor();
    assert.notEqual(await copy.locator('#name-input').inputValue(), name);
    assert.deepEqual(tab.errors, []);
  });

  test('the frames are shown, the token is not', async () => {
    const tab = await openTab(context, server.url);
    await tab.joined();
    await tab.say('a frame to look at');
    await tab.message('a frame to look at').waitFor();

    const frame = (/** @type {string} */ direction, /** @type {string} */ label) =>
      tab.page.locator(`#frames > [data-direction="${direction}"][data-label="${label}"]`);
    await frame('out', 'subscribe').first().waitFor();
    await frame('out', 'messageSend').first().waitFor();
    await frame('in', '200').first().waitFor();
    await frame('in', 'message').first().locator('summary').click();
    await frame('in', 'message').first().locator('pre', { hasText: '"text": "a frame to look at"' }).waitFor();

    const auth = frame('out', 'auth').first();
    await auth.locator('summary').click();
    const pretty = await auth.locator('pre').innerText();
    assert.match(pretty, /"token": "eyJ…\(\d+ characters\)"/);
    const { token } = JSON.parse(tab.sent.find((text) => text.includes('"auth"')) ?? '').payload;
    assert.ok(token.length > 40);
    assert.ok(!(await tab.page.content()).includes(token.slice(10, 40)), 'no part of the token in the page');
    assert.deepEqual(tab.errors, []);
  });

  test('pausing holds frames back, clearing empties the list', async () => {
    const tab = await openTab(context, server.url);
    await tab.joined();
    const list = tab.page.locator('#frames');
    await tab.page.locator('#frames-pause').click();
    await tab.page.locator('#frames-clear').click();
    await tab.say('while paused');
    await tab.message('while paused').waitFor();
    assert.equal(await list.locator('> li').count(), 0);
    await tab.page.locator('#frames-pause').click();
    await list.locator('> li', { hasText: 'while paused' }).first().waitFor();
    assert.deepEqual(tab.errors, []);
  });

  test('a script in a message stays text', async () => {
    const writer = await openTab(context, server.url);
    const reader = await openTab(context, server.url);
    await writer.joined();
    await reader.joined();
    const attack = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
    await writer.say(attack);
    for (const tab of [writer, reader]) {
      await tab.message('onerror').waitFor();
      assert.equal(await tab.message('onerror').locator('.message-text').innerText(), attack);
      assert.equal(await tab.page.locator('#chat-lists img, #chat-lists script, #frames img, #frames script').count(), 0);
      assert.equal(await tab.page.title(), 'RTMate demo');
      assert.deepEqual(tab.errors, []);
    }
  });

  test('another channel is joined and its messages stay apart', async () => {
    const tab = await openTab(context, server.url);
    await tab.joined();
    await tab.page.locator('#join-input').fill('chat:kitchen');
    await tab.page.locator('#join-input').press('Enter');
    await tab.page.locator('.note', { hasText: 'Joined chat:kitchen' }).waitFor();
    await tab.say('soup is ready');
    await tab.message('soup is ready').waitFor();
    await tab.page.locator('#channels button', { hasText: 'chat:lobby' }).first().click();
    await tab.message('soup is ready').waitFor({ state: 'hidden' });
    assert.deepEqual(tab.errors, []);
  });

  test('an expiring token is replaced on the same connection', async () => {
    /** @type {import('playwright-core').WebSocketRoute[]} */
    const sockets = [];
    const tab = await openTab(context, server.url, (page) =>
      page.routeWebSocket(/\/ws\?/, (socket) => {
        socket.connectToServer();
        sockets.push(socket);
      }),
    );
    await tab.joined();
    sockets[0].send(JSON.stringify({ event: 'tokenExpiring', payload: { expiresAt: Date.now() + 60_000 } }));
    const auths = tab.page.locator('#frames > [data-direction="out"][data-label="auth"]');
    await auths.nth(1).waitFor();
    await tab.say('still here');
    await tab.message('still here').waitFor();
    assert.equal(sockets.length, 1);
    assert.equal(await tab.page.locator('#frames > .frame-error').count(), 0);
    assert.deepEqual(tab.errors, []);
  });

  describe('what a close code means', () => {
    /** @param {number} code @param {object} [disconnect] the push before it; comes on the first connection only */
    const closedWith = async (code, disconnect) => {
      let tokens = 0;
      const tab = await openTab(context, server.url, async (page) => {
        page.on('request', (request) => (tokens += Number(new URL(request.url()).pathname === '/demo/token')));
        await scriptedServer(page, (frame, socket, connection) => {
          if (frame.event === 'auth') {
            socket.reply({ state: true, client_id: 'amber', connection_id: String(connection), ping_interval_ms: 25_000 });
          } else {
            socket.reply({ channel: frame.payload.channel });
            if (connection > 1) return;
            if (disconnect) socket.push('disconnect', { code, ...disconnect });
            socket.close(code);
          }
        });
      });
      return { ...tab, tokens: () => tokens };
    };

    test('4000 to 4099 do not come back, until a person says so', async () => {
      const tab = await closedWith(4006, { reason: 'token_revoked' });
      assert.match(await tab.went('refused'), /token revoked \(4006, token_revoked\)/);
      await tab.page.locator('#reconnect').click();
      await tab.state('online');
      assert.equal(tab.tokens(), 2);
    });

    test('4100 to 4199 come back after a backoff, with the same token', async () => {
      const tab = await closedWith(4101, { reason: 'too_slow' });
      assert.match(await tab.went('reconnecting'), /in \d+ s.*4101, too_slow/s);
      await tab.state('online');
      assert.equal(tab.tokens(), 1);
    });

    test('4200 to 4299 come back after the given delay', async () => {
      const before = Date.now();
      const tab = await closedWith(4202, { reason: 'reconnect', retryAfterMs: 1500 });
      await tab.went('reconnecting');
      await tab.state('online');
      assert.ok(Date.now() - before >= 1500);
      assert.equal(tab.tokens(), 1);
    });

    test('4203 fetches a new token first', async () => {
      const tab = await closedWith(4203, { reason: 'token_expired', retryAfterMs: 0 });
      await tab.went('reconnecting');
      await tab.state('online');
      assert.equal(tab.tokens(), 2);
    });
  });

  test('silence, and no answer to a ping, means that the connection is gone', async () => {
    const tab = await openTab(context, server.url, (page) =>
      scriptedServer(page, (frame, socket, connection) => {
        const ping_interval_ms = connection === 1 ? 200 : 25_000;
        if (frame.event === 'ping' && connection === 1) return;
        socket.reply(frame.event === 'auth' ? { client_id: 'amber', connection_id: String(connection), ping_interval_ms } : {});
      }),
    );
    assert.match(await tab.went('reconnecting'), /no sign of life/);
    await tab.state('online');
    assert.deepEqual(tab.errors, []);
  });

  test('a message without an answer is sent again with the same key', async () => {
    /** @type {string[]} */
    const keys = [];
    const tab = await openTab(context, server.url, (page) =>
      scriptedServer(page, (frame, socket, connection) => {
        const { channel, data, key } = frame.payload;
        if (frame.event === 'auth') return socket.reply({ client_id: 'amber', connection_id: String(connection) });
        if (frame.event === 'subscribe') return socket.reply({ channel });
        keys.push(key);
        if (connection === 1) return socket.close(1011);
        socket.reply({ channel, id: 'm1', ts: Date.now() });
        socket.push('message', { channel, data, id: 'm1', ts: Date.now(), from: { client: 'amber', connection: String(connection) } });
      }),
    );
    await tab.joined();
    await tab.say('sent twice, kept once');
    await tab.pending().first().waitFor();
    await tab.message('sent twice, kept once').waitFor();
    assert.equal(await tab.pending().count(), 0);
    assert.equal(keys.length, 2);
    assert.equal(keys[0], keys[1]);
    assert.deepEqual(tab.errors, []);
  });

  test('where the demo is off the page says so and offers another way', async () => {
    const tab = await openTab(context, server.url, (page) =>
      page.route((address) => address.pathname === '/demo/token', (route) =>
        route.fulfill({ status: 404, json: { code: 404, message: 'not enabled', data: null } }),
      ),
    );
    assert.match(await tab.went('refused'), /no demo token/);
    await tab.page.locator('#help', { hasText: 'switched off on this server' }).waitFor();
    await tab.page.locator('#own-app').fill('demo-app');
    await tab.page.locator('#own-token').fill('eyJ.not.valid');
    await tab.page.locator('#own-app-form button').click();
    await tab.page.locator('#help', { hasText: 'The server refused the token' }).waitFor();
  });

  test('the page outlives a restart of the server', { skip: !ownServer && 'not our server to restart' }, async () => {
    const amber = await openTab(context, server.url);
    const jade = await openTab(context, server.url);
    const tabs = [amber, jade];
    for (const tab of tabs) await tab.joined();

    const stopped = server.stop();
    for (const tab of tabs) assert.match(await tab.went('reconnecting'), /shutting down/);
    await stopped;
    await amber.say('written while the server was away');
    await amber.pending().first().waitFor();

    server = await startServer(server.port);
    for (const tab of tabs) {
      await tab.state('online', 60_000);
    }
    await jade.say('there you are');
    await amber.message('there you are').waitFor();
    await amber.message('written while the server was away').waitFor();
    for (const tab of tabs) {
      assert.deepEqual(tab.errors.filter((text) => !UNREACHABLE.test(text)), []);
    }
  });
});
