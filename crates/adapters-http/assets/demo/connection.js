// @ts-check
/**
 * A client of the native protocol: connects, authenticates, keeps subscriptions and their positions over
 * reconnects, answers `tokenExpiring`, notices silence. No DOM in here, so that a page can swap it for the SDK.
 */
import { Channels } from './channels.js';
import { afterClose, backoff, closeText } from './retry.js';

const CONNECT_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 15_000;
/** After the `disconnect` push the close should follow at once. */
const FAREWELL_TIMEOUT_MS = 5_000;
/** Silence of this many ping intervals means that the connection is gone. */
const SILENT_INTERVALS = 2.5;
/** A token with less life left is not used to connect. */
const TOKEN_MARGIN_MS = 30_000;
/** Online for this long, the next outage starts again with the shortest backoff. */
const STEADY_MS = 10_000;
const REFRESH_RETRY_MS = 5_000;

/**
 * @typedef {{ token: string, client: string, expiresAt: number }} Token `expiresAt` in Unix milliseconds
 * @typedef {{ name: 'connecting' }
 *   | { name: 'online', client: string, connection: string }
 *   | { name: 'reconnecting', at: number, why: string }
 *   | { name: 'refused', source: 'token' | 'auth' | 'close', why: string, error?: Error }} State
 * @typedef {'joining' | 'joined' | 'left' | 'refused'} Membership
 * @typedef {object} Options
 * @property {string} url
 * @property {string} app
 * @property {string} client
 * @property {(client: string) => Promise<Token>} fetchToken rejects with `final: true` where retrying is useless
 * @property {(state: State) => void} onState
 * @property {() => void} onToken another token is in use
 * @property {(payload: any) => void} onMessage a `message` push, each once
 * @property {(channel: string, now: Membership, reason?: string) => void} onChannel `joined` comes by `onJoined`
 * @property {(channel: string, arrival: import('./subscription.js').Arrival) => void} onJoined
 * @property {(channel: string) => void} onLost messages are missing before the next one
 * @property {(channel: string, roster: import('./subscription.js').Roster | null) => void} onMembers null: not known
 * @property {(direction: 'out' | 'in' | 'note', text: string) => void} onFrame
 */

