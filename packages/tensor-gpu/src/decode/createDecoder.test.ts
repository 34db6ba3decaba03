import { testedKernels } from '../backend/testedKernels.ts';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Completion } from '../backend/decodeJob.ts';
import { type CpuDevice, openCpu } from '../index.ts';
import { type SampleTokenOptions, sampleToken } from '../sampling/sampleToken.ts';
import { createDecoder } from './createDecoder.ts';
import type { DecodeRequest } from './decodeRequest.ts';
import {
  PROMPTS,
  prompt,
  randomSpec,
  SMALL,
  type TensorLayer,
  type TensorSpec,
  WIDE,
} from './randomDecoder.ts';

/** Logits of all positions by a full forward pass in tfjs ops: no cache, no fused op. */
function fullLogits(spec: TensorSpec, ids: number[]): number[][] {
  const { heads, kvHeads, headDim } = spec;
  const T = ids.length;
  const rms = (x: tf.Tensor, weight: tf.Tensor) =>
    tf.mul(tf.div(x, tf.sqrt(tf.add(tf.mean(tf.square(x), -1, true), spec.eps))), weight);
  const headNorm = (x: tf.Tensor, weight?: tf.Tensor) => (weight ? rms(x, weight) : x);
  const plus = (x: tf.Tensor, bias?: tf.Tensor) => (bias ? tf.add(x, bias) : x);
  const linear = (x: tf.Tensor, weight: tf.Tensor) => tf.matMul(x, weight, false, true);
  const turned = (x: tf.Tensor, layer: TensorLayer) => {
    const [a, b] = tf.split(x, 2, -1);
    const cos = tf.slice(layer.cos ?? spec.cos, [0, 0], [T, headDim / 2]);
    const sin = tf.slice(layer.sin ?? spec.sin, [0, 0], [T, headDim / 2]);
    return tf.concat(
      [tf.sub(tf.mul(a!, cos), tf.mul(b!, sin)), tf.add(tf.mul(b!, cos), tf.mul(a!, sin))],
      -1,
    );
  };
  const split = (x: tf.Tensor, n: number) =>
    tf.transpose(tf.reshape(x, [T, n, headDim]), [1, 0, 2]);
  const maskOf = ({ window = T }: TensorLayer) =>
    tf.linalg.bandPart(tf.ones([T, T]), Math.min(T, window) - 1, 0);
  let x: tf.Tensor = tf.gather(spec.embed, tf.tensor1d(ids, 'int32'));
  for (const layer of spec.layers) {
    const rope = (x: tf.Tensor) => turned(x, layer);
    const normed = rms(x, layer.inputNorm);
    const q = tf.unstack(
      rope(headNorm(split(plus(linear(normed, layer.q), layer.qBias), heads), layer.qNorm)),
    );
    const k = tf.unstack(
      rope(headNorm(split(plus(linear(normed, layer.k), layer.kBias), kvHeads), layer.kNorm)),
    );
    const v = tf.unstack(split(plus(linear(normed, layer.v), layer.vBias), kvHeads));
    const mixed = q.map((query, h) => {
      const group = Math.floor((h * kvHeads) / heads);
      const scores = tf.div(tf.matMul(query, k[group]!, false, true), Math.sqrt(headDim));
      return tf.matMul(
        tf.softmax(tf.where(tf.cast(maskOf(layer), 'bool'), scores, tf.fill([T, T], -1e9))),
        v[group]!,
      );
    });
    x = tf.add(x, linear(tf.reshape(tf.stack(mixed, 1), [T, heads * headDim]), layer.o));
    const post = rms(x, layer.postNorm);
    const gate = linear(post, layer.gate);
    x = tf.add(
      x,
      linear(tf.mul(tf.mul(gate, tf.sigmoid(gate)), linear(post, layer.up)), layer.down),
    );
  }
  return linear(rms(x, spec.norm), spec.head).arraySync() as number[][]; // rank 2
}

