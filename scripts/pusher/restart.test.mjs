// What pusher-js does by itself when the server goes away and comes back.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { connect, disconnectAll, serverLibrary, startBackend, startDemo } from './harness.mjs';

/** pusher-js tries after a second, and where that was too early 15 seconds later. */
const TWO_RETRIES_MS = 40_000;

/** @type {import('./harness.mjs').Server} */ let server;
/** @type {Awaited<ReturnType<typeof startBackend>>} */ let backend;
/** @type {string} */ let data;

describe('a server that goes away', { timeout: 120_000 }, () => {
  before(async () => {
    data = await mkdtemp(join(tmpdir(), 'rtmate-data-'));
    server = await startDemo(0, data);
    backend = await startBackend(serverLibrary(server));
  });
  after(async () => {
    await backend?.stop();
    await server?.stop();
    if (data) await rm(data, { recursive: true, force: true });
  });
  afterEach(disconnectAll);

  for (const end of /** @type {const} */ (['kill', 'stop'])) {
    test(`after ${end === 'kill' ? 'kill -9' : 'an orderly stop'} clients come back and subscribe by themselves`, async () => {
      const alice = connect(server, backend.loggedIn('alice'));
      const before = await alice.connected();
      const names = ['public-news', 'private-room', 'presence-room'];
      const channels = await Promise.all(names.map((name) => alice.enter(name)));
      alice.pusher.signin();
      await alice.pusher.user.signinDonePromise;

      await server[end]();
      server = await startDemo(server.port, data);
      const back = await alice.connected(2, TWO_RETRIES_MS);
      assert.notEqual(back, before, 'an old signature is worth nothing');
      for (const channel of channels) await channel.nth('pusher:subscription_succeeded', 2);
      assert.equal(channels[2].channel.members.count, 1);
      await alice.pusher.user.signinDonePromise;
      assert.equal(alice.pusher.user.user_data.id, 'alice');
      const library = serverLibrary(server);
      await library.trigger(names, 'back', { again: true });
      for (const channel of channels) assert.deepEqual((await channel.nth('back')).data, { again: true });
    });
  }
});
