// Starts the server for the tests, and ends by its own process id what it started.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const START_TIMEOUT_MS = 20_000;
/** A little more than the server's own shutdown window. */
const STOP_TIMEOUT_MS = 40_000;

/** Whether the tests may stop the server and start it again. */
export const ownServer = !process.env.RTMATE_URL;

/**
 * The server under test: the one at RTMATE_URL, else the program RTMATE_BIN, started here.
 * @param {number} [port] 0: any free one
 * @param {string} [data] the data directory, which the caller removes; without one nothing is kept
 * @param {{ environment?: Record<string, string>, config?: string }} [settings] variables beside those of the caller, the text of rtmate.toml
 * @returns {Promise<{ url: string, port: number, stop: () => Promise<void>, kill: () => Promise<void> }>}
 */
export async function startServer(port = 0, data, { environment, config } = {}) {
  if (process.env.RTMATE_URL) {
    const { origin, port: given } = new URL(process.env.RTMATE_URL);
    return { url: `${origin}/`, port: Number(given), stop: async () => {}, kill: async () => {} };
  }
  if (!process.env.RTMATE_BIN) throw new Error('set RTMATE_BIN to the server program, or RTMATE_URL to a running server');
  // In a directory of its own, so that no rtmate.toml of the caller is read.
  const directory = await mkdtemp(join(tmpdir(), 'rtmate-server-'));
  if (config) await writeFile(join(directory, 'rtmate.toml'), config);
  const keep = data ? [] : ['--ephemeral'];
  const child = spawn(resolve(process.env.RTMATE_BIN), ['--listen', `127.0.0.1:${port}`, ...keep], {
    cwd: directory,
    env: { ...process.env, ...(data && { RTMATE__STORE__PATH: data }), ...environment },
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
    const listening = await printedPort(child);
    return { url: `http://127.0.0.1:${listening}/`, port: listening, stop, kill: () => end('SIGKILL') };
  } catch (error) {
    if (child.pid) await stop();
    throw error;
  }
}

/** @param {import('node:child_process').ChildProcess} child @returns {Promise<number>} */
function printedPort(child) {
  return new Promise((found, failed) => {
    let printed = '';
    const timer = setTimeout(() => failed(new Error(`no port printed:\n${printed}`)), START_TIMEOUT_MS);
    const read = (/** @type {Buffer} */ chunk) => {
      // Read on after the port came: a full pipe would stop the server.
      if (printed.length < 100_000) printed += chunk;
      const match = printed.match(/ws:\/\/127\.0\.0\.1:(\d+)\/ws/);
      if (match) {
        clearTimeout(timer);
        found(Number(match[1]));
      }
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', failed);
    child.once('exit', (code, signal) => failed(new Error(`the server ended (${code ?? signal}):\n${printed}`)));
  });
}
