// Channels: subscriptions, readers, members, history, and what belongs to the token.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Play, at, message, outcome, settled, watched } from './support/play.mjs';

describe('subscriptions', () => {
  test('are asked for ten at a time, one request at a time, and again on the next connection', async () => {
    const play = await Play.online();
    for (let n = 0; n < 25; n++) outcome(play.rt.channel(`c${n}`).subscribe());
    /** @type {number[]} */ const sizes = [];
    const answerAll = async () => {
      for (let round = 0; round < 3; round++) {
        await settled();
        const request = play.link.take('subscribe');
        assert.equal(play.link.frames.filter(({ event }) => event === 'subscribe').length, 0, 'one at a time');
        sizes.push(request.payload.channels.length);
        play.link.reply(request, { channels: request.payload.channels.map((/** @type {any} */ { channel }) => ({ code: 200, channel, ...at(3) })) });
      }
      await settled();
    };
    await answerAll();
    play.link.reset();
    await play.enter();
    await answerAll();
    assert.deepEqual(sizes, [10, 10, 5, 10, 10, 5]);
    assert.equal(play.rt.channel('c24').state, 'live');
  });

  test('resolve when live, reject when refused, and leave the channel usable', async () => {
    const play = await Play.online();
    const channel = play.rt.channel('a');
    const refused = outcome(channel.subscribe({ rewind: 5 }));
    await settled();
    const request = play.link.take('subscribe');
    assert.deepEqual(request.payload, { channel: 'a', rewind: 5 });
    play.link.refuse(request, 404, 'not_enabled');
    await settled();
    assert.equal(refused.error.reason, 'not_enabled');
    assert.equal(channel.state, 'idle');
    const again = outcome(channel.subscribe());
    await settled();
    play.link.reply(play.link.take('subscribe'), { channel: 'a' });
    await settled();
    assert.equal(again.value.recovery, 'fresh');
    assert.equal((await channel.subscribe()).recovery, 'fresh', 'a second one asks nothing');
    assert.deepEqual(play.link.frames, []);
  });

  test('an unanswered one ends the connection, which is of no use', async () => {
    const play = await Play.online();
    outcome(play.rt.channel('a').subscribe());
    await play.clock.pass(15_000);
    assert.equal(play.state?.reason, 'no_reply_to_subscribe');
  });

  test('rewind is for the beginning only, and its messages are told as replayed', async () => {
    const play = await Play.online();
    const channel = play.rt.channel('a');
    const seen = watched(channel);
    await play.live('a', at(2, { messages: [message(1), message(2)] }), { rewind: 2 });
    play.message('a', 3);
    play.link.reset();
    await play.enter();
    const { payload } = play.link.take('subscribe');
    assert.deepEqual([payload.rewind, payload.position.offset], [undefined, 3]);
    assert.deepEqual(seen, ['subscribed fresh', 'replayed 1', 'replayed 2', 'message 3']);
  });

  test('a signal ends one, before and after it is live', async () => {
    const play = await Play.online();
    const [early, late] = [new AbortController(), new AbortController()];
    const subscribing = outcome(play.rt.channel('a').subscribe({ signal: early.signal }));
    early.abort(new Error('left'));
    await settled();
    assert.equal(subscribing.error.message, 'left');
    const channel = await play.live('b', {}, { signal: late.signal });
    late.abort();
    assert.equal(channel.state, 'idle');
    assert.equal(play.link.take('unsubscribe').payload.channel, 'b');
    await assert.rejects(channel.subscribe({ signal: late.signal }), { name: 'AbortError' });
  });

  test('left and wanted again while the first is under way', async () => {
    const play = await Play.online();
    const channel = play.rt.channel('a');
    const first = outcome(channel.subscribe());
    await settled();
    const request = play.link.take('subscribe');
    channel.unsubscribe();
    const second = outcome(channel.subscribe());
    await settled();
    play.link.reply(request, { channel: 'a', ...at(9) });
    await settled();
    assert.equal(first.error.name, 'AbortError');
    assert.deepEqual(second, {}, 'the first reply is not its own');
    play.link.reply(play.link.take('subscribe'), { channel: 'a', ...at(4) });
    await settled();
    assert.equal(second.value.position.offset, 4);
  });

  test('a refusal of a request before the present one is not of the present one', async () => {
    const play = await Play.online();
    const channel = play.rt.channel('a');
    outcome(channel.subscribe());
    await settled();
    const request = play.link.take('subscribe');
    channel.unsubscribe();
    const second = outcome(channel.subscribe());
    play.link.refuse(request, 403, 'permission_denied');
    await settled();
    assert.deepEqual(second, {});
    assert.equal(channel.state, 'asked');
  });

  test('a server that ends one again and again is not asked without end', async () => {
    const play = await Play.online();
    await play.live('a');
    const times = [];
    for (let round = 0; round < 4; round++) {
      play.link.push('unsubscribed', { channel: 'a', reason: 'overflow', resubscribe: true });
      const since = play.clock.now();
      await play.clock.pass(60_000, () => play.link.frames.some(({ event }) => event === 'subscribe'));
      times.push(play.clock.now() - since);
      play.link.reply(play.link.take('subscribe'), { channel: 'a' });
      await settled();
    }
    assert.deepEqual(times, [0, 1000, 2000, 4000]);
  });

  test('no more channels than may be, and the same object for the same name', async () => {
    const play = new Play({ limits: { channels: 2 } });
    play.network.refusing = true;
    assert.equal(play.rt.channel('a'), play.rt.channel('a'));
    for (const name of ['a', 'b']) outcome(play.rt.channel(name).subscribe());
    await assert.rejects(play.rt.channel('c').subscribe(), { reason: 'too_many_channels' });
    play.rt.channel('a').unsubscribe();
    outcome(play.rt.channel('c').subscribe());
    assert.equal(play.rt.channel('c').state, 'wanted');
  });

  test('those of the token go on from the positions in auth', async () => {
    const play = await Play.online();
    const channel = play.rt.channel('a');
    const seen = watched(channel);
    outcome(channel.subscribe());
    await settled();
    play.link.push('subscribed', { channel: 'a', ...at(4) });
    play.link.reply(play.link.take('subscribe'), { channel: 'a', ...at(4) });
    await settled();
    play.message('a', 5);
    play.link.reset();
    const auth = await play.enter();
    assert.deepEqual(auth.positions, { a: { epoch: '00000000000000aa', offset: 5 } });
    play.link.push('subscribed', { channel: 'a', ...at(6, { recovered: true, messages: [message(6)] }) });
    await settled();
    assert.deepEqual(seen, ['subscribed fresh', 'message 5', 'subscribed complete', 'replayed 6']);
  });
});

