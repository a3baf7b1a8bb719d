// The conformance vectors over a wire, each against a program of its own.
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { judge, vectorsFor } from '../../../conformance/judge.mjs';
import { FEATURES } from '../support/subject.mjs';

const PROGRAM = fileURLToPath(new URL('../support/conformance-program.mjs', import.meta.url));

describe('the conformance vectors over a wire', { concurrency: 4, timeout: 300_000 }, () => {
  for (const vector of vectorsFor({ features: FEATURES })) {
    test(vector.name, () => judge(vector, [process.execPath, PROGRAM]));
  }
});
