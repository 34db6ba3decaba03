import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Control } from './control.ts';
import { controlPage } from './controlPage.ts';

const MOST_BYTES = 4096;

/**
 * The page of live control, on this machine only. Whoever has not the token sees nothing: pages of other sites cannot send the
 * header, and names of other hosts are refused.
 *
 * @param port - 0 is any free one.
 * @returns The address to open, with the token.
 */
export async function openControlServer(
  control: Control,
  port: number,
): Promise<{ url: string; close(): void }> {
  const token = randomBytes(24).toString('base64url');
  const server = createServer((request, response) => {
    answer(request, { control, token, port: (server.address() as AddressInfo).port }).then(
      (result) => send(response, result),
      (error: Error) => send(response, { status: 400, body: { error: error.message } }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  server.unref(); // the run ends without it
  const { port: bound } = server.address() as AddressInfo; // of a TCP server
  return {
    url: `http://127.0.0.1:${bound}/?token=${token}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface Answer {
  status: number;
  /** A string is the page. */
  body: object | string;
}

async function answer(
  request: IncomingMessage,
  { control, token, port }: { control: Control; token: string; port: number },
): Promise<Answer> {
  if (![`127.0.0.1:${port}`, `localhost:${port}`].includes(request.headers.host ?? ''))
    return { status: 421, body: { error: 'Host must be 127.0.0.1' } };
  const { pathname, searchParams } = new URL(request.url ?? '/', `http://127.0.0.1:${port}`);
  const isPage = request.method === 'GET' && pathname === '/';
  const given = isPage ? searchParams.get('token') : request.headers['x-token'];
  if (!isSame(String(given ?? ''), token))
    return {
      status: 403,
      body: { error: 'Open the address that the run printed, with its token' },
    };
  if (isPage) return { status: 200, body: controlPage() };
  if (request.method === 'GET' && pathname === '/state')
    return { status: 200, body: { view: control.view() ?? null } };
  if (request.method !== 'POST' || pathname !== '/command')
    return { status: 404, body: { error: `no ${request.method} ${pathname}` } };
  control.submit(JSON.parse(await readBody(request)));
  return { status: 202, body: {} };
}

/** Takes the same time wherever two texts differ. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MOST_BYTES) throw new Error(`a command has at most ${MOST_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function send(response: ServerResponse, { status, body }: Answer): void {
  const isPage = typeof body === 'string';
  response.writeHead(status, {
    'content-type': isPage ? 'text/html; charset=utf-8' : 'application/json',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'content-security-policy':
      "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'",
  });
  response.end(isPage ? body : JSON.stringify(body));
}
