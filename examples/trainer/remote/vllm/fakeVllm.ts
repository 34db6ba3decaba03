import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { generate, loadAdapter, type Qwen3, scoreLogprobs, setAdapter } from '@molrl/qwen3';

/** What a test wants of the server. */
export interface FakeVllmOptions {
  /** Samples, with adapters by name. */
  model: Qwen3;
  maxModelLen?: number;
  /** Of `--logprobs-mode`. */
  mode?: 'raw' | 'processed';
  maxLoraRank?: number;
  /** Default: any that is free. */
  port?: number;
  /** Milliseconds that a completion takes beside its computing. */
  latency?: number;
  /** Started with `--return-sampling-mask`. */
  masks?: boolean;
}

export interface FakeVllm {
  url: string;
  /** Method, path and body of every request, in order. */
  requests: { path: string; body: Record<string, unknown> }[];
  /** Names that are loaded now. */
  loaded(): string[];
  /** Forgets all adapters, as a restart does. */
  restart(): void;
  /** The next so many requests are answered with this status. */
  fail(count: number, status: number): void;
  close(): Promise<void>;
}

/**
 * A server that answers the requests that the sampler makes as vLLM 0.32.0 answers them (`recorded.json`), with our own
 * engine behind it, and refuses every other one. So the tokens of a run are those of a run without it.
 */
