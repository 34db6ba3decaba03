import { createServer, request } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface CuttingProxy {
  url: string;
  /** The connection of the next call is cut behind these words of its answer; `''`: before any. */
  cutAfter(words: string): void;
  /** Requests so far that end so. */
  count(path: string): number;
  close(): Promise<void>;
}

/** Bytes that come through behind the words: the id of the call, the beginning of an answer. */
const SHOWN = 60;

/** Stands between a client and a server, and cuts connections of `/call` when told. */
export async function cuttingProxy(target: string): Promise<CuttingProxy> {
  const paths: string[] = [];
  const sockets = new Set<Socket>();
  let cut: string | undefined;
  const server = createServer((incoming, outgoing) => {
    const { method, url = '', headers } = incoming;
    paths.push(url);
    const words = url.endsWith('/call') ? cut : undefined;
    if (words !== undefined) cut = undefined;
    const passed = request(
      target + url,
      { method, headers: { ...headers, host: new URL(target).host } },
      (answer) => {
        if (words === '') return outgoing.destroy();
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.on('data', (data: Buffer) => {
          if (outgoing.destroyed) return;
          const place = words === undefined ? -1 : data.indexOf(words);
          if (place < 0 || words === undefined) return outgoing.write(data);
          outgoing.write(data.subarray(0, place + words.length + SHOWN), () => outgoing.destroy());
        });
        answer.on('end', () => outgoing.end());
      },
    );
    passed.on('error', () => outgoing.destroy());
    incoming.pipe(passed);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on a port
    cutAfter: (words) => {
      cut = words;
    },
    count: (path) => paths.filter((each) => each.endsWith(path)).length,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
