/** The connection: the table of states in the README, and nothing else. */

import { Backoff, givenDelay } from './backoff.js';
import { Alarm } from './clock.js';
import { TOKEN_EXPIRED, familyOf, lost } from './closing.js';
import { Credential } from './credential.js';
import { RTMateError, StoppedError, TokenDeniedError, mayPass } from './errors.js';
import { read } from './frames.js';
import { Pulse } from './pulse.js';

/** After the `disconnect` push the close should follow at once. */
const FAREWELL_MS = 5_000;
/** The server pings so often, unless it says otherwise. */
const PING_INTERVAL_MS = 25_000;
/** Of so many openings that failed in a row the last is made without `?app=`: a page can't read why an upgrade was refused. */
const PLAIN_EVERY = 3;
export const VERSION = '0.1.0';

/**
 * @typedef {'idle' | 'waiting' | 'fetching' | 'opening' | 'greeting' | 'online' | 'stopped'} State
 * @typedef {(data: Record<string, any> | null, error: RTMateError | null) => void} OnReply both null: the connection was lost
 * @typedef {object} Above what the connection tells
 * @property {(change: StateChange) => void} state
 * @property {() => Record<string, import('./frames.js').Position>} positions of channels that the token made
 * @property {(welcome: Record<string, any>) => void} online
 * @property {() => void} lost all that was asked is to be asked again
 * @property {(error: StoppedError) => void} stopped
 * @property {(event: string, payload: Record<string, any>) => void} push
 * @property {(frame: { direction: 'in' | 'out', text: string }) => void} frame
 * @property {(token: string) => void} token
 * @typedef {object} StateChange
 * @property {State} state
 * @property {State} previous
 * @property {string} [reason] `waiting`: why
 * @property {number} [code] `waiting`: the close code, 1006 where there was none
 * @property {number} [delayMs] `waiting`: how long
 * @property {RTMateError} [error] `stopped`: why; `waiting`: what went wrong, where it is known
 */

export class Connection {
  /** @type {State} */ state = 'idle';
  /** @type {StoppedError | null} */ error = null;
  /** @type {State} the last one that was told */ #shown = 'idle';
  /** @type {import('./settings.js').Settings} */ #settings;
  /** @type {Above} */ #above;
  /** @type {Credential} */ #credential;
  /** @type {Backoff} */ #backoff;
  /** @type {Backoff} */ #refreshBackoff;
  /** @type {Pulse} */ #pulse;
  /** Of the state: the end of waiting, opening, greeting or a farewell. @type {Alarm} */ #alarm;
  /** @type {Alarm} */ #refreshAlarm;
  /** @type {WebSocket | null} */ #socket = null;
  /** @type {Map<number, OnReply>} requests of this connection that are not answered */ #asked = new Map();
  /** Unique over all connections. */ #lastId = 0;
  /** From the last `auth`: this client continues that one. @type {string | undefined} */ #session;
  /** What the `disconnect` push said. @type {import('./closing.js').Departure | null} */ #farewell = null;
  #onlineSince = 0;
  #failedOpenings = 0;
  #isFresh = false;
  #refreshing = false;
  /** Of `waiting`: nothing may end it before this. */ #notBefore = 0;

