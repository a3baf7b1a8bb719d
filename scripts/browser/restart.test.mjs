// What a chat is worth when the connection or the server goes away in the middle of it.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { openTab, ownServer, scriptedServer, startBrowser, startServer } from './harness.mjs';

/** What a browser logs by itself while nobody listens on the port. */
const UNREACHABLE = /net::ERR_|WebSocket connection to .* failed/;

/** @type {Awaited<ReturnType<typeof startServer>>} */ let server;
/** @type {import('playwright-core').Browser} */ let browser;
/** @type {import('playwright-core').BrowserContext} */ let context;
/** @type {string} */ let data;

/** @typedef {Awaited<ReturnType<typeof openTab>>} Tab */

/** @param {Tab[]} tabs */
const errorsOf = (tabs) => tabs.flatMap(({ errors }) => errors).filter((text) => !UNREACHABLE.test(text));

/** Every text once in every tab, in one order. @param {Tab[]} tabs @param {string[]} said */
async function sameEverywhere(tabs, said) {
  for (const tab of tabs) {
    for (const text of said) await tab.page.getByText(text, { exact: true }).first().waitFor();
    await tab.page.waitForFunction(() => document.querySelectorAll('.message-pending').length === 0);
  }
  const [first, ...others] = await Promise.all(tabs.map((tab) => tab.texts()));
  assert.deepEqual([...first].sort(), [...said].sort(), 'each message once');
  for (const other of others) assert.deepEqual(other, first, 'one order');
}

/** @param {string[]} texts @param {string} who */
const by = (texts, who) => texts.filter((text) => text.startsWith(who));

