// The library as the server gives it, in a page of a real browser: what only a browser does to a connection.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { startServer } from '../../../../scripts/harness/server.mjs';
import { startBrowser } from './chromium.mjs';

/** @type {Awaited<ReturnType<typeof startServer>>} */ let server;
/** @type {import('playwright-core').Browser} */ let browser;
/** @type {import('playwright-core').BrowserContext} */ let context;
/** @type {string} */ let data;

/** A page with a client in a channel. @param {string} client */
async function openTab(client) {
  const page = await context.newPage();
  // An empty page of the server's origin: what a page may do is the demo page's policy.
  await page.goto(`${server.url}demo/icon.svg`);
  await page.evaluate(async ([client, channelName, entry]) => {
    const { RTMate } = /** @type {typeof import('../../src/rtmate.js')} */ (await import(entry));
    const getToken = async () => (await (await fetch('/demo/token', { method: 'POST', body: JSON.stringify({ client }) })).json()).data.token;
    const rt = new RTMate('/ws', { appId: 'demo-app', getToken, language: 'en' });
    const channel = rt.channel(channelName);
    const told = { messages: /** @type {any[]} */ ([]), gaps: 0, states: /** @type {string[]} */ ([]) };
    channel.on('message', (message) => told.messages.push(message.data));
    channel.on('gap', () => (told.gaps += 1));
    rt.on('state', ({ state }) => told.states.push(state));
    await channel.subscribe();
    Object.assign(window, { rt, channel, told });
  }, [client, 'chat:page', '/sdk/rtmate.js']);
  return {
    page,
    /** @param {string} text */
    say: (text) => page.evaluate((text) => void (/** @type {any} */ (window).channel.send(text)), text),
    /** @param {number} count */
    hears: (count) => page.waitForFunction((count) => /** @type {any} */ (window).told.messages.length >= count, count),
    /** @param {string} state */
    state: (state) => page.waitForFunction((state) => /** @type {any} */ (window).rt.state === state, state),
    told: () => page.evaluate(() => /** @type {any} */ (window).told),
  };
}

describe('in a page', { timeout: 120_000 }, () => {
  before(async () => {
    data = await mkdtemp(join(tmpdir(), 'rtmate-sdk-'));
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

  test('the server off and on again: both sides have everything once', async () => {
    const [amber, jade] = [await openTab('amber'), await openTab('jade')];
    await amber.say('before');
    await jade.hears(1);
    await server.kill();
    await amber.state('waiting');
    await amber.say('while it was off');
    server = await startServer(server.port, data);
    for (const tab of [amber, jade]) {
      await tab.hears(2);
      const { messages, gaps } = await tab.told();
      assert.deepEqual([messages, gaps], [['before', 'while it was off'], 0]);
    }
  });

  test('a frozen page hears afterwards what it missed', async () => {
    const [amber, jade] = [await openTab('amber'), await openTab('jade')];
    const session = await context.newCDPSession(amber.page);
    await session.send('Page.setWebLifecycleState', { state: 'frozen' });
    for (const text of ['one', 'two', 'three']) await jade.say(text);
    await jade.hears(3);
    await session.send('Page.setWebLifecycleState', { state: 'active' });
    await amber.hears(3);
    const { messages, gaps } = await amber.told();
    assert.deepEqual([messages, gaps], [['one', 'two', 'three'], 0]);
  });

  test('a network that comes back is used at once', async () => {
    const tab = await openTab('amber');
    await tab.page.evaluate(() => {
      const { rt } = /** @type {any} */ (window);
      rt.close();
    });
    await context.setOffline(true);
    await tab.page.evaluate(() => void /** @type {any} */ (window).rt.connect().catch(() => {}));
    await tab.page.waitForFunction(() => /** @type {any} */ (window).told.states.filter((/** @type {string} */ state) => state === 'waiting').length >= 3);
    await context.setOffline(false);
    await tab.state('online');
  });
});
