// The console on small screens, in the dark, in Chinese, by keyboard alone, and while the server is away.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, describe, test } from 'node:test';
import { openConsole, startClient, startConsoleServer } from './console-harness.mjs';
import { startBrowser } from './harness.mjs';

/** @type {Awaited<ReturnType<typeof startConsoleServer>>} */ let server;
/** @type {import('playwright-core').Browser} */ let browser;
/** @type {import('playwright-core').BrowserContext | undefined} */ let context;

const VIEWS = ['', 'channels', 'channel/chat%3Alobby', 'clients', 'client/bob', 'why?client=bob&channel=chat%3Alobby', 'webhooks', 'usage', 'settings'];

/** @param {import('playwright-core').BrowserContextOptions} [how] */
async function signedIn(how = {}) {
  context = await browser.newContext({ locale: 'en-US', viewport: { width: 1360, height: 860 }, ...how });
  context.setDefaultTimeout(15_000);
  const tab = await openConsole(context, server.url);
  await tab.signIn();
  await tab.page.locator('#role').waitFor({ state: 'attached' });
  return tab;
}

describe('the look of the console', { timeout: 240_000 }, () => {
  before(async () => {
    server = await startConsoleServer();
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(async () => {
    await context?.close();
    context = undefined;
  });

  for (const [name, width, height] of /** @type {const} */ ([['phone', 360, 740], ['desk', 1360, 860]])) {
    for (const [colorScheme, locale] of /** @type {const} */ ([['dark', 'zh-CN'], ['light', 'en-US']])) {
      test(`no view is wider than the screen: ${name}, ${colorScheme}, ${locale}`, async () => {
        const tab = await signedIn({ viewport: { width, height }, colorScheme, locale });
        const bob = await startClient(/** @type {import('playwright-core').BrowserContext} */ (context), server.url, 'bob');
        await bob.subscribe('chat:lobby', { presence: true });
        await bob.subscribe(`chat:${'long-name-'.repeat(18)}`);
        await bob.send('chat:lobby', { text: 'a long word: '.concat('w'.repeat(300)) });
        for (const view of VIEWS) {
          await tab.at(`#/app/shop${view && `/${view}`}`);
          await tab.page.locator('#view h1').waitFor();
          await tab.page.locator('#view .loading').first().waitFor({ state: 'detached' });
          const beyond = await tab.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(beyond <= 0, `${view} is ${beyond} px too wide`);
          const dark = await tab.page.evaluate(() => getComputedStyle(document.body).color.match(/\d+/g)?.map(Number).every((one) => one > 128));
          assert.equal(dark, colorScheme === 'dark');
          await tab.shot(`${name}-${colorScheme}-${view.split(/[/?]/)[0] || 'overview'}`);
        }
        const lang = await tab.page.evaluate(() => document.documentElement.lang);
        assert.equal(lang, locale === 'zh-CN' ? 'zh' : 'en');
      });
    }
  }

  test('colours and language are chosen, and stay', async () => {
    const tab = await signedIn({ colorScheme: 'dark' });
    const back = () => tab.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await back();
    await tab.page.locator('#theme').click();
    const light = await back();
    assert.notEqual(light, dark);
    await tab.page.locator('#language').click();
    await tab.page.locator('h1', { hasText: '本服务器' }).waitFor();
    await tab.page.reload();
    await tab.page.locator('h1', { hasText: '本服务器' }).waitFor();
    assert.equal(await back(), light);
    await tab.at('#/app/nowhere');
    await tab.page.locator('[role=alert]', { hasText: '未找到' }).waitFor();
  });

  test('the way from the first page to the answer needs no mouse', async () => {
    const tab = await signedIn();
    await tab.at('#/app/shop');
    await tab.page.locator('#largest').waitFor();
    await tab.page.keyboard.press('Control+k');
    await tab.page.keyboard.type('nobody');
    await tab.page.locator('.finder-item', { hasText: 'Why does nobody get nothing?' }).waitFor();
    await tab.page.locator('.finder-item').nth(2).waitFor();
    await tab.page.keyboard.press('ArrowUp');
    await tab.page.keyboard.press('Enter');
    await tab.page.locator('#why-client').waitFor();
    await tab.page.locator('#verdict').waitFor();
    while (!(await tab.page.locator('#why-channel').evaluate((field) => field === document.activeElement))) await tab.page.keyboard.press('Tab');
    await tab.page.keyboard.type('chat:lobby');
    await tab.page.keyboard.press('Enter');
    await tab.page.locator('#checks').waitFor();
    const ring = await tab.page.evaluate(() => {
      /** @type {HTMLElement} */ (document.querySelector('.nav-link')).focus();
      return getComputedStyle(/** @type {Element} */ (document.activeElement)).outlineStyle;
    });
    assert.equal(ring, 'solid', 'what has the focus is seen');
  });

  test('a refusal is told with its reason and its time', async () => {
    const tab = await signedIn();
    await tab.page.route(/apps\/shop\/overview/, (route) => route.fulfill({ status: 429, json: { code: 429, message: 'rate limited', reason: 'rate_limited', retry_after_ms: 7000, data: null } }));
    await tab.at('#/app/shop');
    await tab.page.locator('.trouble', { hasText: 'rate limited (rate_limited) · try again in 7 s' }).waitFor();
    await tab.page.unroute(/apps\/shop\/overview/);
    await tab.page.locator('.trouble button').click();
    await tab.page.locator('.trouble').waitFor({ state: 'hidden' });
  });

  test('who is asked to wait waits, unless somebody presses the button', async () => {
    const tab = await signedIn();
    const asked = await tab.page.evaluate(async () => {
      const [{ poll }, { Refused }] = await Promise.all([import(String('/console/poll.js')), import(String('/console/api.js'))]);
      const turn = () => new Promise((done) => setTimeout(done));
      const seen = [];
      let times = 0;
      const again = poll(async () => {
        times += 1;
        again();
        throw new Refused(429, { message: 'rate limited', reason: 'rate_limited', retry_after_ms: 60_000 });
      }, 1, AbortSignal.timeout(60_000), () => {});
      for (const byHand of [false, false, true, false]) {
        await turn();
        again(byHand);
        await turn();
        seen.push(times);
      }
      return seen;
    });
    assert.deepEqual(asked, [1, 1, 2, 2]);
  });

  test('while the server is away the page waits, and goes on by itself', async () => {
    const tab = await signedIn();
    await tab.at('#/app/shop');
    await tab.page.locator('.pulse[data-state=live]').waitFor();
    await tab.page.locator('#largest').waitFor();
    await context?.setOffline(true);
    await tab.page.locator('.pulse[data-state=lost]', { hasText: 'Reconnecting' }).waitFor();
    assert.equal(await tab.page.locator('#tile-connections').count(), 1, 'what was known stays');
    await tab.shot('lost');
    await context?.setOffline(false);
    await tab.page.locator('.pulse[data-state=live]').waitFor();
    await tab.page.locator('.trouble').waitFor({ state: 'hidden' });
  });

  test('nothing is asked while nobody looks', async () => {
    const tab = await signedIn();
    await tab.page.clock.install();
    await tab.at('#/app/shop/channels');
    await tab.page.locator('#view table, #view .empty').first().waitFor();
    const look = (/** @type {boolean} */ hidden) => tab.page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
    const asked = () => tab.asked.filter((url) => /\/v1\/apps/.test(url)).length;
    await look(true);
    await tab.page.clock.runFor(5_000);
    const before = asked();
    await tab.page.clock.runFor(60_000);
    assert.equal(asked(), before);
    const next = tab.page.waitForRequest(/\/v1\/apps\/shop\/channels/);
    await look(false);
    await next;
  });

  test('what has the focus keeps it, times go on, and what stays the same is said once', async () => {
    const tab = await signedIn();
    await startClient(/** @type {import('playwright-core').BrowserContext} */ (context), server.url, 'bob');
    await tab.page.clock.install();
    await tab.page.reload();
    const opened = Date.now() - 5_000;
    let looks = 0;
    // The server knows the moment by the age, which is a millisecond off now and then.
    await tab.page.route(/shop\/clients\?/, (route) => route.fulfill({ json: { code: 200, message: 'success', data: { clients: [{ client: 'bob', connections: 1, opened_at: opened + (looks++ % 2), guest: false }] } } }));
    const next = async (/** @type {RegExp} */ url) => {
      const answer = tab.page.waitForResponse(url);
      await tab.page.clock.runFor(9_000);
      await (await answer).finished();
      await tab.page.evaluate(() => new Promise((done) => queueMicrotask(() => done(undefined))));
    };
    await tab.at('#/app/shop/clients');
    await tab.page.locator('tbody a').focus();
    const ago = await tab.page.locator('tbody time').innerText();
    await next(/shop\/clients\?/);
    await tab.page.locator('tbody a:focus').waitFor();
    assert.notEqual(await tab.page.locator('tbody time').innerText(), ago);

    await tab.at('#/app/shop/client/bob');
    await tab.page.locator('#there', { hasText: '1 connection' }).waitFor();
    await tab.page.locator('.timeline .link, #connections button').first().focus();
    const said = await tab.page.evaluateHandle(() => {
      const seen = { times: 0 };
      new MutationObserver((changes) => (seen.times += changes.length)).observe(/** @type {Element} */ (document.querySelector('#there')), { childList: true, subtree: true, characterData: true });
      return seen;
    });
    await next(/clients\/bob/);
    await tab.page.locator('#view button:focus').waitFor();
    assert.deepEqual(await said.jsonValue(), { times: 0 });
  });

  test('the session is renewed while the page is open, and its end is told', async () => {
    const tab = await signedIn();
    await tab.page.clock.install();
    await tab.page.reload();
    await tab.page.locator('#role').waitFor();
    const renewed = tab.page.waitForResponse(/session\/renew/);
    await tab.page.clock.fastForward('11:00');
    assert.equal((await renewed).status(), 200);

    const token = await tab.page.evaluate(() => JSON.parse(sessionStorage.getItem('rtmate-console-session') ?? '{}').token);
    await fetch(`${server.url}v1/session`, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } });
    await tab.page.clock.fastForward('00:30');
    await tab.page.locator('[role=alert]', { hasText: 'session has ended' }).waitFor();
    assert.equal(await tab.page.evaluate(() => sessionStorage.length), 0);
  });
});

