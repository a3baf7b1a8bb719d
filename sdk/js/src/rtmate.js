/** RTMate for JavaScript: everything that an application imports. */

export { RTMate } from './client.js';
export { VERSION } from './connection.js';
export { LimitError, RTMateError, RefusedError, StoppedError, TimeoutError, TokenDeniedError } from './errors.js';

/**
 * @typedef {import('./settings.js').Options} Options
 * @typedef {import('./channel.js').Channel} Channel
 * @typedef {import('./channel.js').SubscribeOptions} SubscribeOptions
 * @typedef {import('./message.js').Message} Message
 * @typedef {import('./frames.js').Position} Position
 * @typedef {import('./subscription.js').Gap} Gap
 * @typedef {import('./subscription.js').Subscribed} Subscribed
 * @typedef {import('./subscription.js').Unsubscribed} Unsubscribed
 * @typedef {import('./outbox.js').SendOptions} SendOptions
 * @typedef {import('./outbox.js').Receipt} Receipt
 * @typedef {import('./history.js').HistoryOptions} HistoryOptions
 * @typedef {import('./history.js').Page} Page
 * @typedef {import('./loading.js').LoadRequest} LoadRequest
 * @typedef {import('./presence.js').Presence} Presence
 * @typedef {import('./members.js').Member} Member
 * @typedef {import('./connection.js').State} State
 * @typedef {import('./connection.js').StateChange} StateChange
 * @typedef {import('./credential.js').TokenRequest} TokenRequest
 */
