// With the real server: what survives kill -9, cut cables, silence, an expired token.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { startProxy } from './proxy.mjs';
import { client, closeAll, collected, event, startServer, within } from './story.mjs';

/** @type {Awaited<ReturnType<typeof startServer>>} */ let server;
/** @type {string} */ let data;

/** @param {string} who @param {number} count */
const texts = (who, count) => Array.from({ length: count }, (_, n) => `${who} ${n}`);

describe('with the real server', { timeout: 120_000 }, () => {
  before(async () => {
    data = await mkdtemp(join(tmpdir(), 'rtmate-sdk-'));
    server = await startServer(0, data);
  });
  afterEach(closeAll);
  after(async () => {
    await server?.stop();
    if (data) await rm(data, { recursive: true, force: true });
  });

  test('two clients talk, see each other, and read what was said', async () => {
    const [alice, bob] = [client(server, 'alice'), client(server, 'bob')];
    const [a, b] = [alice.channel('chat:two'), bob.channel('chat:two')];
    const heard = collected(a);
    await a.presence.enter();
    const joined = event(a.presence, 'join', ({ client }) => client === 'bob');
    await b.presence.enter();
    await joined;
    const receipt = await b.send({ text: 'hello' }, { name: 'chat' });
    await heard.until(() => heard.data.length === 1);
    assert.deepEqual(heard.data, [{ text: 'hello' }]);
    assert.equal(receipt.position?.offset, 1);
    for (const n of [1, 2, 3, 4]) await b.send(n);
    const pages = [];
    for await (const page of a.history({ limit: 2 })) pages.push(page.messages.map((message) => message.data));
    assert.deepEqual(pages, [[4, 3], [2, 1], [{ text: 'hello' }]]);
    const late = client(server, 'carol').channel('chat:two');
    const replayed = collected(late);
    await late.subscribe({ rewind: 2 });
    assert.deepEqual(replayed.data, [3, 4]);
    assert.equal((await a.presence.get()).count, 2);
    late.unsubscribe();
    assert.equal(alice.clientId, 'alice');
    const another = a.history({ epoch: 'ffffffffffffffff' });
    await assert.rejects(another.next(), { name: 'RefusedError', code: 409, reason: 'epoch_changed' });
  });

  test('kill -9 in the middle loses, doubles and reorders nothing', async () => {
    const names = ['alice', 'bob'];
    const clients = names.map((name) => client(server, name));
    const channels = clients.map((rt) => rt.channel('chat:killed'));
    const heard = channels.map(collected);
    /** @type {string[]} */ const gaps = [];
    for (const channel of channels) {
      channel.on('gap', ({ cause }) => gaps.push(cause));
      await channel.subscribe();
    }
    const sends = channels.map((channel, index) => Promise.all(texts(names[index], 60).map((text) => channel.send(text))));
    for (const round of [10, 50]) {
      await heard[0].until(() => heard[0].data.length >= round);
      await server.kill();
      server = await startServer(server.port, data);
    }
    const receipts = (await within(Promise.all(sends))).flat();
    for (const each of heard) await each.until(() => each.data.length >= 120);
    const [one, other] = heard.map((each) => each.data);
    assert.deepEqual(one, other, 'one order');
    for (const name of names) assert.deepEqual(one.filter((text) => text.startsWith(name)), texts(name, 60), 'each once, as written');
    const offsets = receipts.map(({ position }) => position?.offset ?? 0).sort((x, y) => x - y);
    assert.deepEqual(offsets, Array.from({ length: 120 }, (_, n) => n + 1));
    assert.deepEqual(gaps, []);
  });

  test('a cut cable is made up for: what was sent meanwhile, by either side, arrives once', async () => {
    const proxy = await startProxy(server.port);
    const [away, here] = [client(server, 'away', { ws: proxy.url }), client(server, 'here')];
    const [far, near] = [away.channel('chat:cut'), here.channel('chat:cut')];
    const heard = [collected(far), collected(near)];
    await Promise.all([far.subscribe(), near.subscribe()]);
    for (let round = 0; round < 3; round++) {
      const waiting = event(away, 'state', ({ state }) => state === 'waiting');
      proxy.cut();
      await waiting;
      await Promise.all(texts(`near ${round}`, 5).map((text) => near.send(text)));
      const sending = texts(`far ${round}`, 5).map((text) => far.send(text));
      const back = event(far, 'subscribed');
      proxy.mend();
      assert.equal((await back).recovery, 'complete');
      await within(Promise.all(sending));
    }
    for (const each of heard) await each.until(() => each.data.length >= 30);
    assert.deepEqual(heard[0].data, heard[1].data);
    assert.equal(new Set(heard[0].data).size, 30);
    proxy.stop();
  });

  test('a cable that falls silent is noticed, where the page has a reason to look', async () => {
    const proxy = await startProxy(server.port);
    const page = pageListeners();
    const away = client(server, 'silent', { ws: proxy.url });
    await away.channel('chat:silent').subscribe();
    const before = proxy.taken;
    proxy.silence();
    const waiting = event(away, 'state', ({ reason }) => reason === 'no_sign_of_life');
    // As after a walk to another network: something was heard last a little while ago.
    const asked = event(away, 'frame', ({ text }) => text.includes('"ping"'));
    await within((async () => {
      for (;;) {
        page.fire('online');
        if (await Promise.race([asked.then(() => true), new Promise((done) => setTimeout(done, 100))])) return;
      }
    })());
    await waiting;
    proxy.mend();
    await event(away, 'state', ({ state }) => state === 'online');
    assert.equal(proxy.taken, before + 1);
    away.close();
    page.restore();
    proxy.stop();
  });

  test('a position that was kept is gone on from by another run', async () => {
    const writer = client(server, 'writer');
    const channel = writer.channel('chat:kept');
    await channel.send('before');
    await channel.subscribe();
    const { position } = channel;
    writer.close();
    const other = client(server, 'other');
    await other.channel('chat:kept').send('between');
    const again = other.channel('chat:kept');
    const heard = collected(again);
    const { recovery } = await again.subscribe({ position: position ?? undefined });
    assert.deepEqual([recovery, heard.data], ['complete', ['between']]);
  });

  test('for await, over a restart', async () => {
    const rt = client(server, 'reader');
    /** @type {string[]} */ const read = [];
    const reading = (async () => {
      for await (const message of rt.channel('chat:reader')) if (read.push(message.data) === 4) return;
    })();
    await event(rt.channel('chat:reader'), 'subscribed');
    const writer = client(server, 'writer').channel('chat:reader');
    for (const text of ['one', 'two']) await writer.send(text);
    await server.kill();
    server = await startServer(server.port, data);
    for (const text of ['three', 'four']) await writer.send(text);
    await within(reading);
    assert.deepEqual(read, ['one', 'two', 'three', 'four']);
  });
});

/** What a window would be for the client. */
function pageListeners() {
  const target = /** @type {any} */ (globalThis);
  const before = [target.addEventListener, target.removeEventListener];
  /** @type {[string, () => void][]} */ const all = [];
  target.addEventListener = (/** @type {string} */ name, /** @type {() => void} */ fn) => all.push([name, fn]);
  target.removeEventListener = () => {};
  return {
    fire: (/** @type {string} */ name) => all.filter(([other]) => other === name).forEach(([, fn]) => fn()),
    restore: () => ([target.addEventListener, target.removeEventListener] = before),
  };
}