  /** @param {import('./settings.js').Settings} settings @param {Above} above */
  constructor(settings, above) {
    const { clock, random, backoff, timeouts } = settings;
    this.#settings = settings;
    this.#above = above;
    this.#credential = new Credential(settings.getToken, clock, timeouts.replyMs);
    this.#backoff = new Backoff(backoff, random);
    this.#refreshBackoff = new Backoff(backoff, random);
    this.#alarm = new Alarm(clock);
    this.#refreshAlarm = new Alarm(clock);
    this.#pulse = new Pulse(clock, {
      ask: () => void this.request('ping', '{}', () => {}),
      dead: () => this.#lost(lost('no_sign_of_life')),
    });
  }

  /** Connects now, whatever it waited for. */
  connect() {
    if (this.state !== 'idle' && this.state !== 'waiting' && this.state !== 'stopped') return;
    if (this.state === 'stopped') this.#credential.spoil();
    this.error = null;
    this.#begin();
  }

  /** The page woke up, or the network came back: waiting for it is over. */
  wake() {
    if (this.state === 'online') this.#pulse.doubt();
    if (this.state !== 'waiting' || this.#notBefore === Infinity) return;
    const wait = this.#notBefore - this.#settings.clock.now();
    if (wait > 0) this.#alarm.set(wait, () => this.#begin());
    else this.#begin();
  }

  /** Something happened to the network. */
  doubt() {
    this.#pulse.doubt();
  }

  close() {
    this.#stop(new StoppedError('closed', 'the client was closed'));
  }

  /**
   * Sends a request; `onReply` is called once. Whether it was sent.
   * @param {string} event
   * @param {string} payload JSON
   * @param {OnReply} onReply
   */
  request(event, payload, onReply) {
    if (this.state !== 'online' && event !== 'auth') return false;
    const id = ++this.#lastId;
    this.#asked.set(id, onReply);
    this.#transmit(`{"event":"${event}","payload":${payload},"id":${id}}`);
    return true;
  }

  /** An answer that has to come did not. @param {string} what */
  unanswered(what) {
    this.#lost(lost(`no_reply_to_${what}`));
  }

  #begin() {
    this.#alarm.clear();
    if (this.#credential.holds) {
      this.#open();
      return;
    }
    this.#enter({ state: 'fetching' });
    this.#fetch();
  }

  #fetch() {
    this.#credential.fetch((error) => {
      if (error === null) {
        this.#isFresh = true;
        this.#above.token(/** @type {string} */ (this.#credential.token));
        this.#useToken();
      } else if (error instanceof TokenDeniedError) {
        this.#stop(new StoppedError('no_token', error.message, { code: error.code, cause: error }));
      } else {
        this.#noToken(error);
      }
    });
  }

  #useToken() {
    if (this.state === 'fetching') this.#open();
    else if (this.state === 'greeting') this.#authenticate();
    else if (this.state === 'online') this.#refresh();
  }

  /** @param {unknown} cause */
  #noToken(cause) {
    const { message, retryAfterMs } = /** @type {{ message?: string, retryAfterMs?: unknown }} */ (cause ?? {});
    const error = new RTMateError('no_token', String(message ?? cause), { cause });
    if (this.state === 'fetching') this.#backOff({ code: 0, reason: 'no_token' }, givenDelay(retryAfterMs), error);
    else if (this.state === 'greeting') this.#lost({ code: 0, reason: 'no_token' }, error);
    else if (this.state === 'online') this.#refreshLater();
  }

  #open() {
    this.#enter({ state: 'opening' });
    const { url, appId, WebSocket, timeouts } = this.#settings;
    const address = new URL(url);
    if (this.#failedOpenings % PLAIN_EVERY !== PLAIN_EVERY - 1) address.searchParams.set('app', appId);
    this.#alarm.setPatient(timeouts.openMs, () => this.#lost(lost('no_connection')));
    /** @type {WebSocket} */ let socket;
    try {
      socket = this.#socket = new WebSocket(address.href);
    } catch (cause) {
      // A mixed-content page, or a port that is not allowed: it would fail again.
      this.#stop(new StoppedError('bad_address', String(cause), { cause }));
      return;
    }
    const mine = () => socket === this.#socket;
    socket.onopen = () => mine() && this.#greet();
    socket.onmessage = (event) => mine() && this.#receive(event.data);
    socket.onclose = (event) => mine() && this.#closed(event.code);
    // A close follows.
    socket.onerror = () => {};
  }

  #greet() {
    this.#failedOpenings = 0;
    this.#enter({ state: 'greeting' });
    this.#alarm.setPatient(this.#settings.timeouts.replyMs, () => this.#lost(lost('no_reply_to_auth')));
    this.#authenticate();
  }

  #authenticate() {
    const positions = this.#above.positions();
    const former = { session: this.#session, positions: Object.keys(positions).length > 0 ? positions : undefined };
    this.request('auth', this.#auth(former), (welcome, error) => {
      if (welcome) this.#welcome(welcome);
      else if (error) this.#unwelcome(error);
      else if (this.state === 'greeting') this.#lost(lost('no_welcome'));
    });
  }

  /** @param {object} [former] */
  #auth(former) {
    const { appId } = this.#settings;
    return JSON.stringify({ appId, token: this.#credential.token, heartbeat: true, sdk: `js/${VERSION}`, ...former });
  }

  /** @param {Record<string, any>} welcome */
  #welcome(welcome) {
    if (this.state !== 'greeting') return;
    this.#alarm.clear();
    this.#credential.noteLife(welcome);
    this.#isFresh = false;
    this.#refreshing = false;
    this.#refreshBackoff.reset();
    if (typeof welcome.session === 'string') this.#session = welcome.session;
    this.#onlineSince = this.#settings.clock.now();
    this.state = this.#shown = 'online';
    this.#pulse.start(Number(welcome.ping_interval_ms) || PING_INTERVAL_MS);
    this.#above.online(welcome);
    this.#above.state({ state: 'online', previous: 'greeting' });
  }

  /** The first `auth` was refused. @param {RTMateError} error */
  #unwelcome(error) {
    if (this.state !== 'greeting') return;
    if (error.code === 401 && !this.#isFresh) {
      // The server may have other keys since the token was made. A refusal leaves the connection open.
      this.#credential.spoil();
      this.#fetch();
    } else if (mayPass(error) || error.code === 429) {
      this.#lost({ code: error.code, reason: error.reason, retryAfterMs: error.retryAfterMs }, error);
    } else {
      const { code, reason, message } = error;
      this.#stop(new StoppedError(reason, message, { code, cause: error }));
    }
  }

  /** With a new token, on the same connection. */
  #refresh() {
    this.request('auth', this.#auth(), (welcome, error) => {
      if (welcome) {
        this.#credential.noteLife(welcome);
        this.#refreshBackoff.reset();
        this.#refreshing = false;
      } else if (error && this.state === 'online') {
        this.#refreshLater();
      }
    });
  }

  /** The old token goes on until its end. */
  #refreshLater() {
    this.#refreshAlarm.set(this.#refreshBackoff.next(), () => this.#fetch());
  }

  /** @param {unknown} text */
  #receive(text) {
    this.#pulse.heard();
    if (typeof text === 'string') this.#above.frame({ direction: 'in', text });
    const frame = read(text);
    if (frame?.kind === 'reply') {
      const onReply = this.#asked.get(frame.id);
      this.#asked.delete(frame.id);
      onReply?.(frame.data ?? (frame.error ? null : {}), frame.error);
    } else if (frame?.event === 'disconnect') {
      this.#part(frame.payload);
    } else if (frame?.event === 'tokenExpiring') {
      if (this.state !== 'online' || this.#refreshing) return;
      this.#refreshing = true;
      this.#fetch();
    } else if (frame && this.state === 'online') {
      this.#above.push(frame.event, frame.payload);
    }
  }

  /** @param {Record<string, any>} payload of the `disconnect` push */
  #part({ code, reason, retryAfterMs }) {
    if (typeof code !== 'number') return;
    this.#farewell = { code, reason: String(reason ?? ''), retryAfterMs };
    this.#alarm.setPatient(FAREWELL_MS, () => this.#closed(1006));
  }

  /** @param {number} code */
  #closed(code) {
    // The push came before, and its close frame may have been lost to a reset.
    this.#lost(this.#farewell ?? lost(code === 1006 ? 'connection_lost' : `closed_${code}`, code || 1006));
  }

  /**
   * The connection is gone, or of no use.
   * @param {import('./closing.js').Departure} departure
   * @param {RTMateError} [error]
   */
  #lost(departure, error) {
    const { clock, backoff } = this.#settings;
    if (this.state === 'opening') this.#failedOpenings += 1;
    const held = this.state === 'online' && clock.now() - this.#onlineSince >= backoff.stableMs;
    if (held) this.#backoff.reset();
    this.#detach();
    if (departure.code === TOKEN_EXPIRED) this.#credential.spoil();
    const given = givenDelay(departure.retryAfterMs);
    switch (familyOf(departure.code)) {
      case 'final': {
        const { code, reason } = departure;
        this.#stop(new StoppedError(reason, `the server closed the connection: ${reason} (${code})`, { code }));
        break;
      }
      case 'delay':
        // What the server said, where the connection was worth something; else whoever says "at once" each time
        // would be asked without end.
        if (held && given !== undefined) this.#wait(departure, given, Infinity, error);
        else this.#backOff(departure, given, error);
        break;
      case 'backoff':
        this.#backOff(departure, given, error);
    }
  }

  /**
   * @param {import('./closing.js').Departure} departure
   * @param {number} [least]
   * @param {RTMateError} [error]
   */
  #backOff(departure, least = 0, error) {
    // A server that asked for patience gets it, whatever happens on this side.
    const mayHurry = departure.code < 4000;
    const notBefore = mayHurry ? this.#settings.clock.now() + least : Infinity;
    this.#wait(departure, least + this.#backoff.next(), notBefore, error);
  }

  /**
   * @param {import('./closing.js').Departure} departure
   * @param {number} delayMs
   * @param {number} notBefore
   * @param {RTMateError} [error]
   */
  #wait({ code, reason }, delayMs, notBefore, error) {
    this.#notBefore = notBefore;
    this.#alarm.set(delayMs, () => this.#begin());
    this.#enter({ state: 'waiting', delayMs, reason, code, error });
  }

  /** @param {StoppedError} error */
  #stop(error) {
    if (this.state === 'stopped') return;
    this.#credential.cancel();
    this.#detach();
    if (error.reason === 'closed') this.#session = undefined;
    this.error = error;
    this.#above.stopped(error);
    this.#enter({ state: 'stopped', error });
  }

  /** Lets go of the socket and of everything that waits for it. */
  #detach() {
    for (const part of [this.#alarm, this.#refreshAlarm]) part.clear();
    this.#pulse.stop();
    this.#farewell = null;
    const socket = this.#socket;
    this.#socket = null;
    const wasOnline = this.state === 'online';
    if (wasOnline) this.state = 'waiting';
    socket?.close(1000);
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    for (const onReply of asked) onReply(null, null);
    if (wasOnline) this.#above.lost();
  }

  /** @param {string} text */
  #transmit(text) {
    this.#socket?.send(text);
    this.#above.frame({ direction: 'out', text });
  }

  /** @param {Omit<StateChange, 'previous'>} change */
  #enter(change) {
    const previous = this.#shown;
    this.state = this.#shown = change.state;
    this.#above.state({ previous, ...change });
  }
}
