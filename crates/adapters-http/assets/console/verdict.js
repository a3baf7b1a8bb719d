// @ts-check
/** Why a client gets nothing in a channel: all that is known, as one cause. Pure, so that it can be tried without a page. */

/** A client that was cut off as too slow so lately may be again. */
const LATELY_MS = 10 * 60_000;
/** So much in the queue of a connection is more than what is just on its way. */
const WAITING_BYTES = 32 * 1024;

/**
 * @typedef {object} Known
 * @property {string} client
 * @property {string} channel
 * @property {any} stands the client: its connections
 * @property {any} place the channel: its subscribers and position
 * @property {any} message explain of the client and the channel's latest message, or the one that was asked for
 * @property {any} requests explain of the client
 * @property {any} history explain of the channel
 * @property {string} [status] of the app, where it may be known
 * @property {number} now
 */

/**
 * @typedef {object} Verdict
 * @property {Cause} cause
 * @property {'good' | 'wait' | 'bad' | 'info'} tone
 * @property {string} [reason] the stable name of a refusal, an end or a rule
 * @property {any} [denial]
 * @property {number} [at]
 * @property {any} [message]
 * @property {number} [bytes] that wait for the client
 * @property {Check[]} checks
 */

/** @typedef {'app_off' | 'gone' | 'never_seen' | 'never_asked' | 'denied' | 'refused' | 'ended' | 'slow' | 'behind' | 'hidden' | 'publish_refused' | 'nothing_published' | 'later' | 'unsure' | 'forgotten' | 'handed'} Cause */
/** @typedef {{ name: 'app' | 'connected' | 'subscribed' | 'published' | 'handed', ok: boolean | null, value?: number, at?: number, reason?: string }} Check */

/** @param {Known} known @returns {Verdict} */
export function verdictOf(known) {
  const found = cause(known);
  return { ...found, checks: checks(known, found.cause) };
}

/** @param {Known} known @returns {Omit<Verdict, 'checks'>} */
function cause(known) {
  const { stands, message, now } = known;
  if (known.status && known.status !== 'active') return { cause: 'app_off', tone: 'bad', reason: known.status };
  const asked = message?.verdict;
  if (known.stands.connections.length === 0) return absent(known);
  if (on(known).length === 0) return unsubscribed(known);
  const slow = slowness(known);
  if (slow && now - slow.at < LATELY_MS) return { cause: 'slow', tone: 'bad', at: slow.at };
  const behind = Math.max(...on(known).map((one) => one.queued_bytes ?? 0));
  if (behind > WAITING_BYTES) return { cause: 'behind', tone: 'bad', bytes: behind };
  const refused = refusedToPublish(known);
  if (refused) return { cause: 'publish_refused', tone: 'bad', reason: refused.reason, denial: refused.denial, at: refused.at };
  const sent = message?.message;
  if (asked === 'handed' || asked === 'recovered') return { cause: 'handed', tone: 'good', at: sent?.ts, message: sent };
  if (asked === 'hidden') return { cause: 'hidden', tone: 'info', at: sent?.ts, message: sent, reason: hiddenBy(message) };
  if (asked === 'not_subscribed' && message.connections?.some((/** @type {any} */ one) => one.certain === false)) return { cause: 'unsure', tone: 'wait', at: sent?.ts, message: sent };
  if (asked === 'not_subscribed' || asked === 'offline') return { cause: 'later', tone: 'info', at: sent?.ts, message: sent };
  if (asked === 'forgotten') return { cause: 'forgotten', tone: 'wait', at: message.since };
  const opened = Math.min(...stands.connections.map((/** @type {any} */ one) => one.opened_at));
  return { cause: 'nothing_published', tone: 'wait', at: message?.since ?? opened };
}

/** @param {Known} known @returns {Omit<Verdict, 'checks'>} */
function absent({ requests }) {
  const left = requests.facts.find((/** @type {any} */ fact) => fact.what === 'closed');
  if (left) return { cause: 'gone', tone: 'bad', reason: left.reason, at: left.at };
  return { cause: 'never_seen', tone: 'bad', at: requests.since };
}

/** @param {Known} known @returns {Omit<Verdict, 'checks'>} */
function unsubscribed({ requests, channel }) {
  for (const fact of requests.facts) {
    if (fact.channel !== channel) continue;
    if (fact.what === 'denied' && fact.denial?.action !== 'send') return { cause: 'denied', tone: 'bad', denial: fact.denial, reason: fact.reason, at: fact.at };
    // What was denied is said with its rule, by another fact.
    if (fact.what === 'refused' && fact.reason !== 'permission_denied' && !isSend(fact)) return { cause: 'refused', tone: 'bad', reason: fact.reason, at: fact.at };
    if (fact.what === 'unsubscribed') return { cause: 'ended', tone: 'bad', reason: fact.reason, at: fact.at };
  }
  return { cause: 'never_asked', tone: 'bad' };
}

/** The end of a connection that did not read what it was sent. @param {Known} known */
function slowness({ requests }) {
  return requests.facts.find((/** @type {any} */ fact) => fact.what === 'closed' && fact.reason === 'too_slow');
}

/** A refusal to publish there, later than the message. @param {Known} known */
function refusedToPublish({ message, history }) {
  // Other requests about the channel are refused as well: a look at members where there are none.
  const found = message?.verdict === 'not_published' && message.facts.find(isRefusedSend);
  if (found) return found;
  const last = history.facts.find((/** @type {any} */ fact) => isRefusedSend(fact) || fact.what === 'published');
  return last && last.what !== 'published' ? last : undefined;
}

/** @param {any} fact */
function isRefusedSend(fact) {
  if (fact.what === 'denied') return fact.denial?.action === 'send';
  // Of a backend it is also told what it asked, such as members where there are none.
  if (fact.what === 'backend_refused') return /^the backend's \w*(publish|event)/i.test(fact.says);
  return fact.what === 'refused' && isSend(fact);
}

/** @param {any} fact */
const isSend = (fact) => /^(send|messageSend)\b/.test(fact.says);

/** @param {any} message */
function hiddenBy(message) {
  const says = message.connections?.find((/** @type {any} */ one) => one.verdict === 'hidden')?.says ?? '';
  return says.includes('echo') ? 'own' : 'excluded';
}

/** The connections that subscribe to the channel. @param {Known} known @returns {any[]} */
function on({ stands, channel }) {
  return stands.connections.filter((/** @type {any} */ one) => one.channels.includes(channel));
}

/** What was looked at on the way. @param {Known} known @param {Cause} cause @returns {Check[]} */
function checks(known, cause) {
  const { stands, status, message } = known;
  const there = stands.connections.length;
  const subscribed = on(known).length;
  const sent = message?.message;
  const got = message?.verdict === 'handed' || message?.verdict === 'recovered';
  /** @type {Check[]} */
  const all = [
    { name: 'connected', ok: there > 0, value: there, at: there ? stands.connections[0].opened_at : undefined },
    { name: 'subscribed', ok: subscribed > 0, value: subscribed },
    { name: 'published', ok: cause === 'publish_refused' ? false : sent ? true : null, at: sent?.ts, value: sent?.subscribers },
    { name: 'handed', ok: sent ? got : null, reason: sent ? message.verdict : undefined },
  ];
  return status === undefined ? all : [{ name: 'app', ok: status === 'active', reason: status }, ...all];
}
