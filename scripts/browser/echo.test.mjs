// A Laravel Echo page and the native demo page in one presence channel: the libraries are the ones of
// npm, the server has no configuration, and nobody has any key but the demo's.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openTab, startBrowser, startServer } from './harness.mjs';

/** Installed by the tests of the official clients. */
const LIBRARIES = new URL('../pusher/node_modules/', import.meta.url);
const SCRIPTS = { '/pusher.js': 'pusher-js/dist/web/pusher.js', '/echo.js': 'laravel-echo/dist/echo.js' };

/** What a Laravel application has in its page, and nothing that knows of this server but its address. */
const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>Echo</title>
<ul id="members"></ul>
<ul id="messages"></ul>
<script src="/pusher.js"></script>
<script type="module">
  import Echo from '/echo.js';

  const echo = new Echo({
    broadcaster: 'pusher',
    key: 'demo-key',
    cluster: '',
    wsHost: location.hostname,
    wsPort: Number(location.port),
    forceTLS: false,
    enabledTransports: ['ws'],
    authEndpoint: '/demo/pusher/auth',
    auth: { headers: {}, params: { user_id: 'echo', user_info: JSON.stringify({ name: 'Echo' }) } },
  });
  const add = (list, text) => {
    const line = document.createElement('li');
    line.textContent = text;
    document.getElementById(list).append(line);
  };
  const room = echo.join('room');
  const listMembers = () => {
    document.getElementById('members').replaceChildren();
    room.subscription.members.each(({ id }) => add('members', id));
  };
  room
    .here(listMembers)
    .on('pusher:member_added', listMembers)
    .on('pusher:member_removed', listMembers)
    .on('message', ({ text }, { user_id }) => add('messages', user_id + ': ' + text))
    .listenForWhisper('said', ({ text }) => add('messages', 'whispered: ' + text));
  window.say = (text) => room.whisper('said', { text });
</script>`;

/** @type {Awaited<ReturnType<typeof startServer>>} */ let server;
/** @type {import('playwright-core').Browser} */ let browser;
/** @type {string} */ let data;

describe('one channel, two protocols', { timeout: 120_000 }, () => {
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

  /** A page at the server's own origin, which is the only one that the demo app answers. @param {import('playwright-core').BrowserContext} context */
  async function openEcho(context) {
    const page = await context.newPage();
    /** @type {string[]} */ const errors = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    for (const [path, file] of Object.entries(SCRIPTS)) {
      const body = await readFile(new URL(file, LIBRARIES), 'utf8');
      await page.route(new URL(path, server.url).href, (route) => route.fulfill({ contentType: 'text/javascript', body }));
    }
    // In the place of a document that the server gave: chromium keeps others away from this machine's servers.
    await page.goto(new URL('healthz', server.url).href);
    await page.setContent(PAGE);
    return {
      errors,
      /** @param {string} text */
      member: (text) => page.locator('#members > li').getByText(text, { exact: true }),
      /** @param {string} text */
      message: (text) => page.locator('#messages > li').getByText(text, { exact: true }),
      messages: () => page.locator('#messages > li').allInnerTexts(),
      /** @param {string} text */
      say: (text) => page.evaluate((said) => /** @type {any} */ (window).say(said), text),
      close: () => page.close(),
    };
  }

  test('a Laravel Echo page and a native page see each other and chat', async () => {
    const context = await browser.newContext();
    context.setDefaultTimeout(15_000);
    const echo = await openEcho(context);
    await echo.member('echo').waitFor();

    const native = await openTab(context, server.url);
    await native.joined();
    await native.page.locator('#join-input').fill('presence-room');
    await native.page.locator('#join-input').press('Enter');
    const name = await native.name();
    for (const member of ['echo', name]) {
      await native.member(member).waitFor();
      await echo.member(member).waitFor();
    }

    await native.say('hello from the native page');
    await echo.message(`${name}: hello from the native page`).waitFor();
    await echo.say('hello from Echo');
    await native.message('hello from Echo').waitFor();
    await native.say('and back');
    await echo.message(`${name}: and back`).waitFor();
    assert.deepEqual(await echo.messages(), [`${name}: hello from the native page`, `${name}: and back`], 'each once, its own not');
    assert.deepEqual(await native.texts(), ['hello from the native page', 'hello from Echo', 'and back']);
    const said = native.message('hello from Echo').locator('.message-from');
    assert.equal(await said.innerText(), 'echo');

    await echo.close();
    await native.member('echo').waitFor({ state: 'detached' });
    assert.deepEqual([...echo.errors, ...native.errors], []);
    await context.close();
  });
});
