// @ts-check
/** Wires the connection to the page. */
import { ChatView } from './chat.js';
import { Connection } from './connection.js';
import { byId } from './dom.js';
import { FramesView } from './frames.js';
import { CLIENT_PATTERN, keepName, tabName } from './names.js';
import { TokenError, fetchDemoToken, pastedToken } from './token.js';
import { tryIt } from './tryit.js';

/** @typedef {import('./connection.js').State} State */

const DEMO_APP = 'demo-app';
const LOBBY = 'chat:lobby';

const address = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
const name = await tabName();
const nameInput = byId('name-input', HTMLInputElement);
nameInput.value = name;
let channelInView = LOBBY;
let countdown = 0;

const frames = new FramesView({
  list: byId('frames', HTMLElement),
  pause: byId('frames-pause', HTMLButtonElement),
  clear: byId('frames-clear', HTMLButtonElement),
  count: byId('frames-count', HTMLElement),
});

const chat = new ChatView(
  {
    chips: byId('channels', HTMLElement),
    lists: byId('chat-lists', HTMLElement),
    form: byId('chat-form', HTMLFormElement),
    input: byId('chat-input', HTMLInputElement),
    joinForm: byId('join-form', HTMLFormElement),
    joinInput: byId('join-input', HTMLInputElement),
    hint: byId('chat-hint', HTMLElement),
    members: byId('members', HTMLElement),
  },
  {
    send: (channel, text, key) => connection.send(channel, { text }, key),
    position: (channel) => connection.position(channel),
    join: (channel) => connection.join(channel),
    leave: (channel) => void connection.leave(channel),
    shown: (channel) => {
      channelInView = channel;
      refreshTryIt();
    },
  },
);

const connection = new Connection({
  url: `${address}?lang=en`,
  app: DEMO_APP,
  client: name,
  fetchToken: fetchDemoToken,
  onState: showState,
  onFrame: (direction, text) => frames.add(direction, text),
  onChannel: (channel, now, reason) => chat.membership(channel, now, reason),
  onJoined: (channel, arrival) => chat.joined(channel, arrival),
  onMessage: (payload) => chat.message(payload),
  onLost: (channel) => chat.lost(channel),
  onMembers: (channel, roster) => chat.members(channel, roster),
  onToken: () => refreshTryIt(),
});

const refreshTryIt = tryIt({
  url: address,
  app: () => connection.app,
  token: () => connection.token,
  channel: () => channelInView,
});

byId('name-form', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  const wanted = nameInput.value.trim();
  const good = CLIENT_PATTERN.test(wanted);
  nameInput.setCustomValidity(good ? '' : 'Letters, digits and _ . @ - | : + = only, at most 128.');
  if (!nameInput.reportValidity()) return;
  keepName(wanted);
  connection.connect({ client: wanted });
  byId('chat-input', HTMLInputElement).focus();
});
nameInput.addEventListener('input', () => nameInput.setCustomValidity(''));

byId('reconnect', HTMLButtonElement).addEventListener('click', () => connection.connect());
byId('help-retry', HTMLButtonElement).addEventListener('click', () => connection.connect({ app: DEMO_APP, fetchToken: fetchDemoToken }));
byId('own-app-form', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  const token = byId('own-token', HTMLTextAreaElement);
  connection.connect({ app: byId('own-app', HTMLInputElement).value.trim(), fetchToken: pastedToken(token.value.trim()) });
  token.value = '';
});
window.addEventListener('online', () => connection.connect());

chat.open(LOBBY);
connection.connect();

/** @param {State} state */
function showState(state) {
  const box = byId('state', HTMLElement);
  const text = byId('state-text', HTMLElement);
  const wait = byId('state-wait', HTMLElement);
  box.dataset.state = state.name;
  byId('state-why', HTMLElement).textContent = state.name === 'reconnecting' ? state.why : '';
  byId('reconnect', HTMLButtonElement).hidden = state.name !== 'reconnecting' && state.name !== 'refused';
  clearInterval(countdown);
  wait.textContent = '';
  if (state.name === 'connecting') text.textContent = 'Connecting…';
  if (state.name === 'online') {
    text.textContent = `Online as ${state.client}`;
    nameInput.value = state.client;
    chat.online(state.client, state.connection);
  } else {
    chat.offline();
  }
  if (state.name === 'reconnecting') {
    text.textContent = 'Reconnecting';
    // Outside the live region: a screen reader should not count along.
    const tick = () => (wait.textContent = `in ${Math.max(0, Math.ceil((state.at - Date.now()) / 1000))} s`);
    tick();
    countdown = setInterval(tick, 250);
  }
  if (state.name === 'refused') text.textContent = `Refused: ${state.why}`;
  showHelp(state);
  refreshTryIt();
}

/** What to do where the demo does not work here; the page can still be used with an app of one's own. @param {State} state */
function showHelp(state) {
  const help = byId('help', HTMLElement);
  // Stays while a pasted token is tried, so that the form does not jump.
  if (state.name === 'connecting' && !help.hidden) return;
  help.hidden = state.name !== 'refused' || state.source === 'close';
  if (help.hidden || state.name !== 'refused') return;
  const error = state.error instanceof TokenError ? state.error : undefined;
  const [title, what] = explain(error);
  byId('help-title', HTMLElement).textContent = title;
  byId('help-what', HTMLElement).textContent = what;
  byId('help-why', HTMLElement).textContent = `The server said: ${state.why}`;
}

/** @param {TokenError | undefined} error @returns {[string, string]} */
function explain(error) {
  if (!error) {
    return ['The server refused the token', 'The token may be for another app, expired, or made with another secret. Paste a new one.'];
  }
  if (error.status === 403) {
    return [
      'The demo app answers only on its own machine',
      `It needs a page opened as localhost, 127.0.0.1 or [::1], without a proxy in between; this page was opened as ${location.host}. ` +
        'Open it on the machine that runs the server, for example through an SSH tunnel, or use an app of your own.',
    ];
  }
  if (error.status !== 404) {
    return ['This server gives the page no token', 'Use an app of your own with a token made for it, or look into the server’s log and try again.'];
  }
  return [
    'The demo app is switched off on this server',
    'That is so where the configuration defines apps of its own. Use one of them below with a token made for it, ' +
      'or switch the demo on with “enabled = true” under [demo] in the configuration.',
  ];
}