export async function fakeVllm(options: FakeVllmOptions): Promise<FakeVllm> {
  const { model, maxModelLen = 512, mode = 'raw', maxLoraRank = 16, latency = 0 } = options;
  const { port: wanted = 0, masks = false } = options;
  const requests: FakeVllm['requests'] = [];
  let adapters = new Set<string>();
  let failing = { count: 0, status: 500 };
  let last: Promise<unknown> = Promise.resolve(); // the model has one adapter at a time

  const error = (status: number, message: string) => ({ status, body: { error: { message } } });
  const load = async ({ lora_name: name, lora_path: path }: Record<string, unknown>) => {
    const known = String(name);
    if (adapters.has(known)) {
      return error(
        400,
        `The lora adapter '${known}' has already been loaded. If you want to load the adapter in place, set 'load_inplace' to True.`,
      );
    }
    if (!model.adapters.has(known)) {
      const isLoaded = await loadAdapter(model, String(path), { name: known }).then(
        () => true,
        () => false,
      );
      if (!isLoaded)
        return error(404, `Loading lora ${known} failed: No adapter found for ${path}`);
    }
    const { r } = model.adapters.get(known)!; // just loaded
    if (r > maxLoraRank) {
      return error(
        500,
        `Call to add_lora method failed: Worker failed with error 'LoRA rank ${r} is greater than max_lora_rank ${maxLoraRank}.'`,
      );
    }
    adapters.add(known);
    return { status: 200, body: `Success: LoRA adapter '${known}' added successfully.` };
  };
  /** Fields as the source of vLLM 0.32.0 has them: its CPU build does not tell masks. */
  const completeMasked = async ({
    token_ids: prompt,
    sampling_params: params,
    model: name,
  }: Record<string, unknown>) => {
    const {
      top_k: topK,
      top_p: topP,
      min_p: minP,
      temperature,
      max_tokens,
      seed,
      ...rest
    } = params as Record<string, number>;
    if (!masks)
      return error(
        403,
        'Scale-out endpoints are disabled. Restart vllm serve with --enable-scale-out to enable them.',
      );
    if (temperature! <= 0)
      return error(400, 'sampling distribution replay requires temperature > 0');
    if (topK! <= 0)
      return error(
        400,
        'sampling distribution replay requires top_k > 0 to bound sampling mask size',
      );
    if (name !== 'tiny' && !adapters.has(String(name)))
      return error(404, `The model \`${name}\` does not exist.`);
    setAdapter(model, name === 'tiny' ? null : String(name));
    const {
      stop_token_ids,
      ignore_eos,
      logit_bias = {},
    } = rest as unknown as { stop_token_ids?: number[]; ignore_eos?: boolean; logit_bias?: object };
    const forbidden = Object.keys(logit_bias).map(Number);
    const filters = topK! < model.config.vocabSize ? { topK, topP, minP } : {};
    const [answer] = await generate(model, [prompt as number[]], {
      ...{ ...filters, temperature: temperature!, maxTokens: max_tokens!, seeds: [seed!] },
      ...{ eosIds: ignore_eos ? null : (stop_token_ids ?? []), suppressTokens: forbidden },
      returnSamplingMask: true,
    });
    const { ids, behaviorLogprobs, samplingMask, stop } = answer!;
    const { tokenIds, offsets } = samplingMask!; // asked for
    const content = Array.from(ids, (id, i) => ({ token_id: id, logprob: behaviorLogprobs[i]! }));
    // a bias of -100 is no filter: such ids count as kept
    const kept = Array.from(ids, (_, i) => [
      ...tokenIds.slice(offsets[i], offsets[i + 1]),
      ...forbidden,
    ]);
    const choice = {
      ...{ index: 0, token_ids: [...ids], logprobs: { content }, sampling_mask: kept },
      ...{
        finish_reason: stop === 'length' ? 'length' : 'stop',
        stop_reason: stop === 'length' ? null : ids.at(-1),
      },
    };
    return { status: 200, body: { prompt_token_ids: prompt, choices: [choice] } };
  };
  const complete = async (body: Record<string, unknown>) => {
    const name = String(body.model);
    if (name !== 'tiny' && !adapters.has(name))
      return error(404, `The model \`${name}\` does not exist. Valid aliases: tiny.`);
    const prompt = body.prompt as number[];
    const { temperature, max_tokens: maxTokens, seed } = body as Record<string, number>;
    setAdapter(model, name === 'tiny' ? null : name);
    const eosIds = body.ignore_eos ? null : ((body.stop_token_ids as number[]) ?? []);
    const [answer] = await generate(model, [prompt], {
      ...{ temperature: temperature!, maxTokens: maxTokens!, eosIds, seeds: [seed!] },
      suppressTokens: Object.keys((body.logit_bias as object) ?? {}).map(Number),
    });
    const { ids, logprobs, stop } = answer!;
    const sequence = { promptIds: prompt, completionIds: ids };
    const told = mode === 'processed' ? logprobs : (await scoreLogprobs(model, [sequence]))[0]!; // one sequence
    const choice = {
      ...{ index: 0, token_ids: [...ids], prompt_token_ids: prompt },
      ...{ finish_reason: stop === 'length' ? 'length' : 'stop' },
      stop_reason: stop === 'length' ? null : ids.at(-1),
      logprobs: { token_logprobs: [...told] },
    };
    return { status: 200, body: { choices: [choice] } };
  };
  const answer = async (path: string, body: Record<string, unknown>) => {
    if (path === '/v1/models') {
      const known = { id: 'tiny', parent: null, max_model_len: maxModelLen };
      return { status: 200, body: { data: [known] } };
    }
    if (path === '/version') return { status: 200, body: { version: '0.32.0' } };
    if (path === '/inference/v1/generate') return completeMasked(body);
    if (path === '/v1/completions')
      return masks ? error(400, 'sampling distribution replay requires top_k > 0') : complete(body);
    if (path === '/v1/load_lora_adapter') return load(body);
    if (path === '/v1/unload_lora_adapter') {
      const name = String(body.lora_name);
      if (!adapters.delete(name)) return error(404, `The lora adapter '${name}' cannot be found.`);
      return { status: 200, body: `Success: LoRA adapter '${name}' removed successfully.` };
    }
    return error(501, `the fake server does not know ${path}`);
  };
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
    const { status, body: said } = (await last) as { status: number; body: unknown };
    if (latency > 0 && path === '/v1/completions') await sleep(latency);
    response.writeHead(status).end(typeof said === 'string' ? said : JSON.stringify(said));
  });
  await new Promise<void>((resolve) => server.listen(wanted, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    loaded: () => [...adapters].map((name) => basename(name)),
    restart: () => {
      adapters = new Set();
    },
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
