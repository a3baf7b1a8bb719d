// The official libraries as applications use them: clients that keep a journal of what they are
// told, and a backend that signs with the server library.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import PusherServer from 'pusher';
import Pusher from 'pusher-js';
import { startServer } from '../harness/server.mjs';

/** How long anything that must come may take. */
const DEADLINE_MS = 15_000;

export const KEY = 'demo-key';
export const SECRET = randomBytes(32).toString('hex');

/**
 * The real server with secrets that the tests know.
 * @param {number} [port]
 * @param {string} [data]
 */
export const startDemo = (port, data) => startServer(port, data, { environment: { RTMATE__DEMO__SECRET: SECRET } });

/** @typedef {Awaited<ReturnType<typeof startServer>>} Server */
/** @typedef {{ event: string, data: any, metadata?: any }} Entry */

/** Keeps what happened in its order, and waits for what has not happened yet. @param {string} owner */
export function journal(owner) {
  /** @type {Entry[]} */ const entries = [];
  /** @type {Set<() => void>} */ const looking = new Set();
  return {
    entries,
    /** @param {string} event @param {any} [data] @param {any} [metadata] */
    note(event, data, metadata) {
      entries.push({ event, data, metadata });
      for (const look of [...looking]) look();
    },
    /** @param {string} event */
    all: (event) => entries.filter((entry) => entry.event === event),
    /**
     * The nth entry of this event, counted from 1, whether it is there yet or comes in time.
     * @param {string} event @param {number} [nth] @param {number} [deadline] in ms @returns {Promise<Entry>}
     */
    nth(event, nth = 1, deadline = DEADLINE_MS) {
      return new Promise((found, failed) => {
        const done = () => {
          clearTimeout(timer);
          looking.delete(look);
        };
        const look = () => {
          const entry = entries.filter((each) => each.event === event)[nth - 1];
          if (!entry) return;
          done();
          found(entry);
        };
        const timer = setTimeout(() => {
          done();
          failed(new Error(`${owner}: no ${event} (${nth}.) in ${deadline} ms, but ${JSON.stringify(entries)}`));
        }, deadline);
        looking.add(look);
        look();
      });
    },
  };
}

/** @type {Set<import('pusher-js').default>} */ const open = new Set();

/** Ends what a test left open; the libraries' timers would keep the process alive. */
export function disconnectAll() {
  for (const pusher of open) pusher.disconnect();
  open.clear();
}

/** @param {import('pusher-js').default} pusher */
export const disconnectLater = (pusher) => void open.add(pusher);

/** What an application writes to have pusher-js connect to this server. @param {Server} server */
export const clientOptions = (server) =>
  /** @type {const} */ ({
    cluster: '',
    wsHost: '127.0.0.1',
    wsPort: server.port,
    forceTLS: false,
    enabledTransports: ['ws'],
  });

/**
 * A client of pusher-js.
 * @param {Server} server
 * @param {Partial<import('pusher-js').Options>} [options]
 * @param {string} [key]
 */
export function connect(server, options = {}, key = KEY) {
  const pusher = new Pusher(key, { ...clientOptions(server), ...options });
  disconnectLater(pusher);
  const states = journal('connection');
  pusher.connection.bind('state_change', (/** @type {any} */ { current }) => states.note(current));
  pusher.connection.bind('error', (/** @type {any} */ error) => states.note('error', error));
  return {
    pusher,
    states,
    /** The connection's id. @param {number} [nth] @param {number} [deadline] in ms */
    connected: async (nth, deadline) => {
      await states.nth('connected', nth, deadline);
      return pusher.connection.socket_id;
    },
    /** @param {string} name */
    subscribe: (name) => follow(pusher.subscribe(name)),
    /** @param {string} name */
    enter: async (name) => {
      const channel = follow(pusher.subscribe(name));
      await channel.nth('pusher:subscription_succeeded');
      return channel;
    },
  };
}

/** A channel with the journal of what comes in it. @param {any} channel */
export function follow(channel) {
  const heard = journal(channel.name ?? 'a user');
  channel.bind_global((/** @type {string} */ event, /** @type {any} */ data) => heard.note(event, data));
  return { ...heard, channel };
}

/** The server library of npm, as a backend has it. @param {Server} server @param {object} [options] */
export const serverLibrary = (server, options = {}) =>
  new PusherServer({
    appId: 'demo-app',
    key: KEY,
    secret: SECRET,
    host: '127.0.0.1',
    port: String(server.port),
    useTLS: false,
    ...options,
  });

/**
 * An application's own backend: it knows its users by a header, and signs with the server library.
 * @param {import('pusher').default} library
 */
export async function startBackend(library) {
  const backend = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const form = new URLSearchParams(body);
    const [socket, channel] = [form.get('socket_id') ?? '', form.get('channel_name') ?? ''];
    const user = request.headers['x-user'];
    if (typeof user !== 'string') return response.writeHead(403).end('who are you?');
    const info = { name: user.toUpperCase() };
    const member = channel.startsWith('presence-') ? { user_id: user, user_info: info } : undefined;
    const signed =
      request.url === '/user-auth'
        ? library.authenticateUser(socket, { id: user, user_info: info })
        : library.authorizeChannel(socket, channel, member);
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(signed));
  });
  await new Promise((listening) => backend.listen(0, '127.0.0.1', () => listening(undefined)));
  const address = backend.address();
  if (!address || typeof address === 'string') throw new Error('the backend has no port');
  const url = `http://127.0.0.1:${address.port}`;
  return {
    url,
    /** The options of a page where this user is logged in. @param {string} user */
    loggedIn: (user) => ({
      channelAuthorization: /** @type {const} */ ({ endpoint: `${url}/auth`, transport: 'ajax', headers: { 'X-User': user } }),
      userAuthentication: /** @type {const} */ ({ endpoint: `${url}/user-auth`, transport: 'ajax', headers: { 'X-User': user } }),
    }),
    stop: () =>
      new Promise((stopped) => {
        backend.close(stopped);
        backend.closeAllConnections();
      }),
  };
}

/** The options of a page of the demo app. @param {Server} server @param {string} [user] who it says it is */
export function demoAuth(server, user) {
  const params = user && { user_id: user, user_info: JSON.stringify({ name: user }) };
  const asked = /** @type {const} */ ({ transport: 'ajax', ...(params && { params }) });
  return {
    channelAuthorization: { endpoint: `${server.url}demo/pusher/auth`, ...asked },
    userAuthentication: { endpoint: `${server.url}demo/pusher/user-auth`, ...asked },
  };
}

/** The error of what has to fail. @param {Promise<unknown>} promise */
export const outcome = (promise) =>
  promise.then(
    () => undefined,
    (error) => error,
  );
