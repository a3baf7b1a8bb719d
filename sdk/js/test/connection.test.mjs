// The connection: when it comes back, and when it does not.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RTMate, StoppedError, TokenDeniedError } from '../src/rtmate.js';
import { Play, outcome, settled, welcome } from './support/play.mjs';

/** The delays of the next returns, each connection failing. @param {Play} play @param {number} count */
async function delays(play, count) {
  const seen = [];
  for (let round = 0; round < count; round++) {
    await play.clock.pass(60_000, () => play.states.filter(({ state }) => state === 'waiting').length > round);
    seen.push(play.states.filter(({ state }) => state === 'waiting')[round].delayMs);
  }
  return seen;
}

describe('the return', () => {
  test('waits longer each time, up to half a minute', async () => {
    const play = new Play();
    play.network.refusing = true;
    play.rt.connect().catch(() => {});
    assert.deepEqual(await delays(play, 9), [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
  });

  test('waits anything from nothing up to that', async () => {
    const random = [0, 0.5, 0.25];
    const play = new Play({ random: () => random.shift() ?? 1 });
    play.network.refusing = true;
    play.rt.connect().catch(() => {});
    assert.deepEqual(await delays(play, 3), [0, 500, 500]);
  });

  test('begins the row anew after a connection that held', async () => {
    const play = await Play.online();
    for (let round = 0; round < 3; round++) {
      play.link.reset();
      await play.enter();
    }
    await play.clock.pass(5_000);
    play.link.reset();
    assert.equal(play.state?.delayMs, 500);
  });

  test('obeys a delay exactly where the connection had held, and never for longer than five minutes', async () => {
    const play = await Play.online();
    await play.clock.pass(5_000);
    play.link.push('disconnect', { code: 4200, reason: 'shutting_down', retryAfterMs: 12_345 });
    play.link.close(4200);
    assert.deepEqual([play.state?.delayMs, play.state?.reason, play.state?.code], [12_345, 'shutting_down', 4200]);
    await play.enter();
    await play.clock.pass(5_000);
    play.link.push('disconnect', { code: 4200, reason: 'shutting_down', retryAfterMs: 1e15 });
    play.link.close(4200);
    assert.equal(play.state?.delayMs, 300_000);
  });

  test('a server that says "at once" each time is not asked without end', async () => {
    const play = await Play.online();
    for (let round = 0; round < 4; round++) {
      play.link.push('disconnect', { code: 4202, reason: 'reconnect', retryAfterMs: 0 });
      play.link.close(4202);
      await play.enter();
    }
    const waits = play.states.filter(({ state }) => state === 'waiting').map(({ delayMs }) => delayMs);
    assert.deepEqual(waits, [500, 1000, 2000, 4000]);
  });

  test('a disconnect whose close never comes ends the connection all the same', async () => {
    const play = await Play.online();
    play.link.push('disconnect', { code: 4202, reason: 'reconnect', retryAfterMs: 100 });
    await play.clock.pass(5_000);
    assert.equal(play.link.open, false);
    await play.enter();
    assert.equal(play.rt.state, 'online');
  });

  test('a page that is looked at again, or has a network again, does not wait longer', async () => {
    const listeners = pageListeners();
    const play = await Play.online();
    play.network.refusing = true;
    play.link.reset();
    await play.clock.pass(60_000);
    play.network.refusing = false;
    const before = play.clock.now();
    listeners.fire('online');
    await play.enter();
    assert.equal(play.clock.now(), before);
    play.rt.close();
    assert.equal(listeners.count(), 0, 'a client that stopped listens to nothing');
    listeners.restore();
  });

  test('but a server that asked for patience gets it', async () => {
    const listeners = pageListeners();
    const play = await Play.online();
    await play.clock.pass(5_000);
    play.link.push('disconnect', { code: 4200, reason: 'shutting_down', retryAfterMs: 20_000 });
    play.link.close(4200);
    listeners.fire('online');
    await play.clock.pass(19_999);
    assert.equal(play.network.links.length, 1);
    await play.clock.pass(1);
    assert.equal(play.network.links.length, 2);
    listeners.restore();
  });

  test('nor is a full or overrun server hurried', async () => {
    const listeners = pageListeners();
    const play = await Play.online();
    play.link.close(4101);
    listeners.fire('online');
    await play.clock.pass(499);
    assert.equal(play.network.links.length, 1);
    listeners.restore();
  });

  test('every third opening names no app, so that a refusal can be read', async () => {
    const play = new Play({ language: 'en' });
    play.network.refusing = true;
    play.rt.connect().catch(() => {});
    await delays(play, 4);
    const named = play.network.addresses.map((address) => new URL(address).searchParams.get('app'));
    assert.deepEqual(named.slice(0, 4), ['app', 'app', null, 'app']);
    assert.equal(new URL(play.network.addresses[0]).searchParams.get('lang'), 'en');
  });
});

describe('tokens', () => {
  test('a source that never answers is given up, told by its signal, and asked again', async () => {
    /** @type {AbortSignal[]} */ const signals = [];
    const play = new Play({
      getToken: ({ signal }) => {
        signals.push(signal);
        return signals.length === 1 ? new Promise(() => {}) : 'token';
      },
    });
    play.rt.connect().catch(() => {});
    await play.clock.pass(15_000);
    assert.equal(signals[0].aborted, true);
    assert.equal(play.state?.error?.reason, 'no_token');
    await play.enter();
  });

  test('whatever is no token is an error that says so', async () => {
    const play = new Play({ getToken: () => /** @type {any} */ ({ token: 'x' }) });
    play.rt.connect().catch(() => {});
    await settled();
    assert.match(String(play.state?.error?.message), /must give a token, as a string/);
  });

  test('an error with retryAfterMs is obeyed', async () => {
    const play = new Play({ getToken: () => { throw Object.assign(new Error('slow down'), { retryAfterMs: 7_000 }); } });
    play.rt.connect().catch(() => {});
    await settled();
    assert.equal(play.state?.delayMs, 7_500);
  });

  test('a denied one stops the client, and everything that waits is told', async () => {
    const play = new Play({ getToken: () => { throw new TokenDeniedError('logged out'); } });
    const connecting = outcome(play.rt.connect());
    const sending = outcome(play.rt.channel('a').send(1));
    const subscribing = outcome(play.rt.channel('a').subscribe());
    await settled();
    for (const { error } of [connecting, sending, subscribing]) {
      assert.ok(error instanceof StoppedError);
      assert.deepEqual([error.reason, error.message], ['no_token', 'logged out']);
    }
  });

  test('one that ends soon is not shown to a new connection', async () => {
    const play = await Play.online();
    play.link.reset();
    await play.enter({ expires_at: 1_004_000 });
    play.link.reset();
    assert.equal((await play.enter()).token, 'token-2');
  });

  test('one that is being refreshed is not refreshed again', async () => {
    const play = await Play.online();
    play.link.push('tokenExpiring', { expiresAt: 1 });
    await settled();
    play.link.push('tokenExpiring', { expiresAt: 1 });
    await settled();
    assert.equal(play.tokens, 2);
    assert.equal(play.link.frames.length, 1);
  });

  test('on a connection a refused first one is replaced, a second one stops', async () => {
    const play = new Play();
    const connecting = outcome(play.rt.connect());
    await settled();
    play.link.refuse(play.link.take('auth'), 401, 'invalid_token');
    await settled();
    assert.equal(connecting.error?.reason, 'invalid_token', 'it was fresh: another would be no better');
    assert.equal(play.tokens, 1);
  });
});

describe('the handle', () => {
  test('does nothing before its first use', async () => {
    const play = new Play();
    play.rt.channel('a').on('message', () => {});
    await play.clock.pass(60_000);
    assert.equal(play.rt.state, 'idle');
    assert.equal(play.tokens, 0);
  });

  test('waits for a connection no longer than its signal', async () => {
    const play = new Play();
    play.network.refusing = true;
    const stop = new AbortController();
    const connecting = outcome(play.rt.connect({ signal: stop.signal }));
    stop.abort(new Error('enough'));
    await settled();
    assert.equal(connecting.error.message, 'enough');
  });

  test('closed, it rejects what waits, and begins again only when told', async () => {
    const play = await Play.online();
    const sending = outcome(play.rt.channel('a').send(1));
    play.rt.close();
    await settled();
    assert.deepEqual([sending.error.reason, sending.error.attempted], ['closed', true]);
    assert.equal(play.link.closedWith, 1000);
    assert.equal(play.clock.timers, 0, 'no timer is left');
    await assert.rejects(play.rt.channel('a').send(1), { reason: 'closed' });
    await assert.rejects(play.rt.channel('a').subscribe(), { reason: 'closed' });
    play.rt.connect().catch(() => {});
    await play.enter();
    assert.equal(play.rt.state, 'online');
  });

  test('tells its frames, for debugging', async () => {
    const play = new Play();
    /** @type {string[]} */ const frames = [];
    play.rt.on('frame', ({ direction, text }) => frames.push(`${direction} ${text.slice(0, 16)}`));
    play.rt.connect().catch(() => {});
    await play.enter();
    assert.deepEqual(frames, ['out {"event":"auth",', 'in {"code":200,"mes']);
  });

  test('a listener that throws keeps nobody from going on', async () => {
    const play = await Play.online();
    const reported = catchReports();
    /** @type {any[]} */ const seen = [];
    const channel = await play.live('a');
    channel.on('message', () => { throw new Error('mine'); });
    channel.on('message', ({ data }) => seen.push(data));
    play.message('a', 1);
    assert.deepEqual(seen, [1]);
    assert.equal(reported().length, 1);
  });

  test('bad options are refused where they are given', () => {
    const getToken = () => 'x';
    const make = (/** @type {any} */ url, /** @type {any} */ options) => () => new RTMate(url, options);
    const WebSocket = class {};
    assert.throws(make('ws://x/ws', { getToken, WebSocket }), /appId/);
    assert.throws(make('ws://x/ws', { appId: 'a', WebSocket }), /getToken/);
    assert.throws(make('ftp://x/ws', { appId: 'a', getToken, WebSocket }), /not an address/);
    assert.throws(make('ws://x/ws', { appId: 'a', getToken, WebSocket, limits: { queueSends: 1 } }), /limits.queueSends is not known/);
    assert.throws(make('ws://x/ws', { appId: 'a', getToken, WebSocket, backoff: { baseMs: -1 } }), /must be a number/);
    assert.throws(() => new Play().rt.channel('no spaces'), /not a channel/);
    assert.throws(() => new Play().rt.channel('#reserved'), /not a channel/);
    if (!globalThis.WebSocket) assert.throws(make('ws://x/ws', { appId: 'a', getToken }), /package ws/);
  });
});

test('a welcome without numbers is lived with', async () => {
  const play = new Play();
  play.rt.connect().catch(() => {});
  await settled();
  play.link.reply(play.link.take('auth'), { ...welcome(), limits: null, ts: 'x', expires_at: null, ping_interval_ms: null });
  await settled();
  assert.equal(play.rt.state, 'online');
});

/** The errors that nobody caught, from now on. */
function catchReports() {
  /** @type {unknown[]} */ const seen = [];
  const target = /** @type {any} */ (globalThis);
  const before = target.reportError;
  target.reportError = (/** @type {unknown} */ error) => seen.push(error);
  return () => {
    target.reportError = before;
    return seen;
  };
}

/** What a window would be for the client. */
function pageListeners() {
  const target = /** @type {any} */ (globalThis);
  const before = [target.addEventListener, target.removeEventListener];
  /** @type {[string, () => void][]} */ let all = [];
  target.addEventListener = (/** @type {string} */ name, /** @type {() => void} */ fn) => all.push([name, fn]);
  target.removeEventListener = (/** @type {string} */ name, /** @type {() => void} */ fn) => {
    all = all.filter(([other, known]) => other !== name || known !== fn);
  };
  return {
    fire: (/** @type {string} */ name) => all.filter(([other]) => other === name).forEach(([, fn]) => fn()),
    count: () => all.length,
    restore: () => ([target.addEventListener, target.removeEventListener] = before),
  };
}
