import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { createDecoder, type Decoder } from '../../decode/createDecoder.ts';
import type { DecodeRequest } from '../../decode/decodeRequest.ts';
import type { DecoderSpec } from '../../decode/decoderSpec.ts';
import {
  PROMPTS,
  prompt,
  randomSpec,
  SMALL,
  type TensorLayer,
  type TensorSpec,
} from '../../decode/randomDecoder.ts';
import { DEVICES, type DeviceName, openDevice } from '../../devices/openDevice.ts';
import { narrow } from '../../weights/narrow.ts';
import type { StoredDtype } from '../../weights/storedDtype.ts';
import { storedTensor } from '../../weights/storedTensor.ts';
import type { Completion } from '../decodeJob.ts';
import { CACHE_DTYPES, type CacheDtype, createKvCache } from '../kvCache.ts';
import { DRAWN_WORDS, drawTokens } from './decode/decodePrograms.ts';
import type { WebGpuBackend } from './engine/webGpuBackend.ts';

const REQUEST: DecodeRequest = {
  prompts: PROMPTS,
  numGenerations: 2,
  maxTokens: 20,
  temperature: 0.9,
  seeds: PROMPTS.flatMap((_, k) => [2 * k, 2 * k + 1]),
  eosIds: [3],
};
const REQUESTS: Record<string, DecodeRequest> = {
  'the model’s own distribution': REQUEST,
  greedy: { ...REQUEST, temperature: 0 },
  filters: { ...REQUEST, topK: 20, topP: 0.9, minP: 0.02, returnSamplingMask: true },
  'penalties and most probable ids': {
    ...REQUEST,
    ...{ repetitionPenalty: 1.2, presencePenalty: 0.3, frequencyPenalty: 0.1, topLogprobs: 3 },
  },
  'biases and suppressed ids': { ...REQUEST, logitBias: [[5, 2]], suppressTokens: [7, 8] },
};

/** With what a layer may have: biases, an adapter, an adapter of a given length. */
function dressed(spec: TensorSpec): TensorSpec {
  const normal = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 0.3, 'float32', seed);
  const { hidden, heads, kvHeads, headDim } = SMALL;
  const factors = (out: number, seed: number) => ({
    ...{ a: normal([2, hidden], seed), b: normal([out, 2], seed + 1), rank: 2, scaling: 0.5 },
  });
  const [first, second] = spec.layers as [
    TensorSpec['layers'][number],
    TensorSpec['layers'][number],
  ];
  return {
    ...spec,
    layers: [
      {
        ...first,
        qBias: normal([heads * headDim], 50),
        lora: {
          q: factors(heads * headDim, 60),
          v: { ...factors(kvHeads * headDim, 62), lengths: normal([kvHeads * headDim], 64) },
        },
      },
      { ...second, qNorm: undefined, kNorm: undefined },
    ],
  };
}

/** With a window in each layer, the second longer than a page. */
const windowed = (spec: TensorSpec): TensorSpec => ({
  ...spec,
  layers: (spec.layers as TensorLayer[]).map((layer, k) => ({ ...layer, window: [5, 21][k] })),
});
/** So long that a window leaves whole blocks of the kernel out. */
const LONG = { ...REQUEST, prompts: [prompt(74, 67), prompt(20, 67)], seeds: [1, 2, 3, 4] };

/** A model whose matrices are frozen, each of another type. */
async function frozen(): Promise<DecoderSpec> {
  const spec = randomSpec({ ...SMALL, hidden: 64, headDim: 16, intermediate: 352 }); // widths of blocks
  const stored = async (weight: tf.Tensor, dtype: StoredDtype) =>
    storedTensor(narrow(await weight.data<'float32'>(), dtype), { shape: weight.shape, dtype });
  const types = { q: 'bf16', k: 'f16', v: 'q8_0', o: 'q4_0', gate: 'q4_1', up: 'q8_0' } as const;
  const layers = (spec.layers as TensorLayer[]).map(async (layer) => ({
    ...layer,
    ...Object.fromEntries(
      await Promise.all(
        Object.entries(types).map(async ([name, dtype]) => [
          name,
          await stored(layer[name as keyof typeof types], dtype), // its keys
        ]),
      ),
    ),
  }));
  const head = await stored(spec.embed, 'bf16');
  return { ...spec, layers: await Promise.all(layers), embed: head, head };
}

