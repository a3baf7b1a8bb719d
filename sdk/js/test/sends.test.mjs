// Sends: bounded, in order, delivered once or told why not. The vectors of the conformance kit have the rest.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LimitError, RefusedError, TimeoutError } from '../src/rtmate.js';
import { Play, outcome, settled, welcome } from './support/play.mjs';

/** @param {Play} play @returns {any[]} */
const sent = (play) => play.link.frames.filter(({ event }) => event === 'messageSend').map(({ payload }) => payload.data);

test('no more wait than may, and the next one is told so', async () => {
  const play = new Play({ limits: { queuedSends: 2 } });
  play.network.refusing = true;
  const channel = play.rt.channel('a');
  const first = [outcome(channel.send(1)), outcome(channel.send(2))];
  await assert.rejects(channel.send(3), (error) => error instanceof LimitError && error.reason === 'queue_full' && !error.attempted);
  assert.equal(play.rt.queued, 2);
  assert.deepEqual(first, [{}, {}]);
  const small = new Play({ limits: { queuedCharacters: 10 } });
  await assert.rejects(small.rt.channel('a').send('0123456789'), { reason: 'queue_full' });
});

test('what can not be JSON is refused at once', async () => {
  const play = await Play.online();
  await assert.rejects(play.rt.channel('a').send(undefined), TypeError);
  await assert.rejects(play.rt.channel('a').send(10n), TypeError);
  assert.equal(play.rt.queued, 0);
});

test('a signal takes back what waits, and stops what is under way', async () => {
  const play = await Play.online();
  const channel = play.rt.channel('a');
  const stop = new AbortController();
  const sends = [1, 2].map((n) => outcome(channel.send(n, { signal: stop.signal })));
  const third = outcome(channel.send(3));
  stop.abort(new Error('never mind'));
  await settled();
  assert.deepEqual(sends.map(({ error }) => error.message), ['never mind', 'never mind']);
  assert.deepEqual(sent(play), [1, 3], 'the second never went out');
  play.link.reply(play.link.take('messageSend'), { channel: 'a', id: 'late', ts: 1 });
  const frame = play.link.take('messageSend');
  play.link.reply(frame, { channel: 'a', id: 'm3', ts: 1 });
  await settled();
  assert.equal(third.value.id, 'm3');
  await assert.rejects(channel.send(4, { signal: stop.signal }), { message: 'never mind' });
});

test('too old is told, with whether it was ever on the way', async () => {
  const play = new Play({ timeouts: { sendMs: 5_000 } });
  play.network.refusing = true;
  const waiting = outcome(play.rt.channel('a').send(1));
  await play.clock.pass(5_000);
  assert.ok(waiting.error instanceof TimeoutError);
  assert.equal(waiting.error.attempted, false);
  play.network.refusing = false;
  await play.enter();
  const lost = outcome(play.rt.channel('a').send(2, { timeoutMs: 1_000 }));
  await play.clock.pass(1_000);
  assert.deepEqual([lost.error.reason, lost.error.attempted], ['timeout', true]);
});

test('one after the other in a channel, side by side in several, or where order does not matter', async () => {
  const play = await Play.online();
  const [a, b] = [play.rt.channel('a'), play.rt.channel('b')];
  for (const n of [1, 2, 3]) outcome(a.send(`a${n}`));
  for (const n of [1, 2]) outcome(b.send(`b${n}`));
  for (const n of [1, 2]) outcome(a.send(`cursor${n}`, { ordered: false }));
  await settled();
  assert.deepEqual(sent(play), ['a1', 'b1', 'cursor1', 'cursor2']);
  play.link.reply(play.link.take('messageSend'), { channel: 'a', id: 'm1', ts: 1 });
  await settled();
  assert.deepEqual(sent(play).at(-1), 'a2');
});

