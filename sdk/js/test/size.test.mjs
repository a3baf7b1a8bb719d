// What a page has to load.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const LIMIT_BYTES = 12_000;

test('the library is under 12 kB, minified and gzipped', async () => {
  const entry = fileURLToPath(new URL('../src/rtmate.js', import.meta.url));
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, minify: true, format: 'esm', target: 'es2022', write: false });
  const bytes = gzipSync(outputFiles[0].contents, { level: 9 }).length;
  assert.ok(bytes < LIMIT_BYTES, `${bytes} bytes`);
});
