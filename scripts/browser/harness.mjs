// Starts the browser for the tests, and tells what a person in front of a tab sees.
import { chromium } from 'playwright-core';

export { ownServer, startServer } from '../harness/server.mjs';

export function startBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  });
}

/**
 * One tab with the words to tell a story in.
 * @param {import('playwright-core').BrowserContext} context
 * @param {string} url
 * @param {(page: import('playwright-core').Page) => Promise<unknown>} [prepare] before the page loads
 */
export async function openTab(context, url, prepare) {
  const page = await context.newPage();
  /** @type {string[]} */
  const errors = [];
  /** @type {string[]} frames that the page sent */
  const sent = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => sent.push(String(payload))));
  await page.addInitScript(recordStates);
  await prepare?.(page);
  await page.goto(url);
  return {
    page,
    errors,
    sent,
    /** @param {string} name @param {number} [timeout] */
    state: (name, timeout) => page.locator(`#state[data-state="${name}"]`).waitFor({ timeout }),
    /**
     * The first text of a state that the page was in at some time; a short one may be over before anybody looks.
     * @param {string} name
     */
    went: async (name) => {
      const seen = await page.waitForFunction(
        (wanted) => /** @type {any} */ (window).statesSeen.find((/** @type {string[]} */ [state]) => state === wanted)?.[1],
        name,
      );
      return String(await seen.jsonValue());
    },
    joined: () => page.locator('#chat-lists .note', { hasText: 'Joined' }).last().waitFor(),
    /** @param {string} text */
    say: async (text) => {
      await page.locator('#chat-input').fill(text);
      await page.locator('#chat-input').press('Enter');
    },
    /** A message that came from the server. @param {string} text */
    message: (text) => page.locator('#chat-lists .message:not(.message-pending)', { hasText: text }),
    pending: () => page.locator('#chat-lists .message-pending'),
    name: () => page.locator('#name-input').inputValue(),
    /** The texts of all messages in view that came from the server, from top to bottom. */
    texts: () => page.locator('#chat-lists .messages:not([hidden]) .message:not(.message-pending) .message-text').allInnerTexts(),
    notes: () => page.locator('#chat-lists .messages:not([hidden]) .note').allInnerTexts(),
    /** @param {string} client */
    member: (client) => page.locator(`#members [data-client="${client}"]`),
  };
}

/** Runs in the page: every state that it shows, with its text. */
function recordStates() {
  /** @type {string[][]} */
  const seen = [];
  Object.assign(window, { statesSeen: seen });
  document.addEventListener('DOMContentLoaded', () => {
    const box = document.getElementById('state');
    if (!box) return;
    const record = () => seen.push([box.dataset.state ?? '', box.innerText]);
    new MutationObserver(record).observe(box, { attributes: true, attributeFilter: ['data-state'] });
    record();
  });
}

/**
 * A server inside the page's browser, for what the real one would do only under stress.
 * @param {import('playwright-core').Page} page
 * @param {(frame: any, socket: { send: (body: object) => void, reply: (data: object) => void, push: (event: string, payload: object) => void, close: (code: number) => void }, connection: number) => void} answer
 */
export async function scriptedServer(page, answer) {
  let connections = 0;
  await page.routeWebSocket(/\/ws\?/, (socket) => {
    const connection = ++connections;
    socket.onMessage((text) => {
      const frame = JSON.parse(String(text));
      const push = (/** @type {string} */ event, /** @type {object} */ payload) => socket.send(JSON.stringify({ event, payload }));
      const reply = (/** @type {object} */ data) => socket.send(JSON.stringify({ code: 200, message: 'success', data, id: frame.id }));
      answer(frame, { send: (body) => socket.send(JSON.stringify(body)), reply, push, close: (code) => void socket.close({ code }) }, connection);
    });
  });
}
