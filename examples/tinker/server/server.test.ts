// Above 300 lines: one server with one model, opened alike for every request.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  loadAdapter,
  loadModel,
  type Qwen3,
  removeAdapter,
  scoreLogprobs,
  setAdapter,
} from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import sdk25 from '../fixtures/sdk-0.25.0.json' with { type: 'json' };
import sdk38 from '../fixtures/sdk-0.38.0.json' with { type: 'json' };
import {
  decodeForwardBackwardOutput,
  encodeForwardBackward,
  type ForwardBackwardRequest,
} from '../protocol/forwardBackward.ts';
import { decodeSample } from '../protocol/sample.ts';
import type { Reduction } from './reduction.ts';
import { tinkerService } from './service.ts';
import { type TinkerHttpOptions, tinkerHttp } from './tinkerHttp.ts';

const source = fileURLToPath(new URL('../../mol-rl/base', import.meta.url));
const PROTOBUF = 'application/x-protobuf';
const IDS = [1, 52, 68, 90, 41, 66, 300, 12];

let model: Qwen3;
let folder: string;
let server: Server | undefined;
let url: string;

beforeAll(async () => {
  await openCpu({ threads: 1 });
  model = await loadModel(source, { frozen: true });
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'molrl-tinker-'));
});
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  for (const name of [...model.adapters.keys()]) removeAdapter(model, name);
  await rm(folder, { recursive: true });
});

/** @param options - `gate`: forward and backward passes wait for it. */
async function open(
  options: TinkerHttpOptions & { reduction?: Reduction; gate?: Promise<void> } = {},
): Promise<void> {
  const { reduction, gate } = options;
  const real = tinkerService({ model, name: 'base', folder, reduction });
  const late: typeof real.forwardBackward = (request) =>
    gate!.then(() => real.forwardBackward(request)); // where there is one
  const service = { ...real, ...(gate && { forwardBackward: late }) };
  const own = tinkerHttp(service, { tag: 'recorded', ...options });
  await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve));
  server = own;
  url = `http://127.0.0.1:${(own.address() as AddressInfo).port}`; // listens on TCP
}

interface Answer {
  status: number;
  json: Record<string, unknown>;
  bytes: Uint8Array;
}