/** A reply with an error, or (code 0) no reply at all: `not_connected`, `connection_lost`, `timeout`. */
export class RequestError extends Error {
  /** @param {number} code @param {string} reason @param {string} message @param {number} [retryAfterMs] */
  constructor(code, reason, message, retryAfterMs = 0) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

export class Connection {
  /** @type {Options} */ #options;
  /** @type {WebSocket | null} */ #socket = null;
  /** @type {Token | null} */ #token = null;
  /** @type {State} */ #state = { name: 'connecting' };
  /** @type {{ code: number, reason?: string, retryAfterMs?: number } | null} the `disconnect` push */
  #farewell = null;
  /** @type {Map<string, { resolve: (data: any) => void, reject: (error: RequestError) => void, timer: number }>} */
  #waiting = new Map();
  /** @type {Channels} */ #channels;
  /** @type {string | undefined} of the connection before */ #session;
  /** Counts connections; what was started for an earlier one stops when it sees another number. */
  #turn = 0;
  #nextId = 1;
  #attempt = 0;
  #patienceMs = 0;
  #comeBackTimer = 0;
  #watchdog = 0;
  #steadyTimer = 0;

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
    this.#channels = new Channels(options, {
      request: (event, payload) => this.#request(event, payload),
      later: (ms, what) => this.#later(ms, what),
      turn: () => this.#turn,
      online: () => this.#state.name === 'online',
    });
  }

  get app() {
    return this.#options.app;
  }

  /** The token that this connection uses, null before the first. */
  get token() {
    return this.#token;
  }

  /** Connects now, whatever it was waiting for; with changes as another client or app. @param {Partial<Options>} [changes] */
  connect(changes) {
    if (!changes && (this.#state.name === 'online' || this.#socket)) return;
    if (changes || this.#state.name === 'refused') this.#token = null;
    this.#detach();
    if (changes) {
      this.#session = undefined;
      if (changes.app !== undefined && changes.app !== this.#options.app) this.#channels.elsewhere();
    }
    Object.assign(this.#options, changes);
    void this.#open();
  }

  /** @param {string} channel */
  join(channel) {
    this.#channels.join(channel);
  }

  /** @param {string} channel */
  leave(channel) {
    return this.#channels.leave(channel);
  }

  /**
   * Sends once. The same `key` after an unknown outcome never makes a second message.
   * @param {string} channel @param {any} data @param {string} key
   * @returns {Promise<import('./outbox.js').Ack>}
   */
  send(channel, data, key) {
    if (this.#state.name !== 'online') return Promise.reject(lost('not_connected'));
    return this.#request('messageSend', { channel, data, key });
  }

  /** Where this page is in the channel, null where that is not known. @param {string} channel */
  position(channel) {
    return this.#channels.position(channel);
  }

  async #open() {
    const turn = ++this.#turn;
    this.#setState({ name: 'connecting' });
    const fresh = !this.#token || this.#token.expiresAt - Date.now() < TOKEN_MARGIN_MS;
    try {
      if (fresh) await this.#fetchToken(turn);
    } catch (error) {
      if (turn === this.#turn) this.#noToken(/** @type {Error} */ (error));
      return;
    }
    if (turn !== this.#turn) return;
    const socket = new WebSocket(this.#options.url);
    this.#socket = socket;
    this.#watch(CONNECT_TIMEOUT_MS, 'no answer from the server');
    socket.onopen = () => {
      this.#options.onFrame('note', `open ${this.#options.url}`);
      void this.#authenticate(turn, fresh);
    };
    socket.onmessage = (event) => this.#receive(String(event.data));
    socket.onclose = (event) => this.#end(event.code);
  }

  /** @param {number} turn */
  async #fetchToken(turn) {
    const token = await this.#options.fetchToken(this.#options.client);
    if (turn !== this.#turn) return;
    this.#token = token;
    this.#options.onToken();
  }

  /** @param {Error & { final?: boolean, retryAfterMs?: number }} error */
  #noToken(error) {
    this.#detach();
    if (error.final) this.#setState({ name: 'refused', source: 'token', why: error.message, error });
    else this.#comeBack(Math.max(error.retryAfterMs ?? 0, backoff(this.#attempt)), error.message);
  }

  /** @param {number} turn @param {boolean} fresh whether the token was just fetched */
  async #authenticate(turn, fresh) {
    try {
      this.#online(await this.#auth(this.#former()));
    } catch (failure) {
      if (turn !== this.#turn) return;
      const error = /** @type {RequestError} */ (failure);
      if (error.code === 401 && !fresh) {
        // The server may have new keys since the token was made; a refused first `auth` leaves the connection open.
        try {
          await this.#fetchToken(turn);
        } catch (reason) {
          if (turn === this.#turn) this.#noToken(/** @type {Error} */ (reason));
          return;
        }
        if (turn === this.#turn) await this.#authenticate(turn, true);
        return;
      }
      this.#detach();
      const why = `${error.reason}: ${error.message}`;
      if (error.code >= 400 && error.code < 429) this.#setState({ name: 'refused', source: 'auth', why, error });
      else this.#comeBack(Math.max(error.retryAfterMs, backoff(this.#attempt)), why);
    }
  }

  /** @param {object} [former] */
  #auth(former) {
    return this.#request('auth', { appId: this.#options.app, token: this.#token?.token, heartbeat: true, ...former });
  }

  /** What the first `auth` says of the connection before; channels of the token have their positions there. */
  #former() {
    return { ...(this.#session && { session: this.#session }), ...this.#channels.positionsByToken() };
  }

  /** @param {any} data of the auth reply */
  #online(data) {
    this.#patienceMs = SILENT_INTERVALS * (Number(data?.ping_interval_ms) || 0);
    this.#watch(this.#patienceMs);
    this.#steadyTimer = setTimeout(() => (this.#attempt = 0), STEADY_MS);
    if (typeof data?.session === 'string') this.#session = data.session;
    this.#setState({ name: 'online', client: String(data?.client_id), connection: String(data?.connection_id ?? '') });
    this.#channels.enterAll();
  }

  /** A new token for the same client on the same connection; until it works, or the server closes with 4203. */
  async #refresh() {
    const turn = this.#turn;
    const before = this.#token?.token;
    try {
      await this.#fetchToken(turn);
      if (turn === this.#turn && this.#token?.token !== before) await this.#auth();
    } catch {
      if (turn === this.#turn) this.#later(REFRESH_RETRY_MS, () => this.#refresh());
    }
  }

  /** Runs it later, if this connection still stands. @param {number} ms @param {() => unknown} what */
  #later(ms, what) {
    const turn = this.#turn;
    setTimeout(() => turn === this.#turn && what(), ms);
  }

  /** @param {string} event @param {object} payload @returns {Promise<any>} */
  #request(event, payload) {
    const socket = this.#socket;
    if (!socket || socket.readyState !== WebSocket.OPEN) return Promise.reject(lost('not_connected'));
    const id = String(this.#nextId++);
    const text = JSON.stringify({ event, payload, id });
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(lost('timeout'));
      }, REQUEST_TIMEOUT_MS);
      this.#waiting.set(id, { resolve, reject, timer });
      socket.send(text);
      this.#options.onFrame('out', text);
    });
  }

  /** @param {string} text */
  #receive(text) {
    this.#options.onFrame('in', text);
    if (this.#state.name === 'online' && !this.#farewell) this.#watch(this.#patienceMs);
    /** @type {any} */ let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      return; // shown among the frames; nothing else to do with it
    }
    if (typeof frame?.code === 'number') this.#settle(frame);
    else if (typeof frame?.event === 'string') this.#push(frame.event, frame.payload ?? {});
  }

  /** @param {any} reply */
  #settle(reply) {
    const waiter = this.#waiting.get(String(reply.id));
    if (!waiter) return;
    this.#waiting.delete(String(reply.id));
    clearTimeout(waiter.timer);
    if (reply.code === 200) waiter.resolve(reply.data);
    else waiter.reject(new RequestError(reply.code, reply.reason ?? String(reply.code), reply.message, reply.retry_after_ms));
  }

  /** @param {string} event @param {any} payload */
  #push(event, payload) {
    if (event === 'tokenExpiring') void this.#refresh();
    if (event === 'disconnect') {
      this.#farewell = payload;
      this.#watch(FAREWELL_TIMEOUT_MS);
    }
    this.#channels.push(event, payload);
  }

  /** The connection is over. @param {number} closeCode @param {string} [why] */
  #end(closeCode, why) {
    const farewell = this.#farewell;
    this.#detach();
    // A reset can swallow the close frame; the push that came before it knows better than 1006.
    const code = closeCode < 4000 && farewell ? farewell.code : closeCode;
    const text = farewell || !why ? closeText(code, farewell?.reason) : why;
    this.#options.onFrame('note', `closed: ${text}`);
    const { back, delayMs, freshToken } = afterClose(code, farewell?.retryAfterMs, this.#attempt);
    if (freshToken) this.#token = null;
    if (back) this.#comeBack(delayMs, text);
    else this.#setState({ name: 'refused', source: 'close', why: text });
  }

  /** @param {number} delayMs @param {string} why */
  #comeBack(delayMs, why) {
    this.#attempt += 1;
    this.#comeBackTimer = setTimeout(() => this.#open(), delayMs);
    this.#setState({ name: 'reconnecting', at: Date.now() + delayMs, why });
  }

  /** Lets go of the socket and of everything that waits for it. */
  #detach() {
    this.#turn += 1;
    for (const timer of [this.#comeBackTimer, this.#watchdog, this.#steadyTimer]) clearTimeout(timer);
    this.#farewell = null;
    this.#channels.pauseAll();
    const socket = this.#socket;
    this.#socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject, timer } of waiting) {
      clearTimeout(timer);
      reject(lost('connection_lost'));
    }
  }

  /** Ends the connection unless called again in time; 0 switches it off. @param {number} ms @param {string} [why] */
  #watch(ms, why = 'no sign of life from the server') {
    clearTimeout(this.#watchdog);
    if (ms > 0) this.#watchdog = setTimeout(() => this.#end(1006, why), ms);
  }

  /** @param {State} state */
  #setState(state) {
    this.#state = state;
    this.#options.onState(state);
  }
}

/** @param {'not_connected' | 'connection_lost' | 'timeout'} reason */
function lost(reason) {
  const text = { not_connected: 'not connected', connection_lost: 'connection lost', timeout: 'no reply' }[reason];
  return new RequestError(0, reason, text);
}
