import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { generate, loadAdapter, type Qwen3, scoreLogprobs, setAdapter } from '@molrl/qwen3';

/** What a test wants of a server that samples. */
export interface FakeServerOptions {
  /** Samples, with adapters by name. */
  model: Qwen3;
  maxModelLen?: number;
  /** Which log-probs it tells. */
  mode?: 'raw' | 'processed';
  maxLoraRank?: number;
  /** Default: any that is free. */
  port?: number;
  /** Milliseconds that a completion takes beside its computing. */
  latency?: number;
}

export interface FakeServer {
  url: string;
  /** Path and body of every request, in order. */
  requests: { path: string; body: Record<string, unknown> }[];
  /** Names that are loaded now. */
  loaded(): string[];
  /** Forgets all adapters, as a restart does. */
  restart(): void;
  /** The next so many requests are answered with this status. */
  fail(count: number, status: number): void;
  close(): Promise<void>;
}

/** What such a server is made of, whatever API it speaks. */
export interface FakeEngine {
  /** Names that are loaded now. */
  adapters: Set<string>;
  /** Puts an adapter beside the model. @returns its rank, undefined: there is none in that folder. */
  load(name: string, path: string): Promise<number | undefined>;
  /** One completion by a loaded adapter, or by the base (`null`). */
  draw(
    name: string | null,
    asked: FakeDraw,
  ): Promise<{ ids: number[]; logprobs: number[]; isEnded: boolean }>;
}

/** What one completion of it is asked with. */
export interface FakeDraw {
  prompt: number[];
  temperature: number;
  maxTokens: number;
  seed: number;
  /** `null`: nothing ends it. */
  eosIds: number[] | null;
  suppressTokens: number[];
}

/** An answer: text as it is, anything else as JSON. */
export interface FakeAnswer {
  status: number;
  body: unknown;
}

type Answer = (path: string, body: Record<string, unknown>) => Promise<FakeAnswer> | FakeAnswer;

/**
 * A server with our own engine behind it. So the tokens of a run are those of a run without it.
 *
 * @param api - makes of the engine what is answered; `slow` is the path that takes the latency.
 */
export async function fakeServer(
  { model, mode = 'raw', port: wanted = 0, latency = 0 }: FakeServerOptions,
  api: { slow: string; answers: (engine: FakeEngine) => Answer },
): Promise<FakeServer> {
  const requests: FakeServer['requests'] = [];
  const adapters = new Set<string>();
  let failing = { count: 0, status: 500 };
  let last: Promise<unknown> = Promise.resolve(); // the model has one adapter at a time
  const answer = api.answers({
    adapters,
    async load(name, path) {
      if (!model.adapters.has(name)) {
        const isLoaded = await loadAdapter(model, path, { name }).then(
          () => true,
          () => false,
        );
        if (!isLoaded) return undefined;
      }
      return model.adapters.get(name)!.r; // just loaded
    },
    async draw(name, { prompt, seed, ...asked }) {
      setAdapter(model, name);
      const [drawn] = await generate(model, [prompt], { ...asked, seeds: [seed] });
      const { ids, logprobs, stop } = drawn!; // of one prompt
      const sequence = { promptIds: prompt, completionIds: ids };
      const told = mode === 'processed' ? logprobs : (await scoreLogprobs(model, [sequence]))[0]!; // one sequence
      return { ids: [...ids], logprobs: [...told], isEnded: stop !== 'length' };
    },
  });
  const server = createServer(async (request, response) => {
    const body = await readJson(request);
    const path = request.url ?? '';
    requests.push({ path, body });
    if (failing.count > 0) {
      failing = { ...failing, count: failing.count - 1 };
      response.writeHead(failing.status).end('busy');
      return;
    }
    last = last.then(() => answer(path, body));
    const { status, body: said } = (await last) as FakeAnswer;
    if (latency > 0 && path === api.slow) await sleep(latency);
    response.writeHead(status).end(typeof said === 'string' ? said : JSON.stringify(said));
  });
  await new Promise<void>((resolve) => server.listen(wanted, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    loaded: () => [...adapters],
    restart: () => adapters.clear(),
    fail: (count, status) => {
      failing = { count, status };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections(); // those that a killed client left open too
      }),
  };
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}
