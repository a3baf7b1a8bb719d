// A network of the test's own: a WebSocket class, and the server's end of each of its connections.

/** @implements {Partial<import('../../../conformance/player.mjs').Link>} */
class FakeLink {
  /** @type {{ event: string, payload: any, id: any }[]} */ frames = [];
  open = true;
  /** The code that the client closed with. @type {number | undefined} */ closedWith;

  /** @param {FakeSocket} socket */
  constructor(socket) {
    this.socket = socket;
  }

  /** @param {string} text */
  send(text) {
    if (this.open) this.socket.onmessage?.({ data: text });
  }

  /** @param {number} code */
  close(code) {
    if (!this.open) return;
    this.open = false;
    this.socket.onclose?.({ code });
  }

  reset() {
    this.close(1006);
  }

  /** The next frame with that event, taken out. @param {string} event @returns {any} */
  take(event) {
    const index = this.frames.findIndex((frame) => frame.event === event);
    if (index < 0) throw new Error(`no ${event} among ${JSON.stringify(this.frames)}`);
    return this.frames.splice(index, 1)[0];
  }

  /** @param {any} request @param {object | null} data */
  reply(request, data) {
    this.send(JSON.stringify({ code: 200, message: 'success', data, id: request.id }));
  }

  /** @param {any} request @param {number} code @param {string} reason @param {object} [more] */
  refuse(request, code, reason, more) {
    this.send(JSON.stringify({ code, reason, message: 'no', data: null, id: request.id, ...more }));
  }

  /** @param {string} event @param {object} payload */
  push(event, payload) {
    this.send(JSON.stringify({ event, payload }));
  }
}

class FakeSocket {
  /** @type {((event: any) => void) | null} */ onopen = null;
  /** @type {((event: any) => void) | null} */ onmessage = null;
  /** @type {((event: any) => void) | null} */ onclose = null;
  /** @type {((event: any) => void) | null} */ onerror = null;
}

export class FakeNetwork {
  /** @type {FakeLink[]} */ links = [];
  /** @type {string[]} every address that was tried */ addresses = [];
  refusing = false;

  constructor() {
    const network = this;
    this.WebSocket = class extends FakeSocket {
      /** @type {FakeLink | null} */ #link = null;
      #closed = false;

      /** @param {string} url */
      constructor(url) {
        super();
        network.addresses.push(url);
        queueMicrotask(() => {
          if (this.#closed) return;
          if (network.refusing) {
            this.onerror?.({});
            this.onclose?.({ code: 1006 });
            return;
          }
          this.#link = new FakeLink(this);
          network.links.push(this.#link);
          this.onopen?.({});
        });
      }

      /** @param {string} text */
      send(text) {
        if (this.#link?.open) this.#link.frames.push(JSON.parse(text));
      }

      /** @param {number} code */
      close(code) {
        this.#closed = true;
        if (!this.#link) return;
        this.#link.open = false;
        this.#link.closedWith = code;
      }
    };
  }

  /** The latest connection. */
  get link() {
    return /** @type {FakeLink} */ (this.links.at(-1));
  }
}