/** A conversation whose turns end in what was said and three more tokens, with a cache that is kept, and without. */
async function converse({ generate }: Decoder, dtype: CacheDtype) {
  const cache = createKvCache({ dtype });
  let transcript = Array.from(prompt(30, 67));
  const turns: Completion[][] = [];
  for (let turn = 0; turn < 3; turn++) {
    const request = { ...REQUEST, prompts: [Int32Array.from(transcript)], maxTokens: 7 };
    const group = { ...request, seeds: [turn, turn + 10] };
    const kept = await generate({ ...group, cache });
    turns.push(kept, await generate({ ...group, cacheDtype: dtype }));
    transcript = [...transcript, ...kept[0]!.ids, 7, 8, turn];
  }
  const usage = cache.usage();
  cache.dispose();
  return { turns, usage };
}

/** Two jobs at once with a cache that has no room for both, and each alone. */
async function share({ generate }: Decoder) {
  const jobs = [0, 1].map((k) => ({ ...REQUEST, prompts: PROMPTS.slice(2 * k, 2 * k + 2) }));
  const requests = jobs.map((job, k) => ({ ...job, seeds: [k, 2, 3, 4] }));
  const cache = createKvCache({ maxBytes: 40_000 });
  const together = await Promise.all(requests.map((request) => generate({ ...request, cache })));
  const { bytes } = cache.usage();
  cache.dispose();
  const alone = await Promise.all(requests.map((request) => generate(request)));
  return { together, alone, bytes };
}

/** The most probable ids after each prompt, with keys and values of a type. */
async function topOf({ generate }: Decoder, cacheDtype: CacheDtype) {
  const one = { numGenerations: 1, maxTokens: 1, topLogprobs: 20, seeds: PROMPTS.map(() => 1) };
  const told = await generate({ ...REQUEST, ...one, cacheDtype });
  return told.map(({ topLogprobs }) => new Map(topLogprobs![0]!.map((t) => [t.id, t.logprob])));
}

const CACHED = async (decoder: Decoder) => ({
  talks: {
    f32: await converse(decoder, 'f32'),
    bf16: await converse(decoder, 'bf16'),
    int8: await converse(decoder, 'int8'),
  },
  shared: await share(decoder),
  tops: {
    f32: await topOf(decoder, 'f32'),
    bf16: await topOf(decoder, 'bf16'),
    int8: await topOf(decoder, 'int8'),
  },
});
const cached = {} as Record<DeviceName, Awaited<ReturnType<typeof CACHED>>>;

type Sampled = Record<string, Completion[]>;
const sampled = {} as Record<DeviceName, Sampled & { counts?: number }>;

let drawnAtEnds: number[] = [];
/** Bytes in use before a call with a cache, after it, and once the cache is cleared. */
let keptBytes: number[] = [];

/** What is drawn at 0 and at 1, which is what a number just below it is in f32; the last logits weigh nothing. */
async function drawAtEnds(): Promise<number[]> {
  const backend = tf.backend() as WebGpuBackend; // the one that is open
  const [logits, uniforms, drawn] = [
    backend.makeTensorInfo([2, 5], 'float32', Float32Array.of(...row, ...row)),
    backend.makeTensorInfo([2], 'float32', Float32Array.of(0, 1)),
    backend.output([2, DRAWN_WORDS], 'int32'),
  ];
  backend.run(drawTokens, {
    tensors: { logits, uniforms, drawn },
    params: { vocabulary: row.length, temperature: 1 },
    blocks: 2,
  });
  const words = (await backend.read(drawn.dataId)) as Int32Array; // as it was made
  for (const { dataId } of [logits, uniforms, drawn]) backend.disposeData(dataId);
  return [words[0]!, words[DRAWN_WORDS]!];
}
const row = [-1e4, 0.5, 1, 0.2, -1e4];

beforeAll(async () => {
  for (const name of DEVICES) {
    const device = await openDevice(name);
    const spec = randomSpec(SMALL);
    const results: Sampled = {};
    const models = { plain: spec, dressed: dressed(spec), frozen: await frozen() };
    for (const [kind, model] of Object.entries(models)) {
      const decoder = createDecoder(model);
      for (const [title, request] of Object.entries(REQUESTS))
        if (kind === 'plain' || request === REQUEST)
          results[`${kind}, ${title}`] = await decoder.generate(request);
      if (kind === 'plain') {
        results['in waves of three'] = await decoder.generate({ ...REQUEST, maxRows: 3 });
        cached[name] = await CACHED(decoder);
      }
      decoder.dispose();
    }
    results['with windows'] = await createDecoder(windowed(spec)).generate(LONG);
    if (name === 'webgpu' && 'counts' in device) {
      const decoder = createDecoder(spec);
      const before = device.counts();
      const inUse = device.memory().inUse;
      await decoder.generate({ ...REQUEST, prompts: [PROMPTS[2]!], seeds: [1, 2], eosIds: [] });
      const after = device.counts();
      // one for each token
      expect(after.submissions - before.submissions).toBe(REQUEST.maxTokens);
      expect(after.readBacks - before.readBacks).toBe(REQUEST.maxTokens);
      expect(after.bytesRead - before.bytesRead).toBe(REQUEST.maxTokens * 2 * 8);
      expect(device.memory().inUse).toBe(inUse);
      const cache = createKvCache();
      await decoder.generate({ ...REQUEST, cache });
      keptBytes = [inUse, device.memory().inUse];
      cache.clear();
      keptBytes.push(device.memory().inUse);
      drawnAtEnds = await drawAtEnds();
    }
    sampled[name] = results;
    device.dispose();
  }
});

