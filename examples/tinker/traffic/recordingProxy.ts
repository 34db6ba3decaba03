import type { Exchange } from './exchange.ts';
import { type LoopbackServer, loopbackServer } from './loopbackServer.ts';

/** A server before another one, that writes down what is asked and answered. */
export interface RecordingProxy extends LoopbackServer {
  exchanges: Required<Exchange>[];
}

export async function recordingProxy(target: string): Promise<RecordingProxy> {
  const exchanges: Required<Exchange>[] = [];
  const server = await loopbackServer(async (request, body, response) => {
    const { method = 'GET', url: path = '/', headers } = request;
    const type = headers['content-type'];
    const got = await fetch(target + path, {
      ...{ method, headers: type === undefined ? {} : { 'content-type': type } },
      ...{ redirect: 'manual', ...(method === 'POST' && { body }) },
    });
    const bytes = Buffer.from(await got.arrayBuffer());
    const to = got.headers.get('location');
    const location = to === null ? {} : { location: new URL(to, target).pathname };
    const said = got.headers.get('content-type') ?? 'application/json';
    const answer = { type: said, ...location, body: bytes.toString('base64') };
    const { status } = got;
    exchanges.push({ method, path, type, body: body.toString('base64'), status, answer });
    const length = status === 204 ? {} : { 'content-length': bytes.length };
    response.writeHead(status, { 'content-type': said, ...location, ...length }).end(bytes);
  });
  return { ...server, exchanges };
}
