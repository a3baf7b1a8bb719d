// The page's own backend: gives the page, and a token to whoever asks. A real one knows its users first.
//
//   RTMATE_SECRET=... [RTMATE_ADDRESS=127.0.0.1:3001] node server.mjs [PORT]
import { createHmac, randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

const secret = process.env.RTMATE_SECRET;
if (!secret) throw new Error('set RTMATE_SECRET to the secret of my-app in rtmate.toml');
const port = Number(process.argv[2] ?? 8080);
/** @type {Record<string, string>} */
const FILES = { '/': 'index.html', '/chat.js': 'chat.js' };

/** @param {string} client */
function tokenFor(client) {
  const part = (/** @type {object} */ json) => Buffer.from(JSON.stringify(json)).toString('base64url');
  const claims = { app_id: 'my-app', client_id: client, exp: Math.floor(Date.now() / 1000) + 900 };
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', String(secret)).update(signed).digest('base64url')}`;
}

const server = createServer(async (request, response) => {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  // The same guest for the same browser: a token is fetched again before it ends, and must be of the same client.
  const guest = /guest=([a-z0-9-]+)/.exec(request.headers.cookie ?? '')?.[1] ?? `guest-${randomInt(1_000, 10_000)}`;
  if (path === '/token') {
    response.setHeader('set-cookie', `guest=${guest}; SameSite=Strict; HttpOnly`);
    return void response.end(tokenFor(guest));
  }
  const file = FILES[path];
  if (!file) return void response.writeHead(404).end('not found\n');
  response.setHeader('content-type', file.endsWith('.js') ? 'text/javascript' : 'text/html; charset=utf-8');
  const text = await readFile(new URL(file, import.meta.url), 'utf8');
  // Where RTMate is not where the files say.
  response.end(text.replaceAll('127.0.0.1:3000', process.env.RTMATE_ADDRESS ?? '127.0.0.1:3000'));
});
server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${/** @type {any} */ (server.address()).port}/`));
