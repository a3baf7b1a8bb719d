// Starts the server and the browser for the tests, and ends by its own process id what it started.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';

const START_TIMEOUT_MS = 20_000;
/** A little more than the server's own shutdown window. */
const STOP_TIMEOUT_MS = 40_000;

/** Whether the tests may stop the server and start it again. */
export const ownServer = !process.env.RTMATE_URL;

/**
 * The server under test: the one at RTMATE_URL, else the program RTMATE_BIN, started here.
 * @param {number} [port] 0: any free one
 * @param {string} [data] the data directory, which the caller removes; without one nothing is kept
 * @returns {Promise<{ url: string, port: number, stop: () => Promise<void>, kill: () => Promise<void> }>}
 */
export async function startServer(port = 0, data) {
  if (process.env.RTMATE_URL) {
    const { origin, port: given } = new URL(process.env.RTMATE_URL);
    return { url: `${origin}/`, port: Number(given), stop: async () => {}, kill: async () => {} };
  }
  if (!process.env.RTMATE_BIN) throw new Error('set RTMATE_BIN to the server program, or RTMATE_URL to a running server');
  // In a directory of its own, so that no rtmate.toml of the caller is read.
  const directory = await mkdtemp(join(tmpdir(), 'rtmate-browser-'));
  const keep = data ? [] : ['--ephemeral'];
  const child = spawn(resolve(process.env.RTMATE_BIN), ['--listen', `127.0.0.1:${port}`, ...keep], {
    cwd: directory,
    env: { ...process.env, ...(data && { RTMATE__STORE__PATH: data }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise((done) => child.once('exit', done));
  /** @param {'SIGTERM' | 'SIGKILL'} signal */
  const end = async (signal) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const overdue = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(overdue);
    await rm(directory, { recursive: true, force: true });
  };
  const stop = () => end('SIGTERM');
  try {
    const url = await printedAddress(child);
    return { url, port: Number(new URL(url).port), stop, kill: () => end('SIGKILL') };
  } catch (error) {
    if (child.pid) await stop();
    throw error;
  }
}

/** @param {import('node:child_process').ChildProcess} child */
function printedAddress(child) {
  return new Promise((found, failed) => {
    let printed = '';
    const timer = setTimeout(() => failed(new Error(`no address printed:\n${printed}`)), START_TIMEOUT_MS);
    const read = (/** @type {Buffer} */ chunk) => {
      // Read on after the address came: a full pipe would stop the server.
      if (printed.length < 100_000) printed += chunk;
      const match = printed.match(/http:\/\/127\.0\.0\.1:\d+\//);
      if (match) {
        clearTimeout(timer);
        found(match[0]);
      }
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', failed);
    child.once('exit', (code, signal) => failed(new Error(`the server ended (${code ?? signal}):\n${printed}`)));
  });
}

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
    joined: () => page.locator('#chat-lists .note', { hasText: /Joined|Back after/ }).last().waitFor(),
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
