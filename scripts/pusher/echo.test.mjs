// Laravel Echo over pusher-js, with the names of events that Laravel sends.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';
import Echo from 'laravel-echo';
import Pusher from 'pusher-js';
import { KEY, clientOptions, disconnectAll, disconnectLater, journal, serverLibrary, startBackend, startDemo } from './harness.mjs';

/** @type {import('./harness.mjs').Server} */ let server;
/** @type {Awaited<ReturnType<typeof startBackend>>} */ let backend;
/** @type {import('pusher').default} */ let library;

describe('Laravel Echo', { timeout: 120_000 }, () => {
  before(async () => {
    server = await startDemo();
    library = serverLibrary(server, { encryptionMasterKeyBase64: randomBytes(32).toString('base64') });
    backend = await startBackend(library);
  });
  after(async () => {
    await backend?.stop();
    await server?.stop();
  });
  afterEach(disconnectAll);

  /** A page of a user who is logged in. @param {string} user @param {'pusher' | 'reverb'} [broadcaster] */
  function page(user, broadcaster = 'pusher') {
    const client = new Pusher(KEY, { ...clientOptions(server), ...backend.loggedIn(user) });
    disconnectLater(client);
    return new Echo({ broadcaster, key: KEY, client });
  }

  /** @param {{ subscribed: (done: () => void) => unknown, error: (failed: (why: unknown) => void) => unknown }} channel */
  const subscribed = (channel) =>
    new Promise((done, failed) => {
      channel.subscribed(() => done(undefined));
      channel.error((why) => failed(new Error(JSON.stringify(why))));
    });

  test('listens to public, private and encrypted channels', async () => {
    const echo = page('alice');
    const heard = journal('echo');
    const open = echo.channel('orders').listen('OrderShipped', (/** @type {any} */ data) => heard.note('public', data));
    const closed = echo.private('orders.1').listen('OrderShipped', (/** @type {any} */ data) => heard.note('private', data));
    closed.notification((/** @type {any} */ data) => heard.note('notification', data));
    closed.listen('.custom.name', (/** @type {any} */ data) => heard.note('custom', data));
    const hidden = echo.encryptedPrivate('orders').listen('OrderShipped', (/** @type {any} */ data) => heard.note('encrypted', data));
    await Promise.all([open, closed, hidden].map(subscribed));

    const event = 'App\\Events\\OrderShipped';
    await library.trigger('orders', event, { order: 1 });
    await library.trigger('private-orders.1', event, { order: 2 });
    await library.trigger('private-orders.1', 'Illuminate\\Notifications\\Events\\BroadcastNotificationCreated', { type: 'paid' });
    await library.trigger('private-orders.1', 'custom.name', {});
    await library.trigger('private-encrypted-orders', event, { order: 3 });
    assert.deepEqual((await heard.nth('public')).data, { order: 1 });
    assert.deepEqual((await heard.nth('private')).data, { order: 2 });
    assert.deepEqual((await heard.nth('notification')).data, { type: 'paid' });
    await heard.nth('custom');
    assert.deepEqual((await heard.nth('encrypted')).data, { order: 3 });
    assert.match(echo.socketId() ?? '', /^\d+\.\d+$/);
  });

  test('joins a channel where everybody sees who is here, joins and leaves', async () => {
    const [alice, bob] = [page('alice'), page('bob')];
    const [seen, seenByBob] = [journal('alice'), journal('bob')];
    const room = alice.join('room');
    room.here((/** @type {any} */ users) => seen.note('here', users));
    room.joining((/** @type {any} */ user) => seen.note('joining', user));
    room.leaving((/** @type {any} */ user) => seen.note('leaving', user));
    room.listenForWhisper('typing', (/** @type {any} */ data) => seen.note('whisper', data));
    await seen.nth('here');
    const other = bob.join('room');
    other.here((/** @type {any} */ users) => seenByBob.note('here', users));
    other.listenForWhisper('typing', (/** @type {any} */ data) => seenByBob.note('whisper', data));
    other.listen('.said', (/** @type {any} */ data) => seenByBob.note('said', data));
    assert.deepEqual((await seen.nth('here')).data, [{ name: 'ALICE' }]);
    assert.deepEqual((await seenByBob.nth('here')).data, [{ name: 'ALICE' }, { name: 'BOB' }]);
    assert.deepEqual((await seen.nth('joining')).data, { name: 'BOB' });

    other.whisper('typing', { name: 'bob' });
    assert.deepEqual((await seen.nth('whisper')).data, { name: 'bob' });
    await library.trigger('presence-room', 'said', { text: 'toOthers' }, { socket_id: alice.socketId() });
    await seenByBob.nth('said');
    assert.equal(seenByBob.all('whisper').length, 0, 'not to the sender');

    bob.leave('room');
    assert.deepEqual((await seen.nth('leaving')).data, { name: 'BOB' });
    assert.equal(seen.all('joining').length, 1);
  });

  test('a channel that the backend does not sign is an error', async () => {
    const echo = page('alice');
    echo.connector.pusher.config.channelAuthorizer = (_, done) => done(new Error('no'), null);
    const why = await new Promise((failed) => echo.private('closed').error(failed));
    assert.equal(why.type, 'AuthError');
  });

  test('works as the broadcaster "reverb", too', async () => {
    const echo = page('alice', 'reverb');
    const heard = journal('echo');
    const channel = echo.private('reverb').listen('Moved', (/** @type {any} */ data) => heard.note('moved', data));
    await subscribed(channel);
    await library.trigger('private-reverb', 'App\\Events\\Moved', { from: 'reverb' });
    assert.deepEqual((await heard.nth('moved')).data, { from: 'reverb' });
  });
});
