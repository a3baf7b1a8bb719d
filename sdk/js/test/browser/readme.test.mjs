// The first example of the README, word for word, where it says that it works.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../../../../scripts/harness/server.mjs';
import { startBrowser } from './chromium.mjs';

/** @type {Awaited<ReturnType<typeof startServer>>} */ let server;
/** @type {import('playwright-core').Browser} */ let browser;

describe('the first example of the README', { timeout: 60_000 }, () => {
  before(async () => {
    server = await startServer();
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  for (const file of ['../../README.md', '../../../../README.md', '../../../../README.zh-CN.md']) {
    test(`${file.replaceAll('../', '')}: says hello in the demo page`, async () => {
      const text = await readFile(new URL(file, import.meta.url), 'utf8');
      const example = [...text.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code).find((code) => code.includes("import('/sdk/rtmate.js')"));
      assert.ok(example, 'there is an example');
      const page = await browser.newPage();
      await page.goto(server.url);
      await page.locator('#state[data-state="online"]').waitFor();
      const heard = page.waitForEvent('console', { predicate: (message) => message.text().includes('console'), timeout: 15_000 });
      await page.evaluate(`(async () => {${example}})()`);
      assert.match((await heard).text(), /^console .*hello from the console|^console JSHandle|^console \{/);
      await page.locator('.message', { hasText: 'hello from the console' }).first().waitFor();
      await page.close();
    });
  }
});
