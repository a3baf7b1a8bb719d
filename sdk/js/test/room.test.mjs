// What the hooks of React stand on: several components look at one channel.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { roomOf } from '../src/room.js';
import { Play, at, message, settled } from './support/play.mjs';

test('components of one channel share a subscription, and the last one leaves it', async () => {
  const play = await Play.online();
  const room = roomOf(play.rt, 'a');
  assert.equal(roomOf(play.rt, 'a'), room);
  const leaves = [room.enter({ rewind: 2 }), room.enter({ presence: 'watch' }), room.enter({ presence: true })];
  await settled();
  const request = play.link.take('subscribe');
  assert.deepEqual(request.payload, { channel: 'a', rewind: 2, presence: true });
  play.link.reply(request, { channel: 'a', ...at(2, { messages: [message(1), message(2)] }), members: [{ client: 'alice' }], count: 1, version: 1 });
  await settled();
  const { messages, status, members } = room.get();
  assert.deepEqual([messages.map(({ data }) => data), status, members.length], [[1, 2], 'live', 1]);
  assert.equal(room.get(), room.get(), 'the same view until something changes');
  for (const leave of leaves.slice(1)) leave();
  await settled();
  assert.deepEqual(play.link.frames, []);
  leaves[0]();
  await settled();
  assert.equal(play.link.take('unsubscribe').payload.channel, 'a');
  assert.notEqual(roomOf(play.rt, 'a'), room);
});

test('one that is unmounted and mounted anew in one turn changes nothing', async () => {
  const play = await Play.online();
  const room = roomOf(play.rt, 'a');
  let leave = room.enter({});
  await settled();
  play.link.reply(play.link.take('subscribe'), { channel: 'a' });
  leave();
  leave = room.enter({});
  await settled();
  assert.deepEqual(play.link.frames, []);
  assert.equal(room.get().status, 'live');
});

test('shows the connection, a refusal, a gap, and no more messages than are kept', async () => {
  const play = await Play.online();
  const room = roomOf(play.rt, 'a');
  /** @type {string[]} */ const shown = [];
  room.look(() => shown.push(room.get().status));
  room.enter({ keep: 2 });
  await settled();
  play.link.reply(play.link.take('subscribe'), { channel: 'a', ...at(0) });
  for (const offset of [1, 2, 3]) play.message('a', offset);
  assert.deepEqual(room.get().messages.map(({ data }) => data), [2, 3]);
  play.link.reset();
  assert.equal(room.get().status, 'connecting');
  await play.enter();
  play.link.reply(play.link.take('subscribe'), { channel: 'a', epoch: '00000000000000bb', offset: 0, recovered: false, messages: [] });
  assert.deepEqual([room.get().status, room.get().missing], ['live', true]);
  play.link.push('unsubscribed', { channel: 'a', reason: 'permission_denied', resubscribe: false });
  assert.deepEqual([room.get().status, room.get().error?.message], ['refused', 'the server ended the subscription: permission_denied']);
  assert.deepEqual([...new Set(shown)], ['live', 'connecting', 'refused']);
});

test('after a gap the last messages are read from history, before what comes', async () => {
  const play = await Play.online();
  const room = roomOf(play.rt, 'a');
  room.enter({ rewind: 2 });
  await settled();
  play.link.reply(play.link.take('subscribe'), { channel: 'a', ...at(2, { messages: [message(1), message(2)] }) });
  await settled();
  play.link.reset();
  await play.enter();
  play.link.reply(play.link.take('subscribe'), { channel: 'a', epoch: '00000000000000bb', offset: 2, recovered: false, messages: [] });
  await settled();
  const fresh = (/** @type {number} */ offset) => ({ ...message(offset), id: `n${offset}`, data: `new ${offset}` });
  play.link.push('message', { channel: 'a', ...fresh(3) });
  const history = play.link.take('history');
  play.link.reply(history, { epoch: '00000000000000bb', offset: 3, first: 1, more: false, messages: [3, 2, 1].map(fresh) });
  await settled();
  assert.deepEqual(room.get().messages.map(({ data }) => data), [1, 2, 'new 1', 'new 2', 'new 3']);
  assert.equal(room.get().missing, true);
});
