// @ts-check
/**
 * What the page's views and demo.js, which has the SDK, ask of each other. Types alone.
 *
 * @typedef {object} Who
 * @property {string} app
 * @property {(request: { signal: AbortSignal }) => string | Promise<string>} getToken
 *
 * @typedef {object} Page what is told of the connection
 * @property {(change: import('/sdk/rtmate.js').StateChange) => void} state
 * @property {(frame: { direction: 'in' | 'out', text: string }) => void} frame
 * @property {(token: string) => void} token
 *
 * @typedef {object} Session one client of the server
 * @property {() => string} self its name; empty while it has none
 * @property {() => void} retry at once
 * @property {() => void} close for good
 * @property {(name: string, room: Heard) => Link} enter a channel, which is not joined yet
 *
 * @typedef {object} Heard what a room hears of its channel
 * @property {(message: import('/sdk/rtmate.js').Message) => void} message
 * @property {(gap: { cause: string }) => void} gap
 * @property {() => void} subscribed
 * @property {(told: { resubscribes: boolean }) => void} unsubscribed
 * @property {() => void} members
 *
 * @typedef {object} Link what a room does with its channel
 * @property {Readonly<Pick<import('/sdk/rtmate.js').Channel, 'position' | 'presence'>>} channel
 * @property {() => Promise<unknown>} join
 * @property {() => void} leave
 * @property {(text: string, key: string) => Promise<import('/sdk/rtmate.js').Receipt>} send
 */
export {};