/**
 * What a plain loop of full forward passes gives if it has drawn the same ids so far: by induction the
 * decoder must equal it token by token.
 */
function expectPlainLoop(actual: Completion[], spec: TensorSpec, request: DecodeRequest): void {
  const { prompts, numGenerations, maxTokens, seeds } = request;
  expect(actual.length).toBe(seeds.length);
  for (const [sample, { ids, logprobs, behaviorLogprobs }] of actual.entries()) {
    const prompt = Array.from(prompts[Math.floor(sample / numGenerations)]!);
    const all = [...prompt, ...ids];
    const logits = tf.tidy(() => fullLogits(spec, all));
    expect(ids.length).toBe(maxTokens);
    for (const [step, id] of ids.entries()) {
      const seen = all.slice(0, prompt.length + step);
      const drawn = ids.subarray(0, step);
      const options: SampleTokenOptions = {
        ...request,
        seed: seeds[sample]!,
        step,
        seen,
        completion: drawn,
      };
      const wanted = sampleToken(logits[seen.length - 1]!, options);
      expect({ sample, step, id }).toEqual({ sample, step, id: wanted.id });
      expect(Math.abs(logprobs[step]! - wanted.logprob)).toBeLessThan(1e-5);
      expect(Math.abs(behaviorLogprobs[step]! - wanted.behaviorLogprob)).toBeLessThan(1e-5);
    }
  }
}

const REQUEST: DecodeRequest = {
  prompts: PROMPTS,
  numGenerations: 2,
  maxTokens: 24,
  temperature: 1,
  seeds: [11, 12, 13, 14, 2 ** 40 + 1, 16, 17, 0],
  eosIds: [],
};

const bias = (size: number, seed: number) => tf.randomNormal([size], 0, 0.7, 'float32', seed);
const withoutNorms = ({ qNorm: _, kNorm: __, ...layer }: TensorLayer): TensorLayer => layer;
const withBiases = (layer: TensorLayer): TensorLayer => ({
  ...layer,
  qBias: bias(24, 1),
  kBias: bias(12, 2),
  vBias: bias(12, 3),
});

