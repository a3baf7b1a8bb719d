#!/usr/bin/env node
// Judges an SDK: plays the vectors as a server that misbehaves, against a program that has the SDK in it.
//
//   node judge.mjs [--slow] [--features a,b] [--only TEXT] -- PROGRAM [ARGUMENTS...]
//
// README.md says what the program reads and prints. Ends with 0 where all vectors passed.
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { play } from './player.mjs';
import { listen } from './wire.mjs';

const FOLDER = new URL('./vectors/', import.meta.url);
/** Delays that make a run short; every vector may say otherwise. */
const TIMING = { backoff: { baseMs: 50, capMs: 400, stableMs: 5_000 } };
const EXIT_MS = 5_000;
/** A program has to start first, on a machine that may be busy. */
const PATIENCE_MS = 30_000;

/**
 * One vector against a fresh program.
 * @param {import('./player.mjs').Vector} vector @param {string[]} command
 */
export async function judge(vector, [program, ...parameters]) {
  const wire = await listen();
  const child = spawn(program, parameters, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((done) => child.once('exit', done));
  /** @type {any[]} */ const told = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    told.push(JSON.parse(line));
    wire.changed();
  });
  child.stdin.on('error', () => {});
  const order = (/** @type {any} */ what) => void child.stdin.write(`${JSON.stringify(what)}\n`);
  try {
    const { tokens, timing = TIMING } = vector;
    order({ do: 'start', url: wire.url, app: 'app', tokens, timing });
    await play(vector, { links: wire.links, told, order, now: () => performance.now(), wait: wire.wait, refuse: wire.refuse, patienceMs: PATIENCE_MS });
  } finally {
    child.stdin.end();
    const overdue = setTimeout(() => child.kill('SIGKILL'), EXIT_MS);
    await ended;
    clearTimeout(overdue);
    wire.stop();
  }
}

/** The vectors that an SDK with these features is held to. @param {{ features: string[], slow?: boolean, only?: string }} choice */
export function vectorsFor({ features, slow = false, only = '' }) {
  const files = readdirSync(FOLDER).map((name) => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')));
  /** @type {import('./player.mjs').Vector[]} */ const all = files.flatMap(({ vectors }) => vectors);
  const fits = (/** @type {import('./player.mjs').Vector} */ { needs = [] }) => needs.every((need) => features.includes(need));
  return all.filter((vector) => fits(vector) && (slow || !vector.slow) && vector.name.includes(only));
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { slow: { type: 'boolean' }, features: { type: 'string', default: 'no-refill' }, only: { type: 'string' } },
  });
  if (positionals.length === 0) throw new Error('give the program to judge, behind --');
  let failed = 0;
  for (const vector of vectorsFor({ ...values, features: values.features.split(',') })) {
    try {
      await judge(vector, positionals);
      console.log(`ok      ${vector.name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED  ${vector.name}\n        ${/** @type {Error} */ (error).message}`);
    }
  }
  console.log(failed === 0 ? 'all vectors passed' : `${failed} vectors failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

if (import.meta.url === new URL(process.argv[1], 'file:').href) await main();