test('both languages have the same words, with the same places to fill', async () => {
  const folder = new URL('../../crates/adapters-http/assets/console/', import.meta.url);
  const load = async (/** @type {string} */ name, /** @type {string} */ kind) => {
    // The pages' modules are no package: they are read as what they are.
    const text = (await readFile(new URL(name, folder), 'utf8')).replace(/import .*;/g, '').replace(/\.\.\.verdicts\w+,/, '');
    return (await import(`data:text/javascript,${encodeURIComponent(text)}`))[kind];
  };
  for (const [english, chinese, one, other] of [['words-en.js', 'words-zh.js', 'en', 'zh'], ['verdicts-en.js', 'verdicts-zh.js', 'verdictsEn', 'verdictsZh']]) {
    const [en, zh] = [await load(english, one), await load(chinese, other)];
    assert.deepEqual(Object.keys(zh).sort(), Object.keys(en).sort());
    const places = (/** @type {string} */ text) => [...new Set(text.split('|')[0].match(/\{\w+\}/g) ?? [])].sort();
    for (const word of Object.keys(en)) assert.deepEqual(places(zh[word]), places(en[word]).concat(places(zh[word]).includes('{n}') && !places(en[word]).includes('{n}') ? ['{n}'] : []).sort(), word);
  }
});