describe.each(
  testedKernels.flatMap((kernels) => [
    { kernels, threads: 2 },
    { kernels, threads: 1 },
  ]),
)('createDecoder, $kernels kernels on $threads threads', ({ kernels, threads }) => {
  const opened: { device?: CpuDevice; small?: TensorSpec } = {};
  beforeAll(async () => {
    opened.device = await openCpu({ kernels, threads });
    opened.small = randomSpec(SMALL);
  });
  afterAll(() => opened.device?.dispose());
  const generate = (request: Partial<DecodeRequest>, spec = opened.small!) =>
    createDecoder(spec).generate({ ...REQUEST, ...request });

  test.each([
    { temperature: 1 },
    { temperature: 0 },
    { temperature: 0.7, topK: 20, topP: 0.8, minP: 0.05 },
    { temperature: 1.3, topP: 0.9, repetitionPenalty: 1.2 },
    { temperature: 0, repetitionPenalty: 1.5 },
    { temperature: 1, suppressTokens: [0, 3, 31, 32, 33, 66] },
    { temperature: 0, suppressTokens: Array.from({ length: 60 }, (_, id) => id) },
    { temperature: 1.5, topK: 9, minP: 0.02, suppressTokens: [5, 64, 65, 66] },
    { temperature: 0.9, presencePenalty: 0.8, frequencyPenalty: 0.5, topP: 0.95 },
    { temperature: 0, presencePenalty: 2, repetitionPenalty: 1.3, logitBias: [[3, 4] as const] },
    { temperature: 1, logitBias: [[7, 2.5] as const, [66, -30] as const], frequencyPenalty: -0.4 },
    { temperature: 2, allowedTokenIds: [1, 5, 31, 32, 63, 64, 66], suppressTokens: [5] },
  ])('equals a plain loop of full forward passes: %o', async (sampling) => {
    expectPlainLoop(await generate(sampling), opened.small!, { ...REQUEST, ...sampling });
  });

  test('equals the plain loop for other sizes and an own head', async () => {
    const spec = { ...randomSpec(WIDE), head: tf.randomNormal([130, 72], 0, 0.2, 'float32', 9) };
    const request = { ...REQUEST, prompts: [prompt(40, 130), prompt(3, 130)], seeds: [1, 2, 3, 4] };
    expectPlainLoop(await generate(request, spec), spec, request);
  });

  test.each<{ title: string; change: (layer: TensorLayer) => TensorLayer }>([
    { title: 'no norm of queries and keys', change: withoutNorms },
    { title: 'biases of queries, keys and values', change: withBiases },
    { title: 'biases and no norms, as Qwen2', change: (layer) => withBiases(withoutNorms(layer)) },
    { title: 'a norm of keys only', change: (layer) => ({ ...layer, qNorm: undefined }) },
    {
      title: 'rotary tables of their own, as without rotary positions',
      change: (layer) => ({
        ...layer,
        cos: tf.onesLike(layer.cos ?? opened.small!.cos),
        sin: tf.zerosLike(layer.sin ?? opened.small!.sin),
      }),
    },
    { title: 'a window of one token', change: (layer) => ({ ...layer, window: 1 }) },
    { title: 'a window within a page', change: (layer) => ({ ...layer, window: 9 }) },
    { title: 'a window of a page', change: (layer) => ({ ...layer, window: 16 }) },
    { title: 'a window over pages', change: (layer) => ({ ...layer, window: 35 }) },
    { title: 'a bias of values only', change: (layer) => ({ ...layer, vBias: bias(12, 3) }) },
  ])('equals the plain loop for layers with $title', async ({ change }) => {
    const small = opened.small!;
    const spec = { ...small, layers: small.layers.map(change) };
    const changed = await generate({}, spec);
    expectPlainLoop(changed, spec, REQUEST);
    const before = await generate({});
    expect(changed.map(({ logprobs }) => logprobs)).not.toEqual(before.map((c) => c.logprobs));
  });

  test('a sample is bitwise the same alone, in a group and in any batch', async () => {
    const all = await generate({});
    for (const [p, only] of PROMPTS.entries()) {
      const group = await generate({
        prompts: [only],
        seeds: [9, REQUEST.seeds[2 * p]!, 5, 6, 7],
        numGenerations: 5,
      });
      const alone = await generate({
        prompts: [only],
        seeds: [REQUEST.seeds[2 * p]!],
        numGenerations: 1,
      });
      expect(group[1]).toEqual(all[2 * p]);
      expect(alone[0]).toEqual(all[2 * p]);
    }
    const waves = await generate({ cacheBytes: 1 });
    expect(waves).toEqual(all);
  });

  test('is bitwise the same when others end early', async () => {
    const all = await generate({});
    const ended = await generate({ eosIds: [3, 20, 41, 50, 60] });
    expect(new Set(ended.map(({ ids }) => ids.length)).size).toBeGreaterThan(2);
    for (const [sample, { ids, logprobs, stop }] of ended.entries()) {
      expect(ids).toEqual(all[sample]!.ids.slice(0, ids.length));
      expect(logprobs).toEqual(all[sample]!.logprobs.slice(0, ids.length));
      expect(stop).toBe([3, 20, 41, 50, 60].includes(ids.at(-1)!) ? 'eos' : 'length');
    }
  });

  test('without filters both log-probs are the same bits; a suppressed id is never drawn', async () => {
    for (const { logprobs, behaviorLogprobs } of await generate({})) {
      expect(behaviorLogprobs).toEqual(logprobs);
    }
    const suppressTokens = Array.from({ length: 65 }, (_, id) => id); // leaves 65 and 66
    const few = await generate({ suppressTokens, temperature: 2 });
    expect(few.every(({ ids }) => ids.every((id) => id > 64))).toBe(true);
    const [only] = await generate({ suppressTokens: [...suppressTokens, 66], temperature: 2 });
    expect(only!.behaviorLogprobs).toEqual(new Float32Array(24));
    expect(only!.logprobs.every((logprob) => logprob < -0.1)).toBe(true);
  });

  test('shouldStop ends a sample after the token it saw last, and no other', async () => {
    const all = await generate({});
    const shouldStop = (ids: Int32Array) => ids.length % 3 === 0 && ids.at(-1)! > 30;
    for (const [sample, { ids, stop }] of (await generate({ shouldStop })).entries()) {
      expect(ids).toEqual(all[sample]!.ids.slice(0, ids.length));
      expect(stop).toBe(shouldStop(ids) ? 'stop' : 'length');
      expect(ids.length === 24 || stop === 'stop').toBe(true);
    }
    await expect(
      generate({
        shouldStop: () => {
          throw new Error('mine');
        },
      }),
    ).rejects.toThrow('mine');
  });

  test('samples more rows than one block of the prefill and of the products', async () => {
    const prompts = Array.from({ length: 11 }, (_, p) => prompt(20 + p, 67));
    const seeds = Array.from({ length: 110 }, (_, i) => i);
    const many = await generate({ prompts, seeds, numGenerations: 10, maxTokens: 4 });
    const one = await generate({
      prompts: [prompts[7]!],
      seeds: [73],
      numGenerations: 1,
      maxTokens: 4,
    });
    expect(many[73]).toEqual(one[0]);
  });

  test('leaves no tensor and no block behind, also when aborted', async () => {
    const before = [tf.memory().numTensors, opened.device!.memory().blocks];
    await generate({});
    const stop = new AbortController();
    const reason = new Error('enough');
    const onProgress = ({ tokens }: { tokens: number }) => {
      if (tokens >= 16) stop.abort(reason);
    };
    await expect(generate({ signal: stop.signal, onProgress })).rejects.toBe(reason);
    await expect(generate({ signal: stop.signal })).rejects.toBe(reason);
    expect([tf.memory().numTensors, opened.device!.memory().blocks]).toEqual(before);
  });

  test('reports progress and lets timers run', async () => {
    const seen: { tokens: number; done: number; total: number }[] = [];
    await generate({ onProgress: (progress) => seen.push(progress), eosIds: [3, 20, 41] });
    const finished = seen.at(-1)!;
    expect(finished).toMatchObject({ done: 8, total: 8 });
    expect(seen.every(({ tokens }, i) => i === 0 || tokens >= seen[i - 1]!.tokens)).toBe(true);
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('late')), 15);
    const long = {
      prompts: [prompt(8, 67)],
      seeds: Array.from({ length: 400 }, (_, i) => i),
      numGenerations: 400,
      maxTokens: 80,
    };
    await expect(generate({ ...long, signal: stop.signal })).rejects.toThrow('late');
  });

  test('of equal logits greedy takes the lowest id; NaN weights are an error', async () => {
    const flat = { ...opened.small!, head: tf.zerosLike(opened.small!.head) };
    const [first] = await generate({ temperature: 0 }, flat);
    expect(Array.from(first!.ids)).toEqual(new Array(24).fill(0));
    expect(first!.logprobs[0]).toBeCloseTo(-Math.log(67), 5);
    const broken = { ...opened.small!, norm: tf.fill([40], Number.NaN) };
    await expect(generate({}, broken)).rejects.toThrow('sample 0 of prompt 0 at token 0 are NaN');
  });
});