describe('readers', () => {
  test('read with for await, and leave the channel with the last of them', async () => {
    const play = await Play.online();
    const channel = play.rt.channel('a');
    /** @type {number[]} */ const read = [];
    const reading = (async () => {
      for await (const { data } of channel) {
        read.push(data);
        if (data === 3) break;
      }
    })();
    await settled();
    play.link.reply(play.link.take('subscribe'), { channel: 'a', ...at(0) });
    for (const offset of [1, 2, 3, 4]) play.message('a', offset);
    await reading;
    assert.deepEqual(read, [1, 2, 3]);
    assert.equal(play.link.take('unsubscribe').payload.channel, 'a');
    assert.equal(channel.state, 'idle');
  });

  test('one that does not keep up makes the channel wait, and history fills in', async () => {
    const play = await Play.online({ limits: { events: 3 } });
    const channel = await play.live('a', at(0));
    const reader = channel.messages();
    for (const offset of [1, 2, 3]) play.message('a', offset);
    assert.equal(channel.state, 'paused');
    assert.equal(play.link.take('unsubscribe').payload.channel, 'a');
    play.message('a', 4);
    for (const offset of [1, 2, 3]) assert.equal((await reader.next()).value.data, offset);
    await settled();
    const request = play.link.take('subscribe');
    assert.equal(request.payload.position.offset, 3);
    play.link.reply(request, { channel: 'a', ...at(5, { recovered: true, messages: [message(4), message(5)] }) });
    for (const offset of [4, 5]) assert.equal((await reader.next()).value.data, offset);
    assert.equal(channel.state, 'live');
  });

  test('are told why it ended, after what they have', async () => {
    const play = await Play.online();
    const channel = await play.live('a', at(0));
    const reader = channel.messages();
    play.message('a', 1);
    play.link.push('unsubscribed', { channel: 'a', reason: 'permission_denied', resubscribe: false });
    assert.equal((await reader.next()).value.data, 1);
    await assert.rejects(reader.next(), { reason: 'permission_denied' });
    assert.equal((await reader.next()).done, true);
  });

  test('a refused subscription is told to the reader that made it', async () => {
    const play = await Play.online();
    const first = outcome(play.rt.channel('a').messages().next());
    await settled();
    play.link.refuse(play.link.take('subscribe'), 403, 'permission_denied');
    await settled();
    assert.equal(first.error.reason, 'permission_denied');
  });

  test('end with their signal', async () => {
    const play = await Play.online();
    const channel = await play.live('a', at(0));
    const stop = new AbortController();
    const next = outcome(channel.messages({ signal: stop.signal }).next());
    stop.abort();
    await settled();
    assert.equal(next.error.name, 'AbortError');
    assert.equal(channel.state, 'live', 'the subscription was made by somebody else');
  });
});

