import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it came, and how it was answered. */
export interface Exchange {
  method: string;
  path: string;
  type: string | undefined;
  /** Base64. */
  body: string;
  status: number;
}

/** A server before another one, that writes down what is asked. */
export interface RecordingProxy {
  url: string;
  exchanges: Exchange[];
  close(): void;
}

export async function recordingProxy(target: string): Promise<RecordingProxy> {
  const exchanges: Exchange[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const body = Buffer.concat(parts);
    const { method = 'GET', url: path = '/', headers } = request;
    const type = headers['content-type'];
    const answer = await fetch(target + path, {
      ...{ method, headers: type === undefined ? {} : { 'content-type': type } },
      ...(method === 'POST' && { body }),
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    exchanges.push({ method, path, type, body: body.toString('base64'), status: answer.status });
    const said = answer.headers.get('content-type') ?? 'application/json';
    response
      .writeHead(answer.status, { 'content-type': said, 'content-length': bytes.length })
      .end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // listens on TCP
  const url = `http://127.0.0.1:${port}`;
  return { url, exchanges, close: () => server.closeAllConnections() };
}
