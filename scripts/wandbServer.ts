import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the W&B SDK sent. */
export interface WandbServer {
  address: string;
  /** Variables of the mutations that made or changed runs. */
  runs: Record<string, unknown>[];
  /** Lines of wandb-history.jsonl. */
  history: Record<string, number>[];
  close(): void;
}

/** As much of W&B's server as its SDK asks for: who am I, a run, lines of its history. */
export async function wandbServer(): Promise<WandbServer> {
  const runs: Record<string, unknown>[] = [];
  const history: Record<string, number>[] = [];
  const bucket = (name: unknown) => ({
    ...{ id: '1', name, displayName: name, description: '', config: '{}', sweepName: null },
    project: { id: '1', name: 'p', entity: { id: '1', name: 'e' } },
  });
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const part of request) text += part;
    const body = JSON.parse(text || '{}');
    let answer: object = {};
    if (request.url === '/graphql' && /upsertBucket/.test(body.query)) {
      runs.push(body.variables);
      answer = { data: { upsertBucket: { bucket: bucket(body.variables.name), inserted: true } } };
    } else if (request.url === '/graphql') {
      answer = { data: { viewer: { id: '1', entity: 'e', flags: '{}', teams: { edges: [] } } } };
    } else {
      const lines: string[] = body.files?.['wandb-history.jsonl']?.content ?? [];
      history.push(...lines.map((line) => JSON.parse(line)));
    }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // listens on TCP
  return { address: `http://127.0.0.1:${port}`, runs, history, close: () => server.close() };
}
