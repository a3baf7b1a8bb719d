// The lines that docs/moving-from-pusher.md tells people to write, as they stand there.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import Echo from 'laravel-echo';
import PusherServer from 'pusher';
import Pusher from 'pusher-js';
import { startServer } from '../harness/server.mjs';
import { disconnectAll, disconnectLater, follow, journal, startBackend } from './harness.mjs';

const PAGE = await readFile(new URL('../../docs/moving-from-pusher.md', import.meta.url), 'utf8');

/** The first block of code below a heading. @param {string} heading @param {string} language */
function block(heading, language) {
  const [, below] = PAGE.split(`\n${heading}\n`);
  const found = below?.match(new RegExp(`\`\`\`${language}\n(.*?)\n\`\`\``, 's'));
  if (!found) throw new Error(`no block of ${language} below ${heading}`);
  return found[1];
}

/** Puts something of this test in the place of what the page has; the page has to have it. @param {string} text @param {[string, string][]} places */
function fill(text, places) {
  for (const [from, to] of places) {
    assert.ok(text.includes(from), `${from} in\n${text}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

describe('the page about moving', { timeout: 60_000 }, () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */ let server;
  /** @type {Awaited<ReturnType<typeof startBackend>>} */ let backend;
  /** @type {import('pusher').default} */ let library;

  before(async () => {
    server = await startServer(0, undefined, { config: block('## The app', 'toml') });
    const code = fill(block('## Server libraries', 'js'), [['3000', String(server.port)]]);
    library = new Function('Pusher', `${code}; return pusher;`)(PusherServer);
    backend = await startBackend(library);
  });
  after(async () => {
    disconnectAll();
    await backend?.stop();
    await server?.stop();
  });

  test('pusher-js and the server library', async () => {
    const code = fill(block('## pusher-js', 'js'), [
      ['3000', String(server.port)],
      ["'/pusher/auth'", `'${backend.url}/auth', headers: { 'X-User': 'alice' }`],
      ["'/pusher/user-auth'", `'${backend.url}/user-auth', headers: { 'X-User': 'alice' }`],
    ]);
    const pusher = new Function('Pusher', `${code}; return pusher;`)(Pusher);
    disconnectLater(pusher);
    const room = follow(pusher.subscribe('presence-moved'));
    await room.nth('pusher:subscription_succeeded');
    pusher.signin();
    await pusher.user.signinDonePromise;
    assert.equal(pusher.user.user_data.id, 'alice');
    await library.trigger('presence-moved', 'hello', { moved: true });
    assert.deepEqual((await room.nth('hello')).data, { moved: true });
  });

  test('Laravel Echo', async () => {
    const window = /** @type {any} */ ({});
    // Echo takes pusher-js from the page's window.
    Object.assign(globalThis, { window });
    const code = fill(block('### Echo', 'js'), [
      ['3000', String(server.port)],
      ["broadcaster: 'pusher',", `broadcaster: 'pusher', authEndpoint: '${backend.url}/auth', auth: { headers: { 'X-User': 'bob' } },`],
    ]);
    new Function('window', 'Pusher', 'Echo', code)(window, Pusher, Echo);
    disconnectLater(window.Echo.connector.pusher);
    const heard = journal('echo');
    const room = window.Echo.join('moved-too').here((/** @type {any} */ users) => heard.note('here', users));
    room.listen('.hello', (/** @type {any} */ data) => heard.note('hello', data));
    assert.deepEqual((await heard.nth('here')).data, [{ name: 'BOB' }]);
    await library.trigger('presence-moved-too', 'hello', { moved: true });
    assert.deepEqual((await heard.nth('hello')).data, { moved: true });
  });
});
