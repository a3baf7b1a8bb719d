// Members of presence channels as pusher-js shows them.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { connect, demoAuth, disconnectAll, serverLibrary, startBackend, startDemo } from './harness.mjs';

/** The leave delay of a channel. */
const LEAVE_DELAY_MS = 3000;

/** @type {import('./harness.mjs').Server} */ let server;
/** @type {Awaited<ReturnType<typeof startBackend>>} */ let backend;
/** @type {import('pusher').default} */ let library;

describe('presence', { timeout: 120_000 }, () => {
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

  /** @param {string} user @param {string} channel */
  const enter = async (user, channel) => {
    const tab = connect(server, backend.loggedIn(user));
    return { ...tab, room: await tab.enter(channel) };
  };
  /** @param {{ room: { entries: import('./harness.mjs').Entry[] } }} tab */
  const moves = (tab) =>
    tab.room.entries.filter(({ event }) => event.startsWith('pusher:member_')).map(({ event, data }) => [event, data.id]);

  test('a newcomer is told who is there, the others who came', async () => {
    const alice = await enter('alice', 'presence-hall');
    assert.deepEqual(alice.room.channel.members.me, { id: 'alice', info: { name: 'ALICE' } });
    const bob = await enter('bob', 'presence-hall');
    const { members } = bob.room.channel;
    assert.equal(members.count, 2);
    assert.deepEqual(members.members, { alice: { name: 'ALICE' }, bob: { name: 'BOB' } });
    const { data } = await alice.room.nth('pusher:member_added');
    assert.deepEqual(data, { id: 'bob', info: { name: 'BOB' } });
    assert.equal(alice.room.channel.members.count, 2);
  });

  test('two tabs of a user come once, and go when the last one is gone', async () => {
    const watcher = await enter('watcher', 'presence-tabs');
    const canary = await enter('canary', 'presence-tabs');
    const [one, two] = [await enter('alice', 'presence-tabs'), await enter('alice', 'presence-tabs')];
    assert.equal(two.room.channel.members.count, 3);

    // The canary leaves after the first tab: what that would remove is removed before the canary.
    one.pusher.disconnect();
    canary.pusher.disconnect();
    const { data: first } = await watcher.room.nth('pusher:member_removed');
    assert.equal(first.id, 'canary');
    await library.trigger('presence-tabs', 'still', {});
    await two.room.nth('still');

    const left = Date.now();
    two.pusher.disconnect();
    const { data: second } = await watcher.room.nth('pusher:member_removed', 2);
    assert.deepEqual(second, { id: 'alice', info: { name: 'ALICE' } });
    const took = Date.now() - left;
    assert.ok(took > LEAVE_DELAY_MS / 2 && took < LEAVE_DELAY_MS * 2, `${took} ms`);
    assert.deepEqual(moves(watcher), [
      ['pusher:member_added', 'canary'],
      ['pusher:member_added', 'alice'],
      ['pusher:member_removed', 'canary'],
      ['pusher:member_removed', 'alice'],
    ]);
    assert.deepEqual(Object.keys(watcher.room.channel.members.members), ['watcher']);
  });

  test('a page that loads anew makes no noise', async () => {
    const watcher = await enter('watcher', 'presence-reload');
    const canary = await enter('canary', 'presence-reload');
    const old = await enter('alice', 'presence-reload');
    await watcher.room.nth('pusher:member_added', 2);
    old.pusher.disconnect();
    await enter('alice', 'presence-reload');
    canary.pusher.disconnect();
    const { data } = await watcher.room.nth('pusher:member_removed');
    assert.equal(data.id, 'canary');
    assert.deepEqual(moves(watcher), [
      ['pusher:member_added', 'canary'],
      ['pusher:member_added', 'alice'],
      ['pusher:member_removed', 'canary'],
    ]);
  });

  test('who unsubscribes is gone for the others', async () => {
    const alice = await enter('alice', 'presence-leave');
    const bob = await enter('bob', 'presence-leave');
    await alice.room.nth('pusher:member_added');
    bob.pusher.unsubscribe('presence-leave');
    assert.equal((await alice.room.nth('pusher:member_removed')).data.id, 'bob');
    assert.equal(alice.room.channel.members.count, 1);
  });

  test('ids may be the numbers of a database', async () => {
    const numbered = (/** @type {number} */ id) => {
      /** @type {import('pusher-js').ChannelAuthorizationHandler} */
      const customHandler = ({ socketId, channelName }, done) =>
        done(null, library.authorizeChannel(socketId, channelName, /** @type {any} */ ({ user_id: id, user_info: { id } })));
      return connect(server, { channelAuthorization: { endpoint: '', transport: 'ajax', customHandler } });
    };
    const seven = await numbered(7).enter('presence-numbers');
    await numbered(8).enter('presence-numbers');
    assert.deepEqual(seven.channel.members.me, { id: 7, info: { id: 7 } });
    assert.deepEqual((await seven.nth('pusher:member_added')).data, { id: '8', info: { id: 8 } });
    assert.deepEqual(seven.channel.members.get(8), { id: 8, info: { id: 8 } });
  });

  test('the demo endpoint makes members: who they say they are, or guests', async () => {
    const guest = await connect(server, demoAuth(server)).enter('presence-demo');
    assert.match(guest.channel.members.me.id, /^[A-Za-z0-9_.@|:+=-]+$/);
    const dora = await connect(server, demoAuth(server, 'dora')).enter('presence-demo');
    assert.deepEqual(dora.channel.members.me, { id: 'dora', info: { name: 'dora' } });
    assert.deepEqual((await guest.nth('pusher:member_added')).data.id, 'dora');
    const tab = connect(server, demoAuth(server, 'dora'));
    tab.pusher.signin();
    await tab.connected();
    await tab.pusher.user.signinDonePromise;
    assert.equal(tab.pusher.user.user_data?.id, 'dora');
  });

  test('who is signed in needs no member data of the backend', async () => {
    const options = backend.loggedIn('carol');
    const tab = connect(server, {
      ...options,
      channelAuthorization: {
        endpoint: '',
        transport: 'ajax',
        // What a backend answers that leaves the member to the sign-in.
        customHandler: ({ socketId, channelName }, done) => done(null, library.authorizeChannel(socketId, channelName)),
      },
    });
    tab.pusher.signin();
    await tab.connected();
    await tab.pusher.user.signinDonePromise;
    const room = await tab.enter('presence-signed-in');
    assert.equal(room.channel.members.me.id, 'carol');
  });
});