describe('members', () => {
  const two = { members: [{ client: 'alice', connections: 1 }, { client: 'bob', info: { name: 'B' }, connections: 2 }], count: 2, version: 7 };

  test('are a live list', async () => {
    const play = await Play.online();
    const { presence } = play.rt.channel('a');
    assert.deepEqual([presence.members, presence.count, presence.known], [[], 0, false]);
    const channel = await play.live('a', two, { presence: true });
    const seen = watched(channel);
    assert.deepEqual(presence.members, [{ client: 'alice' }, { client: 'bob', info: { name: 'B' } }]);
    assert.equal(presence.members, presence.members, 'the same array until something changes');
    play.link.push('memberLeft', { channel: 'a', client: 'bob', version: 8 });
    play.link.push('memberJoined', { channel: 'a', client: 'carol', version: 9 });
    assert.deepEqual(presence.members.map(({ client }) => client), ['alice', 'carol']);
    assert.deepEqual(seen, ['leave bob', 'join carol']);
    play.link.reset();
    assert.equal(presence.known, false);
    channel.unsubscribe();
    assert.deepEqual([presence.members, presence.count], [[], 0]);
  });

  test('are not changed by what is older than the list', async () => {
    const play = await Play.online();
    const channel = await play.live('a', two, { presence: true });
    play.link.push('memberLeft', { channel: 'a', client: 'bob', version: 7 });
    play.link.push('memberJoined', { channel: 'a', client: 'old', version: 6 });
    assert.deepEqual(channel.presence.members.map(({ client }) => client), ['alice', 'bob']);
    assert.deepEqual(play.link.frames, []);
  });

  test('of a channel with too many are counted', async () => {
    const play = await Play.online();
    const channel = await play.live('a', { count: 4_000, version: 7 }, { presence: 'watch' });
    assert.deepEqual([channel.presence.members, channel.presence.count, channel.presence.known], [[], 4_000, true]);
    play.link.push('presence', { channel: 'a', count: 4_001, version: 9 });
    assert.equal(channel.presence.count, 4_001);
    // 1,000 again: changes come, and the list is asked for.
    play.link.push('memberLeft', { channel: 'a', client: 'x', version: 10 });
    play.link.reply(play.link.take('presence'), two);
    assert.equal(channel.presence.count, 2);
  });

  test('another part in a live channel is asked for, and kept over a reconnect', async () => {
    const play = await Play.online();
    const channel = await play.live('a', at(3));
    const entering = outcome(channel.presence.enter());
    await settled();
    const request = play.link.take('subscribe');
    assert.deepEqual(request.payload, { channel: 'a', presence: true });
    play.message('a', 4);
    play.link.reply(request, { channel: 'a', ...at(4), ...two });
    await settled();
    assert.equal(entering.value.recovery, 'fresh');
    assert.equal(channel.presence.count, 2);
    assert.equal(channel.position?.offset, 4);
    play.link.reset();
    await play.enter();
    assert.equal(play.link.take('subscribe').payload.presence, true);
  });

  test('a channel that is left while another part is asked for stays left, and who asked is told', async () => {
    const play = await Play.online();
    const channel = await play.live('a', at(3));
    const seen = watched(channel);
    const entering = outcome(channel.presence.enter());
    await settled();
    const request = play.link.take('subscribe');
    channel.unsubscribe();
    play.link.reply(request, { channel: 'a', ...at(3), ...two });
    await settled();
    assert.equal(entering.error?.name, 'AbortError');
    assert.deepEqual([channel.state, channel.presence.count, seen.filter((what) => what.startsWith('join'))], ['idle', 0, []]);
  });

  test('a refusal of another part does not change what was wanted after the channel was left', async () => {
    const play = await Play.online();
    const channel = await play.live('a', at(3));
    const entering = outcome(channel.presence.enter());
    await settled();
    const request = play.link.take('subscribe');
    channel.unsubscribe();
    const watching = outcome(channel.presence.watch());
    play.link.refuse(request, 403, 'permission_denied');
    await settled();
    assert.equal(channel.subscription.presence, 'watch');
    play.link.reply(play.link.take('subscribe'), { channel: 'a', ...at(3), ...two });
    await settled();
    assert.deepEqual([watching.value.recovery, entering.value.recovery, channel.presence.count], ['fresh', 'fresh', 2]);
  });

  test('a signal ends one while another part is asked for', async () => {
    const play = await Play.online();
    const channel = await play.live('a', at(3));
    const stop = new AbortController();
    const entering = outcome(channel.presence.enter({ signal: stop.signal }));
    await settled();
    const request = play.link.take('subscribe');
    stop.abort(new Error('gone'));
    play.link.reply(request, { channel: 'a', ...at(3), ...two });
    await settled();
    assert.equal(entering.error?.message, 'gone');
    assert.equal(channel.state, 'idle');
    assert.equal(play.link.take('unsubscribe').payload.channel, 'a');
  });

  test('can be asked for without a subscription', async () => {
    const play = await Play.online();
    const asking = outcome(play.rt.channel('a').presence.get());
    await settled();
    play.link.reply(play.link.take('presence'), two);
    await settled();
    assert.equal(asking.value.members.length, 2);
  });
});

