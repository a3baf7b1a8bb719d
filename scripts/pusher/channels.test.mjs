// pusher-js on one server: connecting, channels, client events, encryption, caches.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';
import { connect, demoAuth, disconnectAll, serverLibrary, startBackend, startDemo } from './harness.mjs';

/** More than twice the pause after which pusher-js comes back where it may. */
const LONGER_THAN_A_RETRY_MS = 2500;

/** @type {import('./harness.mjs').Server} */ let server;
/** @type {Awaited<ReturnType<typeof startBackend>>} */ let backend;
const encryptionMasterKeyBase64 = randomBytes(32).toString('base64');
/** @type {import('pusher').default} */ let library;

describe('pusher-js', { timeout: 120_000 }, () => {
  before(async () => {
    server = await startDemo();
    library = serverLibrary(server, { encryptionMasterKeyBase64 });
    backend = await startBackend(library);
  });
  after(async () => {
    await backend?.stop();
    await server?.stop();
  });
  afterEach(disconnectAll);

  test('connects and is told its socket id', async () => {
    const [one, two] = [connect(server), connect(server)];
    const ids = [await one.connected(), await two.connected()];
    for (const id of ids) assert.match(id, /^\d+\.\d+$/);
    assert.notEqual(ids[0], ids[1]);
    assert.deepEqual(one.states.all('error'), []);
  });

  test('with a wrong key is told 4001 and stays away', async () => {
    const { states } = connect(server, {}, 'no-such-key');
    await states.nth('disconnected');
    const [{ data: error }] = states.all('error');
    assert.equal(error.error.data.code, 4001);
    assert.equal(error.error.data.message, 'App key does not exist');
    // Coming back shows by nothing but a change of state, so that this has to look on for a while.
    await new Promise((done) => setTimeout(done, LONGER_THAN_A_RETRY_MS));
    assert.deepEqual(states.entries.map(({ event }) => event), ['error', 'disconnected']);
  });

  test('hears public channels, those that it is subscribed to', async () => {
    const [one, two] = [connect(server), connect(server)];
    const [news, other] = [await one.enter('public-news'), await two.enter('public-other')];
    await library.trigger('public-news', 'headline', { text: 'Grüße 👋', n: [1, 2.5, null] });
    await library.trigger('public-other', 'headline', 'plain text');
    assert.deepEqual((await news.nth('headline')).data, { text: 'Grüße 👋', n: [1, 2.5, null] });
    assert.equal((await other.nth('headline')).data, 'plain text');
    assert.equal(other.all('headline').length, 1);

    one.pusher.unsubscribe('public-news');
    const barrier = await one.enter('public-barrier');
    await library.trigger('public-news', 'headline', 'unheard');
    await library.trigger('public-barrier', 'after', {});
    await barrier.nth('after');
    assert.equal(news.all('headline').length, 1);
    const again = await one.enter('public-news');
    await library.trigger('public-news', 'headline', 'heard');
    assert.equal((await again.nth('headline')).data, 'heard');
  });

  test('enters a private channel with what the backend signs, and not with what is forged', async () => {
    const alice = connect(server, backend.loggedIn('alice'));
    const room = await alice.enter('private-room');

    const forgery = `demo-key:${'0'.repeat(64)}`;
    const mallory = connect(server, {
      channelAuthorization: { endpoint: '', transport: 'ajax', customHandler: (_, done) => done(null, { auth: forgery }) },
    });
    const forged = mallory.subscribe('private-room');
    const { data: error } = await forged.nth('pusher:subscription_error');
    assert.equal(error.type, 'AuthError');
    assert.equal(error.status, 401);

    const stranger = connect(server, { channelAuthorization: { endpoint: `${backend.url}/auth`, transport: 'ajax' } });
    const unsigned = stranger.subscribe('private-room');
    assert.equal((await unsigned.nth('pusher:subscription_error')).data.status, 403);

    await library.trigger('private-room', 'secret', { for: 'alice' });
    assert.deepEqual((await room.nth('secret')).data, { for: 'alice' });
    const barrier = await mallory.enter('public-barrier');
    await library.trigger('public-barrier', 'after', {});
    await barrier.nth('after');
    assert.equal(forged.all('secret').length, 0);
    assert.equal(forged.channel.subscribed, false);
  });

  test('a signature is worth nothing on another connection or channel', async () => {
    const alice = connect(server);
    const signed = library.authorizeChannel(await alice.connected(), 'private-one');
    const bearing = /** @type {any} */ ({
      channelAuthorization: { endpoint: '', customHandler: (/** @type {any} */ _, /** @type {any} */ done) => done(null, signed) },
    });
    const thief = connect(server, bearing);
    await thief.subscribe('private-one').nth('pusher:subscription_error');
    await thief.subscribe('private-two').nth('pusher:subscription_error');
    alice.pusher.config.channelAuthorizer = (_, done) => done(null, signed);
    await alice.enter('private-one');
  });

  test('enters a private channel by the demo endpoint', async () => {
    const one = connect(server, demoAuth(server));
    const two = connect(server, demoAuth(server));
    const [here, there] = [await one.enter('private-demo'), await two.enter('private-demo')];
    assert.equal(here.channel.trigger('client-hello', { from: 'one' }), true);
    assert.deepEqual((await there.nth('client-hello')).data, { from: 'one' });
  });

  test('client events reach the others, name the member, and are not for public channels', async () => {
    const alice = connect(server, backend.loggedIn('alice'));
    const bob = connect(server, backend.loggedIn('bob'));
    const [here, there] = [await alice.enter('presence-typing'), await bob.enter('presence-typing')];
    /** @type {Promise<any>} */
    const metadata = new Promise((done) => there.channel.bind('client-typing', (/** @type {any} */ _, /** @type {any} */ more) => done(more)));
    here.channel.trigger('client-typing', { on: true });
    assert.deepEqual((await there.nth('client-typing')).data, { on: true });
    assert.deepEqual(await metadata, { user_id: 'alice' });
    await library.trigger('presence-typing', 'after', {});
    await here.nth('after');
    assert.equal(here.all('client-typing').length, 0, 'not to the sender');

    const [speaking, listening] = [await alice.enter('public-hall'), await bob.enter('public-hall')];
    speaking.channel.trigger('client-shout', {});
    const { data: error } = await alice.states.nth('error');
    assert.match(error.data.message, /Client event rejected - only supported on private and presence channels/);
    await library.trigger('public-hall', 'after', {});
    await listening.nth('after');
    assert.equal(listening.all('client-shout').length, 0);
    assert.equal(alice.pusher.connection.state, 'connected');
  });

  test('an encrypted channel is read by its members only, text intact', async () => {
    const text = { text: 'geheim 密码 🔑', lines: ['\u2028', '"quoted"', '\\'] };
    const alice = connect(server, backend.loggedIn('alice'));
    const safe = await alice.enter('private-encrypted-safe');
    /** @type {any[]} */ const frames = [];
    alice.pusher.connection.bind('message', (/** @type {any} */ frame) => frames.push(frame));
    await library.trigger('private-encrypted-safe', 'secret', text);
    assert.deepEqual((await safe.nth('secret')).data, text);
    await library.triggerBatch([{ channel: 'private-encrypted-safe', name: 'batched', data: text }]);
    assert.deepEqual((await safe.nth('batched')).data, text);
    const onTheWire = frames.find(({ event }) => event === 'secret').data;
    assert.deepEqual(Object.keys(onTheWire).sort(), ['ciphertext', 'nonce']);
    assert.ok(!JSON.stringify(frames).includes('geheim'));
  });

  test('a cache channel gives the latest event, or says that there is none', async () => {
    const early = connect(server);
    const empty = await early.enter('cache-price');
    await empty.nth('pusher:cache_miss');
    for (const price of [1, 2]) await library.trigger('cache-price', 'price', { price });
    await empty.nth('price', 2);

    const late = await connect(server).enter('cache-price');
    assert.deepEqual((await late.nth('price')).data, { price: 2 });
    await library.trigger('cache-price', 'after', {});
    await late.nth('after');
    assert.equal(late.all('price').length, 1);
    assert.equal(late.all('pusher:cache_miss').length, 0);

    const alice = connect(server, backend.loggedIn('alice'));
    const hidden = await alice.enter('private-cache-price');
    await hidden.nth('pusher:cache_miss');
  });
});