async function send(path: string, body: object | Uint8Array, headers = {}): Promise<Answer> {
  const isMessage = body instanceof Uint8Array;
  const response = await fetch(`${url}/api/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': isMessage ? PROTOBUF : 'application/json', ...headers },
    body: isMessage ? Buffer.from(body) : JSON.stringify(body),
  });
  const bytes = new Uint8Array(await response.arrayBuffer());
  const isJson = response.headers.get('content-type') === 'application/json';
  return {
    ...{ status: response.status, bytes },
    json: isJson ? JSON.parse(Buffer.from(bytes).toString()) : {},
  };
}

/** Asks until it is there. */
async function result({ json }: Answer): Promise<Answer> {
  for (;;) {
    const answer = await send('retrieve_future', { request_id: json.request_id });
    if (answer.status !== 408) return answer;
  }
}

const ask = async (path: string, body: object | Uint8Array): Promise<Answer> =>
  result(await send(path, body));

async function newModel(rank = 4): Promise<string> {
  const { json } = await send('create_session', {});
  const lora_config = { rank, seed: 3 };
  const body = { session_id: json.session_id, model_seq_id: 0, base_model: 'base', lora_config };
  return String((await ask('create_model', body)).json.model_id);
}

const message = (
  modelId: string,
  seqId: number,
  rest: Partial<ForwardBackwardRequest> & { inputs?: Record<string, number[]> } = {},
): Uint8Array => {
  const [tokens, target_tokens] = [Int32Array.from(IDS.slice(0, -1)), IDS.slice(1)];
  const datum = { tokens, lossInputs: { target_tokens, ...rest.inputs } };
  const usual = { lossFn: 'cross_entropy', lossConfig: {}, forwardOnly: false, data: [datum] };
  return encodeForwardBackward({ modelId, seqId, ...usual, ...rest });
};
const step = (model_id: string, seq_id: number, rate = 0) =>
  ask('optim_step', { model_id, seq_id, adam_params: { learning_rate: rate } });
const ones = (value: number): number[] => IDS.slice(1).map(() => value);
const logprobsOf = ({ bytes }: Answer): Float32Array =>
  decodeForwardBackwardOutput(bytes).outputs[0]!.logprobs!;

describe('requests of the official SDK, replayed', () => {
  test.each([
    ['0.25.0', sdk25],
    ['0.38.0', sdk38],
  ])('%s: a supervised course, a course by reward, mistakes', async (_, exchanges) => {
    await open();
    const refused: unknown[] = [];
    const losses: number[] = [];
    for (const { method, path, type, body, status } of exchanges) {
      const response = await fetch(url + path, {
        ...{ method, headers: type ? { 'content-type': type } : {} },
        ...(method === 'POST' && { body: Buffer.from(body, 'base64') }),
      });
      expect(response.status, path).toBe(status);
      const json = (await response.json()) as Record<string, unknown>;
      if (json.request_id === undefined) continue;
      const done = await result({ status, json, bytes: new Uint8Array() });
      expect(done.status).toBe(200);
      if (done.json.error) refused.push(done.json);
      else if (path.endsWith('forward_backward'))
        losses.push(decodeForwardBackwardOutput(done.bytes).metrics['loss:sum']!);
      else if (path.endsWith('asample'))
        expect(decodeSample(done.bytes).sequences.length).toBeGreaterThan(0);
    }
    expect(refused).toEqual([
      {
        error: "loss_fn is 'dro', known are cross_entropy, importance_sampling, ppo, cispo.",
        category: 'user',
      },
      {
        error: 'optim_step: there is no gradient. Call forward_backward first.',
        category: 'user',
      },
    ]);
    const [first, after, restored, byReward] = losses;
    expect(after).toBeLessThan(first!);
    expect(restored).toBe(after);
    expect(byReward).toBeDefined();
  });
});

describe('what is computed', () => {
  test('log-probs are those of the trainer, before a step and after it', async () => {
    await open();
    const id = await newModel();
    const told = logprobsOf(await ask('forward_backward', message(id, 1)));
    const sequence = { promptIds: IDS.slice(0, 1), completionIds: IDS.slice(1) };
    const base = await loadModel(source);
    const [wanted] = await scoreLogprobs(base, [sequence]);
    for (const [i, value] of wanted!.entries()) expect(told[i]).toBeCloseTo(value, 4);
    await step(id, 2, 1e-2);
    const saved = await ask('save_weights_for_sampler', { model_id: id, seq_id: 3, path: 'one' });
    expect(saved.json.path).toBe(`tinker://${id}/sampler_weights/one`);
    const adapter = join(folder, id.replaceAll(':', '-'), 'sampler_weights', 'one');
    await loadAdapter(base, adapter); // PEFT's files
    const [moved] = await scoreLogprobs(base, [sequence]);
    const now = logprobsOf(await ask('forward_backward', message(id, 4, { forwardOnly: true })));
    for (const [i, value] of moved!.entries()) expect(now[i]).toBeCloseTo(value, 4);
    expect(Math.abs(moved![2]! - wanted![2]!)).toBeGreaterThan(0.01);
    base.dispose();
  });

  test.each([
    ['sum', [1, 0.5, 2, 3, 0.5, 0.5]],
    ['sequence-mean', [1, 1, 1, 1, 0.5, 0.5]],
  ] as const)('the gradient of %s has the scale of its definition', async (reduction, factors) => {
    await open({ reduction });
    const id = await newModel();
    let seq = 0;
    const norm = async (...requests: Parameters<typeof message>[2][]): Promise<number> => {
      for (const request of requests) await ask('forward_backward', message(id, ++seq, request));
      const { metrics } = (await step(id, ++seq)).json as { metrics: { grad_norm: number } };
      return metrics.grad_norm;
    };
    const current = [...logprobsOf(await ask('forward', message(id, ++seq)))];
    const form = (advantage: number) => ({
      lossFn: 'importance_sampling',
      inputs: { logprobs: current, weights: ones(1), advantages: ones(advantage) },
    });
    const whole = await norm({ inputs: { weights: ones(1) } });
    const norms = [
      whole,
      await norm({ inputs: { weights: ones(0.5) } }),
      await norm({}, {}),
      await norm({}, {}, {}),
      await norm(form(0.5)),
      await norm(form(-0.5)),
    ];
    for (const [i, factor] of factors.entries()) expect(norms[i]! / whole).toBeCloseTo(factor, 4);
    if (reduction === 'sum') return;
    const odd = await norm({ inputs: { weights: ones(-0.5) } });
    expect(odd / whole).toBeGreaterThan(1e8); // as SkyRL: never send this
  });

  test('JSON asks for the same as a message', async () => {
    await open();
    const id = await newModel();
    const forward_backward_input = {
      loss_fn: 'cross_entropy',
      data: [
        {
          model_input: { chunks: [{ type: 'encoded_text', tokens: IDS.slice(0, -1) }] },
          loss_fn_inputs: { target_tokens: { data: IDS.slice(1), dtype: 'int64' } },
        },
      ],
    };
    const asJson = await ask('forward_backward', {
      model_id: id,
      seq_id: 1,
      forward_backward_input,
    });
    expect(asJson.bytes).toEqual((await ask('forward_backward', message(id, 2))).bytes);
  });

  test('samples: the same seed gives the same tokens, log-probs are at temperature 1', async () => {
    await open();
    const prompt = { chunks: [{ type: 'encoded_text', tokens: IDS }] };
    const sampling_params = { max_tokens: 5, seed: 5, temperature: 2, stop: [] };
    const body = {
      num_samples: 2,
      base_model: 'base',
      prompt,
      sampling_params,
      prompt_logprobs: true,
    };
    const [one, again] = [await ask('asample', body), await ask('asample', body)];
    expect(one.bytes).toEqual(again.bytes);
    const { sequences, promptLogprobs } = decodeSample(one.bytes);
    expect([...promptLogprobs!.keys()].filter((i) => Number.isNaN(promptLogprobs![i]))).toEqual([
      0,
    ]);
    setAdapter(model, null);
    for (const { tokens, logprobs } of sequences) {
      const [wanted] = await scoreLogprobs(model, [{ promptIds: IDS, completionIds: tokens }]);
      for (const [i, value] of wanted!.entries()) expect(logprobs[i]).toBeCloseTo(value, 4);
    }
  });
});