describe('history', () => {
  test('comes page by page, of one stream', async () => {
    const play = await Play.online();
    const pages = play.rt.channel('a').history({ limit: 2 });
    const first = outcome(pages.next());
    await settled();
    const request = play.link.take('history');
    assert.deepEqual(request.payload, { channel: 'a', order: 'desc', limit: 2 });
    play.link.reply(request, { channel: 'a', epoch: 'e', offset: 3, first: 1, more: true, messages: [message(3), message(2)] });
    await settled();
    assert.deepEqual(first.value.value.messages.map((/** @type {any} */ { data }) => data), [3, 2]);
    const second = outcome(pages.next());
    await settled();
    assert.deepEqual(play.link.frames[0].payload, { channel: 'a', order: 'desc', limit: 2, before: 2, epoch: 'e' });
    play.link.refuse(play.link.take('history'), 409, 'epoch_changed');
    await settled();
    assert.equal(second.error.reason, 'epoch_changed');
  });

  test('is asked again where the connection broke, and ends with its signal or in time', async () => {
    const play = await Play.online();
    const channel = play.rt.channel('a');
    const page = outcome(channel.history().next());
    await settled();
    play.link.reset();
    await play.enter();
    play.link.reply(play.link.take('history'), { channel: 'a', epoch: 'e', offset: 0, first: 1, more: false, messages: [] });
    await settled();
    assert.equal(page.value.value.more, false);
    const stop = new AbortController();
    const stopped = outcome(channel.history({ signal: stop.signal }).next());
    const late = outcome(channel.history().next());
    await settled();
    stop.abort(new Error('enough'));
    await play.clock.pass(15_000);
    assert.equal(stopped.error.message, 'enough');
    assert.equal(late.error.reason, 'timeout');
  });

  test('no more requests wait than may', async () => {
    const play = new Play({ limits: { requests: 1 } });
    play.network.refusing = true;
    const first = outcome(play.rt.request('ping'));
    await assert.rejects(play.rt.request('ping'), { reason: 'too_many_requests' });
    play.rt.close();
    await settled();
    assert.equal(first.error.reason, 'closed');
  });
});
