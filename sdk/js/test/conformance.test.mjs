// The conformance vectors, with a clock of the test's own. test/e2e plays them over a wire.
import { readFileSync, readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { play } from '../../conformance/player.mjs';
import { FakeClock } from './support/fake-clock.mjs';
import { FakeNetwork } from './support/fake-network.mjs';
import { FEATURES, Subject } from './support/subject.mjs';

const FOLDER = new URL('../../conformance/vectors/', import.meta.url);

/** @param {import('../../conformance/player.mjs').Vector} vector */
async function run(vector) {
  const clock = new FakeClock();
  const network = new FakeNetwork();
  /** @type {any[]} */ const told = [];
  const subject = new Subject((event) => told.push(event), { clock, WebSocket: network.WebSocket });
  const { tokens, timing } = vector;
  subject.order({ do: 'start', url: 'ws://test/ws', app: 'app', tokens, timing });
  await play(vector, {
    links: network.links, told,
    order: (order) => subject.order(order),
    now: clock.now,
    wait: (until, ms) => clock.pass(ms, until),
    refuse: (refuse) => (network.refusing = refuse),
  });
  subject.order({ do: 'close' });
}

for (const file of readdirSync(FOLDER)) {
  const { about, vectors } = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'));
  describe(about, () => {
    for (const vector of vectors) {
      const fits = !vector.wire && (vector.needs ?? []).every((/** @type {string} */ need) => FEATURES.includes(need));
      if (fits) test(vector.name, () => run(vector));
    }
  });
}
