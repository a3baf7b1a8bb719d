/** Hooks for React, beside the library itself: `import { useChannel } from 'rtmate/react'`. */

import { createContext, createElement, useCallback, useContext, useEffect, useRef, useSyncExternalStore } from 'react';
import { roomOf } from './room.js';

/**
 * @typedef {import('./client.js').RTMate} RTMate
 * @typedef {object} ChannelHookOptions what several components want of one channel is taken together
 * @property {number} [rewind] messages to begin with, of a channel with history
 * @property {true | 'watch'} [presence] to enter the list of members, or only to see it
 * @property {import('./loading.js').Load} [load] loads the application's state, as of `subscribe`
 * @property {(message: import('./message.js').Message) => void} [onMessage] each message, replayed ones too
 * @property {number} [keep] messages that are kept to be shown: 200 unless given
 * @typedef {object} ChannelHook
 * @property {readonly import('./message.js').Message[]} messages the last ones, in their order
 * @property {'connecting' | 'live' | 'refused'} status
 * @property {boolean} missing messages are missing before the last ones
 * @property {Error | null} error why it was refused
 * @property {(data: unknown, options?: import('./outbox.js').SendOptions) => Promise<import('./outbox.js').Receipt>} send
 * @property {import('./channel.js').Channel} channel
 */

/** @type {import('react').Context<RTMate | null>} */
const Client = createContext(/** @type {RTMate | null} */ (null));

/**
 * Gives a client to the components in it. Whoever made the client closes it.
 * @param {{ client: RTMate, children?: import('react').ReactNode }} props
 */
export function RTMateProvider({ client, children }) {
  return createElement(Client.Provider, { value: client }, children);
}

/** The client of the provider around. */
export function useRTMate() {
  const client = useContext(Client);
  if (!client) throw new Error('there is no <RTMateProvider> around this component');
  return client;
}

/** Where the connection stands: the states of the README. */
export function useConnection() {
  const client = useRTMate();
  const look = useCallback((/** @type {() => void} */ look) => client.on('state', look), [client]);
  const get = () => client.state;
  return useSyncExternalStore(look, get, get);
}

/**
 * A channel, subscribed to while the component is there.
 * @param {string} name
 * @param {ChannelHookOptions} [options]
 * @returns {ChannelHook}
 */
export function useChannel(name, { rewind, presence, load, onMessage, keep } = {}) {
  const room = roomOf(useRTMate(), name);
  const { channel } = room;
  const { messages, status, missing, error } = useSyncExternalStore(room.look, room.get, room.get);
  // Functions are others with each rendering; that is no reason to subscribe anew.
  const latest = useRef({ load, onMessage });
  useEffect(() => {
    latest.current = { load, onMessage };
  });
  const loads = load !== undefined;
  useEffect(() => channel.on('message', (message) => latest.current.onMessage?.(message)), [channel]);
  useEffect(() => {
    /** @type {import('./loading.js').Load} */
    const loadLatest = (request) => latest.current.load?.(request);
    return room.enter({ rewind, presence, keep, load: loads ? loadLatest : undefined });
  }, [room, rewind, presence, keep, loads]);
  const send = useCallback(
    (/** @type {unknown} */ data, /** @type {import('./outbox.js').SendOptions} */ options = {}) => channel.send(data, options),
    [channel],
  );
  return { messages, status, missing, error, send, channel };
}

/**
 * Who is in a channel. Enters it as a member, or with `watch` only looks.
 * @param {string} name
 * @param {{ watch?: boolean }} [options]
 * @returns {{ members: readonly import('./members.js').Member[], count: number }}
 */
export function usePresence(name, { watch = false } = {}) {
  const room = roomOf(useRTMate(), name);
  const { members, count } = useSyncExternalStore(room.look, room.get, room.get);
  useEffect(() => room.enter({ presence: watch ? 'watch' : true }), [room, watch]);
  return { members, count };
}