test.each([
  ...Object.keys(REQUESTS).map((title) => `plain, ${title}`),
  ...['dressed, the model’s own distribution', 'frozen, the model’s own distribution'],
  'with windows',
])('%s: the tokens of the CPU, log-probs within 1e-5', (title) => {
  const onCpu = sampled.cpu[title]!;
  for (const [k, completion] of sampled.webgpu[title]!.entries()) {
    const expected = onCpu[k]!;
    expect([...completion.ids]).toEqual([...expected.ids]);
    expect(completion.stop).toBe(expected.stop);
    for (const name of ['logprobs', 'behaviorLogprobs'] as const)
      for (const [t, logprob] of expected[name].entries())
        expect(Math.abs(completion[name][t]! - logprob), `${name} ${t}`).toBeLessThan(1e-5);
    expect(completion.samplingMask).toEqual(expected.samplingMask);
    expect(completion.topLogprobs?.map((top) => top.map(({ id }) => id))).toEqual(
      expected.topLogprobs?.map((top) => top.map(({ id }) => id)),
    );
  }
});

test('no id without weight is drawn, at the ends of the random numbers either', () => {
  expect(drawnAtEnds).toEqual([1, 3]);
});

test('what a sample gets does not depend on those beside it', () => {
  expect(sampled.webgpu['in waves of three']).toEqual(
    sampled.webgpu['plain, the model’s own distribution'],
  );
});

test.each(CACHE_DTYPES)(
  'a %s cache that is kept: the tokens of one that is not, and the computed tokens of the CPU',
  (dtype) => {
    const { turns, usage } = cached.webgpu.talks[dtype];
    for (let turn = 0; turn < turns.length; turn += 2) expect(turns[turn]).toEqual(turns[turn + 1]);
    expect(usage.reused).toBeGreaterThan(2 * 37);
    if (dtype !== 'f32') return;
    const { computed, reused } = cached.cpu.talks.f32.usage;
    expect({ computed: usage.computed, reused: usage.reused }).toEqual({ computed, reused });
  },
);

test('a cache that is cleared gives its memory back', () => {
  const [before, kept, cleared] = keptBytes;
  expect(kept).toBeGreaterThan(before!);
  expect(cleared).toBe(before);
});

test('narrow caches are smaller', () => {
  const { f32, bf16, int8 } = cached.webgpu.talks;
  expect(bf16.usage.bytes / f32.usage.bytes).toBe(0.5);
  expect(int8.usage.bytes / f32.usage.bytes).toBe(0.5); // heads of 6: two words of bytes and a scale instead of six
});

test('jobs that share a cache too small for both wait for each other: the same bits', () => {
  const { together, alone, bytes } = cached.webgpu.shared;
  expect(together).toEqual(alone);
  expect(bytes).toBeLessThanOrEqual(40_000);
  expect(bytes).toBeGreaterThan(0);
});

test.each([
  ['bf16', 0.03],
  ['int8', 0.06],
] as const)('a %s cache changes log-probs by little, as on the CPU', (dtype, most) => {
  const gaps = (a: Map<number, number>[], b: Map<number, number>[]) =>
    a.flatMap((told, k) =>
      [...told.entries()]
        .slice(0, 10)
        .map(([id, logprob]) => Math.abs(logprob - (b[k]!.get(id) ?? Number.NaN))),
    );
  const toExact = Math.max(...gaps(cached.webgpu.tops.f32, cached.webgpu.tops[dtype]));
  expect(toExact).toBeGreaterThan(0);
  expect(toExact).toBeLessThan(most);
  // a number that lies between two may be rounded to either
  expect(Math.max(...gaps(cached.webgpu.tops[dtype], cached.cpu.tops[dtype]))).toBeLessThan(
    most / 4,
  );
});