describe('createDecoder', () => {
  test('gives the same bits on 1 and 2 threads', async () => {
    const results: Completion[][] = [];
    for (const threads of [1, 2]) {
      const device = await openCpu({ threads });
      const decoder = createDecoder(randomSpec(SMALL));
      results.push(await decoder.generate(REQUEST));
      decoder.dispose();
      await expect(decoder.generate(REQUEST)).rejects.toThrow('was disposed');
      device.dispose();
    }
    expect(results[0]).toEqual(results[1]);
  });

  test('refuses what does not fit', async () => {
    const device = await openCpu({ threads: 1 });
    const spec = randomSpec(SMALL);
    const fails = (change: Partial<DecodeRequest>) =>
      expect(createDecoder(spec).generate({ ...REQUEST, ...change })).rejects;
    await fails({ prompts: [Int32Array.of()], numGenerations: 8 }).toThrowErrorMatchingSnapshot();
    await fails({ seeds: [1, 2, 3] }).toThrowErrorMatchingSnapshot();
    await fails({ maxTokens: 80 }).toThrowErrorMatchingSnapshot();
    await fails({
      prompts: [Int32Array.of(1, 67)],
      numGenerations: 8,
    }).toThrowErrorMatchingSnapshot();
    await fails({ eosIds: [-1] }).toThrowErrorMatchingSnapshot();
    await fails({ temperature: -1 }).toThrowErrorMatchingSnapshot();
    await fails({ topP: 0 }).toThrowErrorMatchingSnapshot();
    await fails({ maxTokens: 0 }).toThrowErrorMatchingSnapshot();
    await fails({ suppressTokens: [67] }).toThrow('suppressTokens[0] must be a token id below 67');
    const every = Array.from({ length: 67 }, (_, id) => id);
    await fails({ suppressTokens: every }).toThrow('leave an id to draw');
    expect(() => createDecoder({ ...spec, heads: 3 })).toThrowErrorMatchingSnapshot();
    expect(() => createDecoder({ ...spec, norm: tf.zeros([2]) })).toThrowErrorMatchingSnapshot();
    const layer = (change: object) => () =>
      createDecoder({ ...spec, layers: spec.layers.map((given) => ({ ...given, ...change })) });
    expect(layer({ qBias: tf.zeros([23]) })).toThrow(
      'createDecoder: layers[0].qBias must be float32 [24], got float32 [23].',
    );
    expect(layer({ cos: tf.zeros([96, 3]) })).toThrow(
      'createDecoder: layers[0].sin must be float32 [96,3], got none.',
    );
    expect(layer({ qbias: tf.zeros([24]) })).toThrow("'qbias'. Did you mean 'qBias'?");
    const experts = { count: 2, perToken: 3, isNormed: true, router: tf.zeros([2, 40]) };
    expect(layer({ experts })).toThrow('whole numbers with 1 <= perToken <= count, got 3 and 2.');
    const two = { ...experts, perToken: 1 };
    expect(layer({ experts: { ...two, router: tf.zeros([3, 40]) } })).toThrow(
      'layers[0].experts.router must be float32 [2,40]',
    );
    expect(layer({ experts: two })).toThrow('layers[0].down must be float32 [80,28]');
    const joined = { gate: tf.zeros([6, 40]), up: tf.zeros([6, 40]), down: tf.zeros([80, 3]) };
    const lora = (a: number) => ({
      gate: { a: tf.zeros([a, 40]), b: tf.zeros([6, 3]), rank: 3, scaling: 1 },
    });
    expect(layer({ ...joined, experts: two, lora: lora(3) })).toThrow(
      'layers[0].lora.gate.a must be float32 [6,40]', // of two experts
    );
    const onCpu = layer({ ...joined, experts: two, lora: lora(6) })();
    await expect(onCpu.generate(REQUEST)).rejects.toThrow(
      'does not sample from layers with experts',
    );
    expect(await createDecoder(spec).generate({ ...REQUEST, prompts: [], seeds: [] })).toEqual([]);
    await tf.setBackend('cpu');
    await fails({}).toThrowErrorMatchingSnapshot();
    device.dispose();
  });
});
