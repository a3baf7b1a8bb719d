// What the server sends to webhooks, verified by the official libraries of both formats.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { before, describe, test } from 'node:test';
import Pusher from 'pusher';
import { Webhook } from 'standardwebhooks';

const SENDER = process.env.RTMATE_DELIVER ?? new URL('../../target/debug/examples/deliver', import.meta.url).pathname;
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const BEFORE = Buffer.from('the plain secret of before, long enough').toString('base64');

/** @typedef {{ path: string, headers: Record<string, string>, body: string }} Came */

/**
 * Takes what the sender sends; the first request to each path is refused once.
 * @returns {Promise<{ taken: Came[], refused: Came[] }>}
 */
async function receive() {
  /** @type {Came[]} */ const taken = [];
  /** @type {Came[]} */ const refused = [];
  const server = createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const headers = /** @type {Record<string, string>} */ (request.headers);
    const came = { path: request.url ?? '', headers, body: Buffer.concat(pieces).toString() };
    const again = refused.some(({ path }) => path === came.path);
    (again ? taken : refused).push(came);
    response.writeHead(again ? 204 : 500).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const sender = spawn(SENDER, [`http://127.0.0.1:${port}`], { stdio: 'inherit' });
  const [code] = await once(sender, 'exit');
  server.close();
  server.closeAllConnections();
  assert.equal(code, 0);
  return { taken, refused };
}

describe('the receivers', { timeout: 60_000 }, () => {
  /** @type {Awaited<ReturnType<typeof receive>>} */ let all;
  before(async () => {
    all = await receive();
  });

  /** @param {string} path */
  const of = (path) => all.taken.filter((came) => came.path === path);

  test('Standard Webhooks: both secrets verify, in order, nothing else does', () => {
    const came = of('/standard');
    const events = came.flatMap(({ headers, body }) => {
      const told = new Webhook(SECRET).verify(body, headers);
      assert.deepEqual(new Webhook(BEFORE).verify(body, headers), told);
      assert.throws(() => new Webhook(SECRET).verify(`${body} `, headers));
      assert.throws(() => new Webhook(SECRET).verify(body, { ...headers, 'webhook-id': 'msg_1' }));
      assert.throws(() => new Webhook(Buffer.from('another').toString('base64')).verify(body, headers));
      return /** @type {any} */ (told).events;
    });
    assert.deepEqual(events.map((event) => event.sequence), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.equal(events[2].info.name, 'Älice 😀');
    assert.deepEqual(events[5].message.data, { text: 'grüße "you"' });
    const numbers = came.map(({ body }) => JSON.parse(body).number);
    assert.deepEqual(numbers, numbers.map((_, index) => index + 1));
  });

  test('a request that was refused comes again with its id', () => {
    for (const path of ['/standard', '/pusher']) {
      const first = all.refused.find((came) => came.path === path);
      const again = of(path)[0];
      assert.equal(again.headers['webhook-id'], first?.headers['webhook-id']);
      assert.equal(again.body, first?.body);
    }
  });

  test('the Pusher library takes every webhook, with the events of its protocol', () => {
    const pusher = new Pusher({ appId: 'shop', key: 'app-key', secret: 'app-secret' });
    const stranger = new Pusher({ appId: 'shop', key: 'app-key', secret: 'another' });
    const events = of('/pusher').flatMap(({ headers, body }) => {
      const webhook = pusher.webhook({ headers, rawBody: body });
      assert.ok(webhook.isValid());
      assert.ok(!stranger.webhook({ headers, rawBody: body }).isValid());
      assert.ok(!pusher.webhook({ headers, rawBody: `${body} ` }).isValid());
      assert.ok(Math.abs(webhook.getTime().getTime() - Date.now()) < 60_000);
      return webhook.getEvents();
    });
    const channel = 'presence-room';
    assert.deepEqual(events, [
      { name: 'channel_occupied', channel },
      { name: 'member_added', channel, user_id: 'alice' },
      { name: 'subscription_count', channel, subscription_count: 1 },
      { name: 'cache_miss', channel: 'cache-prices' },
      { name: 'client_event', channel, event: 'client-typing', data: '{"on":true}', socket_id: '12.34', user_id: 'alice' },
      { name: 'member_removed', channel, user_id: 'alice' },
      { name: 'channel_vacated', channel },
    ]);
  });
});
