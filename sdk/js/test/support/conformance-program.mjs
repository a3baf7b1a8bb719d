// The program that the judge of the conformance kit talks to: orders on standard input, events on standard output.
import { createInterface } from 'node:readline';
import WebSocket from 'ws';
import { Subject } from './subject.mjs';

const subject = new Subject((event) => void process.stdout.write(`${JSON.stringify(event)}\n`), { WebSocket });
createInterface({ input: process.stdin })
  .on('line', (line) => subject.order(JSON.parse(line)))
  .on('close', () => process.exit(0));
