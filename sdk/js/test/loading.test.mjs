// State that is loaded beside the messages: at the beginning, and after every gap.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Play, at, message, outcome, settled, watched } from './support/play.mjs';

describe('state that is loaded', () => {
  test('first, with what comes meanwhile held back behind it', async () => {
    const play = await Play.online();
    /** @type {any[]} */ const loads = [];
    const channel = play.rt.channel('a');
    const seen = watched(channel);
    const subscribing = outcome(channel.subscribe({ load: (request) => new Promise((done) => loads.push({ ...request, done })) }));
    await settled();
    play.link.reply(play.link.take('subscribe'), { channel: 'a', ...at(4) });
    await settled();
    play.message('a', 5);
    assert.deepEqual([loads[0].cause, loads[0].position.offset], ['first', 4]);
    assert.deepEqual(subscribing, {});
    assert.deepEqual(seen, ['subscribed fresh']);
    loads[0].done();
    await settled();
    assert.equal(subscribing.value.position.offset, 4);
    assert.deepEqual(seen, ['subscribed fresh', 'message 5']);
  });

  test('anew after a gap, and again where that failed', async () => {
    const play = await Play.online();
    const reported = /** @type {any} */ (globalThis);
    /** @type {any[]} */ const errors = [];
    reported.reportError = (/** @type {any} */ error) => errors.push(error.message);
    /** @type {string[]} */ const causes = [];
    const channel = await play.live('a', at(4), {
      load: ({ cause }) => {
        causes.push(cause);
        if (causes.length === 2) throw new Error('no state now');
      },
    });
    play.link.reset();
    await play.enter();
    play.link.reply(play.link.take('subscribe'), { channel: 'a', epoch: '00000000000000bb', offset: 0, recovered: false, messages: [] });
    await settled();
    assert.deepEqual(causes, ['first', 'not_recovered']);
    await play.clock.pass(500);
    delete reported.reportError;
    assert.deepEqual(causes, ['first', 'not_recovered', 'not_recovered']);
    assert.deepEqual(errors, ['no state now']);
    assert.equal(channel.state, 'live');
  });

  test('a load that a gap or the end overtakes is told by its signal', async () => {
    const play = await Play.online();
    /** @type {AbortSignal[]} */ const signals = [];
    const channel = await play.live('a', {}, { load: ({ signal }) => new Promise(() => signals.push(signal)) });
    play.link.reset();
    await play.enter();
    play.link.reply(play.link.take('subscribe'), { channel: 'a' });
    await settled();
    assert.deepEqual(signals.map(({ aborted }) => aborted), [true, false]);
    channel.unsubscribe();
    assert.equal(signals[1].aborted, true);
  });

  test('while it takes too long the channel waits, and history fills in', async () => {
    const play = await Play.online({ limits: { events: 2 } });
    /** @type {() => void} */ let done = () => {};
    const channel = play.rt.channel('a');
    const seen = watched(channel);
    outcome(channel.subscribe({ load: () => new Promise((resolve) => (done = () => resolve(undefined))) }));
    await settled();
    play.link.reply(play.link.take('subscribe'), { channel: 'a', ...at(0) });
    await settled();
    for (const offset of [1, 2, 3]) play.message('a', offset);
    assert.equal(channel.state, 'paused');
    assert.equal(play.link.take('unsubscribe').payload.channel, 'a');
    done();
    await settled();
    const request = play.link.take('subscribe');
    assert.equal(request.payload.position.offset, 2);
    play.link.reply(request, { channel: 'a', ...at(3, { recovered: true, messages: [message(3)] }) });
    await settled();
    assert.deepEqual(seen, ['subscribed fresh', 'message 1', 'message 2', 'subscribed complete', 'replayed 3']);
  });

  test('what was held before a gap is in the state that is loaded after it', async () => {
    const play = await Play.online();
    /** @type {(() => void)[]} */ const loads = [];
    const channel = play.rt.channel('a');
    const seen = watched(channel);
    outcome(channel.subscribe({ load: () => new Promise((resolve) => loads.push(() => resolve(undefined))) }));
    await settled();
    play.link.reply(play.link.take('subscribe'), { channel: 'a', ...at(0) });
    await settled();
    play.message('a', 1);
    play.link.reset();
    await play.enter();
    play.link.reply(play.link.take('subscribe'), { channel: 'a', epoch: '00000000000000bb', offset: 5, recovered: false, messages: [] });
    await settled();
    play.message('a', 6);
    loads[1]();
    await settled();
    assert.deepEqual(seen, ['subscribed fresh', 'gap not_recovered', 'subscribed broken', 'message 6']);
  });
});
