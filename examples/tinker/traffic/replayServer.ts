import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { decodeForwardBackward } from '../protocol/forwardBackward.ts';
import type { Exchange } from './exchange.ts';

/** A server that knows what another one answered. */
export interface ReplayServer {
  url: string;
  /** What was not asked for yet. */
  left(): Required<Exchange>[];
  /** What nobody had asked the other server: method, path and, where it is text, body. */
  refused: string[];
  close(): void;
}

/**
 * Answers each recorded request once, in whatever order they come, and refuses every other one with 400. A message is the
 * recorded one if its numbers are, to the last digits: another processor may compute these otherwise.
 */
export async function replayServer(recorded: readonly Required<Exchange>[]): Promise<ReplayServer> {
  const waiting = [...recorded];
  const refused: string[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const body = Buffer.concat(parts);
    const { method = 'GET', url: path = '/', headers } = request;
    const isMessage = headers['content-type'] === 'application/x-protobuf';
    const at = waiting.findIndex(
      (one) => one.method === method && one.path === path && isSame(one, body),
    );
    const found = waiting[at];
    if (!found) {
      refused.push(`${method} ${path}${isMessage ? '' : ` ${body}`}`);
      const detail = `${method} ${path} was not asked like this when the traffic was recorded`;
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ detail }));
      return;
    }
    waiting.splice(at, 1);
    const { type, location, body: answer } = found.answer;
    const bytes = Buffer.from(answer, 'base64');
    const head = { 'content-type': type, ...(location !== undefined && { location }) };
    response.writeHead(found.status, head).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // listens on TCP
  return {
    ...{ url: `http://127.0.0.1:${port}`, refused },
    left: () => [...waiting],
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function isSame({ type, body }: Exchange, asked: Buffer): boolean {
  const known = Buffer.from(body, 'base64');
  if (known.equals(asked)) return true;
  if (type !== 'application/x-protobuf' || asked.length !== known.length) return false;
  return isClose(decodeForwardBackward(known), decodeForwardBackward(asked));
}

/** Numbers to five digits, all else exactly. */
function isClose(one: unknown, other: unknown): boolean {
  if (typeof one === 'number' && typeof other === 'number')
    return Math.abs(one - other) <= 1e-5 * Math.max(1, Math.abs(one));
  if (typeof one !== 'object' || one === null) return isDeepStrictEqual(one, other);
  const keys = Object.keys(one);
  return (
    isDeepStrictEqual(keys, Object.keys(Object(other))) &&
    keys.every((key) => isClose((one as Keyed)[key], (other as Keyed)[key]))
  );
}

type Keyed = Record<string, unknown>;
