// A network cable that a test can cut.
import { connect, createServer } from 'node:net';

/** @param {number} port of the server on this machine */
export async function startProxy(port) {
  /** @type {Set<import('node:net').Socket>} */ const sockets = new Set();
  let mode = /** @type {'open' | 'cut' | 'silent'} */ ('open');
  let taken = 0;
  const server = createServer((near) => {
    taken += 1;
    if (mode === 'cut') return void near.destroy();
    const far = connect(port, '127.0.0.1');
    for (const [one, other] of [[near, far], [far, near]]) {
      sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.on('data', (chunk) => void (mode === 'silent' || other.write(chunk)));
    }
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)));
  const { port: own } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `ws://127.0.0.1:${own}/ws`,
    /** Connections so far. */
    get taken() {
      return taken;
    },
    /** Every connection breaks, and new ones fail. */
    cut: () => {
      mode = 'cut';
      for (const socket of sockets) socket.destroy();
    },
    /** Nothing goes through any more, and nobody is told. */
    silence: () => (mode = 'silent'),
    mend: () => (mode = 'open'),
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
