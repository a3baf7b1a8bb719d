// The server library of npm against the HTTP API: triggers, batches, queries, users.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { connect, disconnectAll, follow, outcome, serverLibrary, startBackend, startDemo } from './harness.mjs';

/** @type {import('./harness.mjs').Server} */ let server;
/** @type {Awaited<ReturnType<typeof startBackend>>} */ let backend;
/** @type {import('pusher').default} */ let library;

describe('the server library', { timeout: 120_000 }, () => {
  before(async () => {
    server = await startDemo();
    library = serverLibrary(server);
    backend = await startBackend(library);
  });
  after(async () => {
    await backend?.stop();
    await server?.stop();
  });
  afterEach(disconnectAll);

  /** @param {string} path @param {Record<string, string>} [params] */
  const get = async (path, params) => (await library.get({ path, params })).json();

  test('triggers to several channels, and past the connection that asked for it', async () => {
    const [one, two] = [connect(server), connect(server)];
    const id = await one.connected();
    const [mine, theirs] = [await one.enter('public-todo'), await two.enter('public-todo')];
    const [mineToo, theirsToo] = [await one.enter('public-log'), await two.enter('public-log')];
    await library.trigger(['public-todo', 'public-log'], 'added', { id: 1 }, { socket_id: id });
    for (const channel of [theirs, theirsToo]) assert.deepEqual((await channel.nth('added')).data, { id: 1 });
    await library.trigger(['public-todo', 'public-log'], 'after', {});
    for (const channel of [mine, mineToo]) {
      await channel.nth('after');
      assert.equal(channel.all('added').length, 0);
    }
  });

  test('triggers a batch, each event with its own channel and exclusion', async () => {
    const [one, two] = [connect(server), connect(server)];
    const id = await one.connected();
    const [mine, theirs] = [await one.enter('public-batch'), await two.enter('public-batch')];
    await library.triggerBatch([
      { channel: 'public-batch', name: 'first', data: { n: 1 } },
      { channel: 'public-batch', name: 'second', data: 'two', socket_id: id },
      { channel: 'public-elsewhere', name: 'third', data: {} },
      { channel: 'public-batch', name: 'fourth', data: [4] },
    ]);
    for (const channel of [mine, theirs]) await channel.nth('fourth');
    const told = (/** @type {typeof mine} */ { entries }) =>
      entries.filter(({ event }) => !event.startsWith('pusher:')).map(({ event, data }) => [event, data]);
    assert.deepEqual(told(theirs), [['first', { n: 1 }], ['second', 'two'], ['fourth', [4]]]);
    assert.deepEqual(told(mine), [['first', { n: 1 }], ['fourth', [4]]]);
  });

  test('data comes back as it was written', async () => {
    const room = await connect(server).enter('public-exact');
    /** @type {string[]} */ const texts = [];
    room.channel.pusher.connection.connection.transport.bind('message', ({ data }) => texts.push(JSON.parse(data).data));
    const written = ['{ "spaces" : 1.0 }', '[1,  2]', '"quoted"', 'not { JSON', '', '12345678901234567890'];
    for (const text of written) await library.trigger('public-exact', 'text', text);
    await room.nth('text', written.length);
    assert.deepEqual(texts, written);
  });

  test('says at once who is where', async () => {
    assert.deepEqual(await get('/channels', { filter_by_prefix: 'presence-query' }), { channels: {} });
    const tabs = ['alice', 'alice', 'bob'].map((user) => connect(server, backend.loggedIn(user)));
    for (const tab of tabs) await tab.enter('presence-query');
    await tabs[0].enter('public-query');

    const all = await get('/channels');
    for (const name of ['presence-query', 'public-query']) assert.deepEqual(all.channels[name], {}, name);
    const some = await get('/channels', { filter_by_prefix: 'presence-query', info: 'user_count' });
    assert.deepEqual(some, { channels: { 'presence-query': { user_count: 2 } } });
    const counted = await get('/channels/presence-query', { info: 'user_count,subscription_count' });
    assert.deepEqual(counted, { occupied: true, user_count: 2, subscription_count: 3 });
    assert.equal((await get('/channels/public-empty')).occupied, false);
    const { users } = await get('/channels/presence-query/users');
    assert.deepEqual(users.map((/** @type {{ id: string }} */ { id }) => id).sort(), ['alice', 'bob']);

    const triggered = await library.trigger('presence-query', 'counted', {}, { info: 'user_count' });
    assert.deepEqual(await triggered.json(), { channels: { 'presence-query': { user_count: 2 } } });

    tabs[0].pusher.unsubscribe('public-query');
    await tabs[0].enter('public-barrier');
    assert.equal((await get('/channels/public-query')).occupied, false);
  });

  test('is refused in words where it is wrong', async () => {
    const impostor = serverLibrary(server, { secret: 'another-secret-0123456789' });
    const stranger = serverLibrary(server, { key: 'no-such-key' });
    for (const [wrong, status] of /** @type {const} */ ([[impostor, 401], [stranger, 401]])) {
      const error = await outcome(wrong.trigger('public-refused', 'event', {}));
      assert.equal(error.status, status);
      assert.ok(error.body.length > 10, error.body);
    }
    const large = await outcome(library.trigger('public-refused', 'event', 'x'.repeat(10 * 1024 + 1)));
    assert.equal(large.status, 413);
    const users = await outcome(library.get({ path: '/channels/public-refused/users' }));
    assert.equal(users.status, 400);
    const count = await outcome(library.get({ path: '/channels', params: { info: 'user_count' } }));
    assert.equal(count.status, 400);
    const batch = Array.from({ length: 11 }, () => ({ channel: 'public-refused', name: 'event', data: {} }));
    assert.equal((await outcome(library.triggerBatch(batch))).status, 400);
  });

  test('sends to a user who is signed in, on all connections, and to no other', async () => {
    const tabs = ['alice', 'alice', 'bob'].map((user) => connect(server, backend.loggedIn(user)));
    const told = tabs.map(({ pusher }) => follow(pusher.user));
    for (const { pusher, connected } of tabs) {
      pusher.signin();
      await connected();
      await pusher.user.signinDonePromise;
    }
    const ids = tabs.map(({ pusher }) => pusher.user.user_data?.id);
    assert.deepEqual(ids, ['alice', 'alice', 'bob']);
    // pusher-js subscribes to its user's channel behind the sign-in; what follows comes after it.
    for (const tab of tabs) await tab.enter('public-signed-in');
    await library.sendToUser('alice', 'invoice', { number: 7 });
    await library.sendToUser('bob', 'after', {});
    await library.sendToUser('alice', 'after', {});
    for (const user of told) await user.nth('after');
    for (const user of told.slice(0, 2)) assert.deepEqual(user.all('invoice').map(({ data }) => data), [{ number: 7 }]);
    assert.equal(told[2].all('invoice').length, 0);
  });

  test('a sign-in that is forged is refused', async () => {
    const tab = connect(server, {
      userAuthentication: {
        endpoint: '',
        transport: 'ajax',
        customHandler: (_, done) => done(null, { auth: `demo-key:${'0'.repeat(64)}`, user_data: '{"id":"alice"}' }),
      },
    });
    tab.pusher.signin();
    const { data: error } = await tab.states.nth('error');
    assert.equal(error.data.code, 4009);
    assert.equal(tab.pusher.user.user_data, null);
  });

  test("ends a user's connections, which stay away", async () => {
    const [alice, bob] = ['alice', 'bob'].map((user) => connect(server, backend.loggedIn(user)));
    for (const { pusher, connected } of [alice, bob]) {
      pusher.signin();
      await connected();
      await pusher.user.signinDonePromise;
    }
    await library.terminateUserConnections('alice');
    await alice.states.nth('disconnected');
    const errors = alice.states.all('error').map(({ data }) => (data.error ?? data).data.code);
    assert.ok(errors.length > 0 && errors.every((code) => code === 4009), JSON.stringify(errors));
    assert.equal(bob.pusher.connection.state, 'connected');
    await bob.enter('public-still-here');
  });
});
