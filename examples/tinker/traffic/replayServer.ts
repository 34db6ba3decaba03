import { isDeepStrictEqual } from 'node:util';
import { decodeForwardBackward } from '../protocol/forwardBackward.ts';
import type { Exchange } from './exchange.ts';
import { type LoopbackServer, loopbackServer } from './loopbackServer.ts';

/** A server that knows what another one answered. */
export interface ReplayServer extends LoopbackServer {
  /** What was not asked for yet. */
  left(): Required<Exchange>[];
  /** What nobody had asked the other server: method, path and, where it is text, body. */
  refused: string[];
}

/**
 * Answers each recorded request once, in whatever order they come, and refuses every other one with 400. A message is the
 * recorded one if its numbers are, to the last digits: another processor may compute these otherwise.
 */
export async function replayServer(recorded: readonly Required<Exchange>[]): Promise<ReplayServer> {
  const waiting = [...recorded];
  const refused: string[] = [];
  const server = await loopbackServer(async (request, body, response) => {
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
  return { ...server, refused, left: () => [...waiting] };
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