describe('what goes wrong on the way', () => {
  test('a repeated request is done once, another under its number and a late one are refused', async () => {
    await open();
    const id = await newModel();
    const request = message(id, 5);
    const [first, second] = [
      await send('forward_backward', request),
      await send('forward_backward', request),
    ];
    expect(second.json).toEqual(first.json);
    await result(first);
    const { metrics } = (await step(id, 6)).json as { metrics: { grad_norm: number } };
    await ask('forward_backward', message(id, 7));
    const once = (await step(id, 8)).json as { metrics: { grad_norm: number } };
    expect(metrics.grad_norm).toBe(once.metrics.grad_norm);
    const other = await send('forward_backward', message(id, 5, { inputs: { weights: ones(2) } }));
    expect([other.status, String(other.json.detail)]).toEqual([
      409,
      expect.stringContaining('another request'),
    ]);
    expect((await send('forward_backward', message(id, 4))).status).toBe(409);
  });

  test('a result that is not there yet is 408, one of an earlier start 404', async () => {
    let pass: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => {
      pass = resolve;
    });
    await open({ hold: 1, gate });
    const id = await newModel();
    const asked = await send('forward_backward', message(id, 1));
    const early = await send('retrieve_future', asked.json);
    expect([early.status, early.json.type]).toEqual([408, 'try_again']);
    pass?.();
    expect((await result(asked)).status).toBe(200);
    expect((await send('retrieve_future', { request_id: 'earlier-1' })).status).toBe(404);
  });

  test('checkpoints: one that is there is kept, and nothing half-written has a name', async () => {
    await open();
    const id = await newModel();
    const save = (seq_id: number, rest = {}) =>
      ask('save_weights', { model_id: id, seq_id, path: 'one', ...rest });
    const path = `tinker://${id}/weights/one`;
    expect((await save(1)).json).toEqual({ type: 'save_weights', path });
    expect(String((await save(2)).json.error)).toContain('already exists');
    expect((await save(3, { overwrite: true })).json.path).toBe(path);
    expect(await readdir(join(folder, id.replaceAll(':', '-'), 'weights'))).toEqual(['one']);
    const used = await send('load_weights', { model_id: id, seq_id: 4, path, optimizer: true });
    expect(String((await result(used)).json.error)).toContain('first request');
    for (const name of ['../out', 'a/b', '.hidden', ''])
      expect(String((await save(5, { path: name, seq_id: undefined })).json.error)).toContain(
        'cannot be called',
      );
    expect((await send('weights_info', { tinker_path: 'tinker://none/weights/one' })).status).toBe(
      404,
    );
  });

  test('a token is asked of every request, a web page is kept out, and mistakes are named', async () => {
    await open({ token: 'secret' });
    expect((await send('create_session', {})).status).toBe(401);
    expect((await send('create_session', {}, { 'x-api-key': 'secret' })).status).toBe(200);
    const plain = await send(
      'create_session',
      {},
      { 'x-api-key': 'secret', 'content-type': 'text/plain' },
    );
    expect(plain.status).toBe(415);
    server!.close();
    await open();
    const id = await newModel();
    const faults: [Parameters<typeof message>[2], string][] = [
      [{ inputs: { target_tokens: [1] } }, 'target_tokens has 1 numbers for 7 tokens'],
      [{ lossFn: 'ppo' }, 'loss_fn_inputs has no logprobs'],
      [{ inputs: { target_tokens: ones(512) } }, 'token 512 is not among the 512'],
      [{ inputs: { weights: ones(Number.NaN) } }, 'weights is NaN at 0'],
      [{ inputs: { mask: ones(1) } }, 'loss_fn_inputs has mask'],
    ];
    for (const [i, [request, said]] of faults.entries())
      expect(
        String((await ask('forward_backward', message(id, i + 1, request))).json.error),
      ).toContain(said);
    const base = { num_samples: 1, base_model: 'base', sampling_params: {} };
    const long = { chunks: [{ tokens: new Array<number>(1024).fill(1) }] };
    expect(String((await ask('asample', { ...base, prompt: long })).json.error)).toContain('1024');
    expect((await send('asample', { ...base, prompt: {} })).status).toBe(422);
  });

  test('a client that is not heard of loses its models', async () => {
    await open({ stale: 500 });
    const id = await newModel();
    expect((await send('get_info', { model_id: id })).status).toBe(200);
    const patient = { timeout: 10_000 };
    const status = async () => (await send('get_info', { model_id: id })).status;
    await expect.poll(status, patient).toBe(404);
    await expect.poll(() => model.adapters.size, patient).toBe(0);
  });
});