describe('a chat that is interrupted', { timeout: 180_000 }, () => {
  before(async () => {
    data = await mkdtemp(join(tmpdir(), 'rtmate-data-'));
    server = await startServer(0, data);
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    if (data) await rm(data, { recursive: true, force: true });
  });
  beforeEach(async () => {
    context = await browser.newContext();
    context.setDefaultTimeout(30_000);
  });
  afterEach(() => context.close());

  /** A tab in a channel of this test's own. @param {string} channel @param {(page: import('playwright-core').Page) => Promise<unknown>} [prepare] */
  async function tabIn(channel, prepare) {
    const tab = await openTab(context, server.url, prepare);
    await tab.joined();
    await tab.page.locator('#join-input').fill(channel);
    await tab.page.locator('#join-input').press('Enter');
    await tab.page.locator('.note', { hasText: `Joined ${channel}` }).waitFor();
    return tab;
  }

  test('kill -9 in the middle of it loses, doubles and reorders nothing', { skip: !ownServer && 'not our server to kill' }, async () => {
    const amber = await tabIn('chat:killed');
    const jade = await tabIn('chat:killed');
    const tabs = [amber, jade];
    /** @type {string[]} */ const said = [];
    const say = async (/** @type {Tab} */ tab, /** @type {string} */ text) => {
      said.push(text);
      await tab.say(text);
    };
    for (let round = 1; round <= 3; round++) {
      await say(amber, `amber ${round} before`);
      await say(jade, `jade ${round} before`);
    }
    await sameEverywhere(tabs, said);

    // Killed while these are on their way: some kept and answered, some kept only, some neither.
    const talking = (async () => {
      for (let round = 1; round <= 6; round++) {
        await say(amber, `amber ${round} during`);
        await say(jade, `jade ${round} during`);
      }
    })();
    await amber.message('amber 2 during').or(amber.pending()).first().waitFor();
    await server.kill();
    await talking;
    for (const tab of tabs) assert.match(await tab.went('reconnecting'), /Reconnecting/);
    await say(amber, 'amber 7 away');
    await say(jade, 'jade 7 away');

    server = await startServer(server.port, data);
    for (const tab of tabs) await tab.state('online', 60_000);
    await say(jade, 'jade 8 after');
    await say(amber, 'amber 8 after');
    await sameEverywhere(tabs, said);
    const texts = await amber.texts();
    for (const who of ['amber', 'jade']) assert.deepEqual(by(texts, who), by(said, who), `${who} in the order of writing`);
    for (const tab of tabs) assert.equal((await tab.notes()).length, 1, 'nothing but "Joined": who waits needs no word');
    assert.deepEqual(errorsOf(tabs), []);

    // A new tab is given the same by what is kept.
    const coral = await tabIn('chat:killed');
    assert.deepEqual(await coral.texts(), texts);
  });

  test('a connection that breaks is made up for', async () => {
    /** @type {import('playwright-core').WebSocketRoute[]} */ const sockets = [];
    const away = await tabIn('chat:broken', (page) =>
      page.routeWebSocket(/\/ws\?/, async (socket) => {
        if (sockets.length > 0) await new Promise((done) => setTimeout(done, 1500));
        socket.connectToServer();
        sockets.push(socket);
      }),
    );
    const here = await tabIn('chat:broken');
    await here.say('before');
    await away.message('before').waitFor();
    await sockets[0].close({ code: 1011 });
    await away.went('reconnecting');
    for (const text of ['one', 'two', 'three']) await here.say(text);
    await sameEverywhere([here, away], ['before', 'one', 'two', 'three']);
    assert.equal((await away.notes()).length, 1, 'nothing but "Joined"');
    assert.deepEqual(errorsOf([away, here]), []);
  });

  test('a closed laptop is nothing to speak of, even where the server was killed meanwhile', { skip: !ownServer && 'not our server to kill' }, async () => {
    const asleep = await tabIn('chat:asleep');
    const awake = await tabIn('chat:asleep');
    await awake.say('good night');
    await asleep.message('good night').waitFor();
    const devtools = await context.newCDPSession(asleep.page);
    await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
    await server.kill();
    server = await startServer(server.port, data);
    await awake.say('still up');
    await awake.message('still up').waitFor();
    await devtools.send('Page.setWebLifecycleState', { state: 'active' });
    await asleep.message('still up').waitFor();
    await asleep.state('online');
    await asleep.say('good morning');
    await sameEverywhere([asleep, awake], ['good night', 'still up', 'good morning']);
    assert.equal((await asleep.notes()).length, 1, 'nothing but "Joined"');
    assert.deepEqual(errorsOf([asleep, awake]), []);
  });

  test('who comes later is given what was said before', async () => {
    const early = await tabIn('chat:early');
    for (const text of ['first', 'second']) await early.say(text);
    await sameEverywhere([early], ['first', 'second']);
    const late = await tabIn('chat:early');
    assert.deepEqual(await late.texts(), ['first', 'second']);
    assert.deepEqual(errorsOf([early, late]), []);
  });

  test('who is present is listed', async () => {
    const amber = await tabIn('chat:members');
    const jade = await tabIn('chat:members');
    const names = await Promise.all([amber.name(), jade.name()]);
    for (const tab of [amber, jade]) for (const name of names) await tab.member(name).waitFor();
    await amber.page.locator('#members', { hasText: `${names[0]} (you)` }).waitFor();
    await jade.page.close();
    await amber.member(names[1]).waitFor({ state: 'detached' });
    assert.equal(await amber.page.locator('#members > li').count(), 1);
    assert.deepEqual(errorsOf([amber, jade]), []);
  });

  /** @param {any} frame @param {string} reason */
  const refusal = (frame, reason) => ({ code: reason === 'not_enabled' ? 404 : 403, message: reason, data: null, id: frame.id, reason });

  for (const reason of ['not_enabled', 'permission_denied']) {
    test(`a channel without history and presence (${reason}) works without`, async () => {
      const tab = await openTab(context, server.url, (page) =>
        scriptedServer(page, (frame, socket, connection) => {
          const { channel, data: body, rewind, presence } = frame.payload;
          if (frame.event === 'auth') return socket.reply({ client_id: 'amber', connection_id: String(connection) });
          if (frame.event === 'subscribe') return rewind || presence ? socket.send(refusal(frame, reason)) : socket.reply({ channel });
          socket.reply({ channel, id: 'm1', ts: 1 });
          socket.push('message', { channel, data: body, id: 'm1', ts: 1, from: { client: 'amber', connection: String(connection) } });
        }),
      );
      await tab.joined();
      await tab.say('plain');
      await sameEverywhere([tab], ['plain']);
      assert.ok(await tab.page.locator('#members').isHidden());
      assert.deepEqual(errorsOf([tab]), []);
    });
  }

  test('positions move by pushes, what is known is dropped, a hole is asked for again', async () => {
    /** @type {any[]} */ const asked = [];
    /** @type {any[]} */ const auths = [];
    const tab = await openTab(context, server.url, (page) =>
      scriptedServer(page, (frame, socket, connection) => {
        const { channel } = frame.payload;
        const message = (/** @type {number} */ offset) => ({ data: { text: `number ${offset}` }, id: `m${offset}`, ts: offset, offset });
        if (frame.event === 'auth') {
          auths.push(frame.payload);
          return socket.reply({ client_id: 'amber', connection_id: String(connection), session: `session ${connection}` });
        }
        if (frame.event === 'unsubscribe') return socket.reply({ channel });
        asked.push(frame.payload);
        if (asked.length === 1) {
          socket.reply({ channel, epoch: 'e', offset: 1, messages: [message(1)] });
          for (const offset of [2, 2]) socket.push('message', { channel, ...message(offset) });
          socket.push('position', { channel, offset: 3 });
          socket.push('message', { channel, ...message(1), id: 'another' });
          socket.push('message', { channel, ...message(6) }); // 4 and 5 were lost on the way
        } else if (asked.length === 2) {
          socket.reply({ channel, epoch: 'e', offset: 6, recovered: true, messages: [4, 5, 6].map(message) });
          socket.close(1011);
        } else {
          socket.reply({ channel, epoch: 'f', offset: 0, recovered: false, messages: [] });
          socket.push('message', { channel, ...message(1), id: 'n1', data: { text: 'a new stream' } });
        }
      }),
    );
    await tab.message('a new stream').waitFor();
    assert.deepEqual(await tab.texts(), ['number 1', 'number 2', 'number 4', 'number 5', 'number 6', 'a new stream']);
    const places = asked.map(({ rewind, position }) => position ?? rewind);
    assert.deepEqual(places, [50, { epoch: 'e', offset: 3 }, { epoch: 'e', offset: 6 }]);
    assert.deepEqual(auths.map(({ session }) => session), [undefined, 'session 1']);
    assert.match((await tab.notes()).join('\n'), /Back after 1 s\. Messages may be missing here/);
    assert.deepEqual(errorsOf([tab]), []);
  });

  test('a send that is unavailable is sent again with its key, and before the next one', async () => {
    /** @type {any[]} */ const sends = [];
    const tab = await openTab(context, server.url, (page) =>
      scriptedServer(page, (frame, socket, connection) => {
        const { channel, data: body, key } = frame.payload;
        if (frame.event === 'auth') return socket.reply({ client_id: 'amber', connection_id: String(connection) });
        if (frame.event === 'subscribe') return socket.reply({ channel });
        sends.push({ text: body.text, key });
        if (sends.length === 1) {
          return socket.send({ code: 503, message: 'unavailable', data: null, id: frame.id, reason: 'unavailable', retry_after_ms: 300 });
        }
        const from = { client: 'amber', connection: String(connection) };
        socket.push('message', { channel, data: body, id: key, ts: 1, from });
        socket.reply({ channel, id: key, ts: 1 });
      }),
    );
    await tab.joined();
    await tab.say('same words');
    await tab.say('same words too');
    await tab.message('same words too').waitFor();
    assert.deepEqual(sends.map(({ text }) => text), ['same words', 'same words', 'same words too']);
    assert.equal(sends[0].key, sends[1].key);
    assert.deepEqual(await tab.texts(), ['same words', 'same words too']);
    assert.equal(await tab.pending().count(), 0);
    assert.deepEqual(errorsOf([tab]), []);
  });
});