test('no more than 32 are under way', async () => {
  const play = await Play.online();
  for (let n = 0; n < 50; n++) outcome(play.rt.channel('a').send(n, { ordered: false }));
  await settled();
  assert.equal(sent(play).length, 32);
  for (let n = 0; n < 10; n++) play.link.reply(play.link.take('messageSend'), { channel: 'a', id: `m${n}`, ts: 1 });
  await settled();
  assert.equal(sent(play).length, 32, 'as many as were answered follow');
});

test('rate_limited is said to one send and holds for all', async () => {
  const play = await Play.online();
  for (const name of ['a', 'b']) outcome(play.rt.channel(name).send(name));
  await settled();
  play.link.refuse(play.link.take('messageSend'), 429, 'rate_limited', { retry_after_ms: 2_000 });
  play.link.reply(play.link.take('messageSend'), { channel: 'b', id: 'm1', ts: 1 });
  outcome(play.rt.channel('c').send('c'));
  await play.clock.pass(1_999);
  assert.deepEqual(sent(play), []);
  await play.clock.pass(1);
  assert.deepEqual(sent(play), ['a', 'c']);
});

test('no faster than the server takes them', async () => {
  const play = new Play({ limits: { sendsUnderWay: 1_000 } });
  play.rt.connect().catch(() => {});
  await play.enter({ limits: { ...welcome().limits, requests_per_second: 10, requests_burst: 5 } });
  for (let n = 0; n < 20; n++) outcome(play.rt.channel('a').send(n, { ordered: false }));
  await settled();
  assert.equal(sent(play).length, 5);
  await play.clock.pass(1_000);
  assert.equal(sent(play).length, 15);
});

test('what would not fit into a frame is refused here: the server would close for good', async () => {
  const play = await Play.online();
  await assert.rejects(play.rt.channel('a').send('é'.repeat(70_000)), (error) => error instanceof LimitError && error.reason === 'payload_too_large');
  assert.equal(play.rt.state, 'online');
});

test('under another name a repeat could be a second message: the outcome stays unknown', async () => {
  const play = await Play.online();
  const before = outcome(play.rt.channel('a').send(1));
  await settled();
  play.link.reset();
  await play.enter({ client_id: 'someone-else' });
  assert.deepEqual([before.error.reason, before.error.attempted], ['outcome_unknown', true]);
  assert.deepEqual(sent(play), []);
});

test('after the window of its key a repeat could be a second message too', async () => {
  const play = await Play.online({ timeouts: { sendMs: 3_600_000 } });
  const before = outcome(play.rt.channel('a').send(1));
  await settled();
  play.network.refusing = true;
  play.link.reset();
  await play.clock.pass(280_000);
  play.network.refusing = false;
  await play.enter();
  assert.equal(before.error.reason, 'outcome_unknown');
});

test('an acknowledgement that comes late, or twice, counts once', async () => {
  const play = await Play.online();
  const send = outcome(play.rt.channel('a').send(1));
  await settled();
  const first = play.link.take('messageSend');
  for (let beat = 0; beat < 15; beat++) {
    await play.clock.pass(1_000);
    play.link.push('heartbeat', { ts: 1 });
  }
  const second = play.link.take('messageSend');
  assert.equal(second.payload.key, first.payload.key);
  for (const frame of [second, first, second]) play.link.reply(frame, { channel: 'a', id: 'm1', ts: 1, repeated: frame === second });
  await settled();
  assert.deepEqual([send.value.id, send.value.repeated], ['m1', true]);
  assert.equal(play.rt.queued, 0);
});

test('a refusal has what the server said', async () => {
  const play = await Play.online();
  const send = outcome(play.rt.channel('a').send(1));
  await settled();
  play.link.refuse(play.link.take('messageSend'), 409, 'idempotency_conflict', { message: 'the same key was used for other content' });
  await settled();
  assert.ok(send.error instanceof RefusedError);
  const { name, code, reason, message } = send.error;
  assert.deepEqual([name, code, reason], ['RefusedError', 409, 'idempotency_conflict']);
  assert.match(message, /idempotency_conflict: the same key/);
});
