// A WebSocket server for one client at a time, small enough to misbehave in every byte.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const TEXT = 1;
const CLOSE = 8;
const PING = 9;

/** @implements {Partial<import('./player.mjs').Link>} */
class WireLink {
  /** @type {{ event: string, payload: any, id: any }[]} */ frames = [];
  open = true;
  #pending = Buffer.alloc(0);

  /** @param {import('node:stream').Duplex} socket @param {() => void} changed */
  constructor(socket, changed) {
    this.socket = socket;
    this.changed = changed;
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('error', () => {});
    socket.on('close', () => this.#gone());
  }

  /** @param {string} text */
  send(text) {
    this.#frame(TEXT, Buffer.from(text));
  }

  /** @param {number} code */
  close(code) {
    const body = Buffer.alloc(2);
    body.writeUInt16BE(code);
    this.#frame(CLOSE, body);
    this.open = false;
    this.socket.end();
  }

  reset() {
    this.open = false;
    this.socket.destroy();
  }

  /** @param {Uint8Array} bytes */
  bytes(bytes) {
    this.socket.write(bytes);
  }

  /** @param {number} opcode @param {Buffer} body */
  #frame(opcode, body) {
    const long = body.length >= 126;
    const head = Buffer.alloc(long ? 4 : 2);
    head[0] = 0x80 | opcode;
    head[1] = long ? 126 : body.length;
    if (long) head.writeUInt16BE(body.length, 2);
    if (this.open) this.socket.write(Buffer.concat([head, body]));
  }

  /** Frames of clients are masked, and here never longer than 64 KiB. @param {Buffer} chunk */
  #read(chunk) {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    for (;;) {
      if (this.#pending.length < 2) return;
      const long = (this.#pending[1] & 0x7f) === 126;
      if (long && this.#pending.length < 4) return;
      const length = long ? this.#pending.readUInt16BE(2) : this.#pending[1] & 0x7f;
      const start = (long ? 4 : 2) + 4;
      if (this.#pending.length < start + length) return;
      const mask = this.#pending.subarray(start - 4, start);
      const body = Buffer.from(this.#pending.subarray(start, start + length)).map((byte, index) => byte ^ mask[index % 4]);
      this.#take(this.#pending[0] & 0x0f, Buffer.from(body));
      this.#pending = this.#pending.subarray(start + length);
    }
  }

  /** @param {number} opcode @param {Buffer} body */
  #take(opcode, body) {
    if (opcode === TEXT) this.frames.push(JSON.parse(body.toString()));
    if (opcode === PING) this.#frame(10, body);
    if (opcode === CLOSE) {
      this.#frame(CLOSE, body.subarray(0, 2));
      this.#gone();
      this.socket.end();
    }
    this.changed();
  }

  #gone() {
    this.open = false;
    this.changed();
  }
}

/** @returns {Promise<{ url: string, links: WireLink[], refuse: (refuse: boolean) => void, wait: (until: () => boolean, ms: number) => Promise<boolean>, changed: () => void, stop: () => void }>} */
export async function listen() {
  /** @type {WireLink[]} */ const links = [];
  /** @type {Set<() => void>} */ const waiting = new Set();
  const changed = () => waiting.forEach((look) => look());
  let refusing = false;
  const server = createServer();
  server.on('upgrade', (request, socket) => {
    if (refusing) return void socket.destroy();
    const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${GUID}`).digest('base64');
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`);
    links.push(new WireLink(socket, changed));
    changed();
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `ws://127.0.0.1:${port}/ws`, links, changed,
    refuse: (refuse) => void (refusing = refuse),
    wait: (until, ms) =>
      new Promise((done) => {
        const end = (/** @type {boolean} */ outcome) => {
          clearTimeout(timer);
          waiting.delete(look);
          done(outcome);
        };
        const timer = setTimeout(() => end(until()), ms);
        const look = () => until() && end(true);
        waiting.add(look);
        look();
      }),
    stop: () => {
      for (const link of links) link.reset();
      server.close();
    },
  };
}
