// @ts-check
/** The page as a whole: who is connected, how the connection stands, and the views. */
import { ChatView } from './chat.js';
import { byId } from './dom.js';
import { FramesView } from './frames.js';
import { showHelp } from './help.js';
import { CLIENT_PATTERN, keepName, tabName } from './names.js';
import { demoToken } from './token.js';
import { tryIt } from './tryit.js';
import { shownAs, whyOf } from './words.js';

const DEMO_APP = 'demo-app';
const LOBBY = 'chat:lobby';

/** @typedef {import('./link.js').Session} Session */

/** @param {(who: import('./link.js').Who, page: import('./link.js').Page) => Session} connect */
export async function startPage(connect) {
  const address = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
  const name = await tabName();
  const nameInput = byId('name-input', HTMLInputElement);
  nameInput.value = name;
  let channelInView = LOBBY;
  let countdown = 0;
  let stopped = false;
  let token = '';
  let who = { app: DEMO_APP, getToken: demoToken(name), pasted: false };
  /** @type {Session | undefined} */ let session;

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
    (channel) => {
      channelInView = channel;
      refreshTryIt();
    },
  );

  const refreshTryIt = tryIt({ url: address, app: () => who.app, token: () => token, channel: () => channelInView });

  begin();
  chat.open(LOBBY);

  /** Begins, or begins again: as somebody else, with another app, or after a refusal. @param {Partial<typeof who>} [changes] */
  function begin(changes) {
    session?.close();
    who = { ...who, ...changes };
    token = '';
    session = connect(who, {
      state: (change) => showState(change),
      frame: ({ direction, text }) => frames.add(direction, text),
      token: (fetched) => {
        token = fetched;
        refreshTryIt();
      },
    });
    chat.use(session);
  }

  /** @param {import('/sdk/rtmate.js').StateChange} change */
  function showState(change) {
    if (change.error?.reason === 'closed') return; // this page's own doing
    const shown = shownAs(change.state);
    const box = byId('state', HTMLElement);
    const text = byId('state-text', HTMLElement);
    const wait = byId('state-wait', HTMLElement);
    const why = shown === 'reconnecting' || shown === 'refused' ? whyOf(change) : '';
    stopped = change.state === 'stopped';
    box.dataset.state = shown;
    byId('state-why', HTMLElement).textContent = shown === 'reconnecting' ? why : '';
    byId('reconnect', HTMLButtonElement).hidden = why === '';
    clearInterval(countdown);
    wait.textContent = '';
    if (why) frames.add('note', `closed: ${why}`);
    if (change.state === 'opening') frames.add('note', `open ${address}`);
    if (shown === 'connecting') text.textContent = 'Connecting…';
    if (shown === 'online') {
      nameInput.value = session?.self() ?? '';
      text.textContent = `Online as ${nameInput.value}`;
    }
    if (shown === 'reconnecting') {
      text.textContent = 'Reconnecting';
      const at = Date.now() + (change.delayMs ?? 0);
      // Outside the live region: a screen reader should not count along.
      const tick = () => (wait.textContent = `in ${Math.max(0, Math.ceil((at - Date.now()) / 1000))} s`);
      tick();
      countdown = setInterval(tick, 250);
    }
    if (shown === 'refused') text.textContent = `Refused: ${why}`;
    chat.connection(shown === 'online');
    showHelp(shown, why, change.error);
    refreshTryIt();
  }

  byId('name-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    const wanted = nameInput.value.trim();
    const good = CLIENT_PATTERN.test(wanted);
    nameInput.setCustomValidity(good ? '' : 'Letters, digits and _ . @ - | : + = only, at most 128.');
    if (!nameInput.reportValidity()) return;
    keepName(wanted);
    begin(who.pasted ? {} : { getToken: demoToken(wanted) });
    byId('chat-input', HTMLInputElement).focus();
  });
  nameInput.addEventListener('input', () => nameInput.setCustomValidity(''));

  byId('reconnect', HTMLButtonElement).addEventListener('click', () => (stopped ? begin() : session?.retry()));
  byId('help-retry', HTMLButtonElement).addEventListener('click', () => begin({ app: DEMO_APP, getToken: demoToken(nameInput.value), pasted: false }));
  byId('own-app-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    const input = byId('own-token', HTMLTextAreaElement);
    const pasted = input.value.trim();
    begin({ app: byId('own-app', HTMLInputElement).value.trim(), getToken: async () => pasted, pasted: true });
    input.value = '';
  });
}
