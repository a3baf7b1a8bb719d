// Whether a silent server is dead, or this page was asleep.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Play } from './support/play.mjs';

/** @param {Play} play */
const pings = (play) => play.link.frames.filter(({ event }) => event === 'ping');

test('after silence the server is asked, and its answer is enough', async () => {
  const play = await Play.online();
  for (let round = 0; round < 5; round++) {
    await play.clock.pass(35_000);
    assert.equal(pings(play).length, 1);
    play.link.reply(play.link.take('ping'), { ts: 1 });
  }
  assert.equal(play.network.links.length, 1);
});

test('without an answer it is left, ten seconds later', async () => {
  const play = await Play.online();
  await play.clock.pass(35_000 + 9_999);
  assert.equal(play.rt.state, 'online');
  await play.clock.pass(1);
  assert.deepEqual([play.state?.state, play.state?.reason], ['waiting', 'no_sign_of_life']);
});

test('timers that come once a minute are not taken for a dead server', async () => {
  const play = await Play.online();
  play.clock.lateMs = 59_000;
  for (let minute = 0; minute < 10; minute++) {
    play.link.push('heartbeat', { ts: 1 });
    await play.clock.pass(60_000);
    while (pings(play).length > 0) play.link.reply(play.link.take('ping'), { ts: 1 });
  }
  assert.equal(play.network.links.length, 1);
  // And a dead one is found in the end.
  await play.clock.pass(400_000, () => play.state?.reason === 'no_sign_of_life');
  assert.equal(play.state?.reason, 'no_sign_of_life');
});

test('a page that slept asks first, and hears what stood in line', async () => {
  const play = await Play.online();
  play.clock.sleep(3_600_000);
  // The overdue timer comes before what the network brought meanwhile.
  await play.clock.pass(1);
  assert.equal(play.rt.state, 'online');
  assert.equal(pings(play).length, 1);
  play.link.push('heartbeat', { ts: 1 });
  await play.clock.pass(30_000);
  assert.equal(play.network.links.length, 1);
});

test('a page that fell asleep while it waited for the answer asks once more', async () => {
  const play = await Play.online();
  await play.clock.pass(35_000);
  play.clock.sleep(3_600_000);
  await play.clock.pass(1);
  assert.equal(play.rt.state, 'online');
  assert.equal(pings(play).length, 2);
  await play.clock.pass(10_000);
  assert.equal(play.state?.reason, 'no_sign_of_life');
});

test('a reply to auth that is late because the page slept is waited for once more', async () => {
  const play = new Play();
  play.rt.connect().catch(() => {});
  await play.clock.pass(0);
  play.clock.sleep(600_000);
  await play.clock.pass(1);
  assert.equal(play.rt.state, 'greeting');
  await play.clock.pass(15_000);
  assert.equal(play.state?.reason, 'no_reply_to_auth');
});
