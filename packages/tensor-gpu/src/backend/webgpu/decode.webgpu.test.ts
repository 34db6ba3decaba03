import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { createDecoder } from '../../decode/createDecoder.ts';
import type { DecodeRequest } from '../../decode/decodeRequest.ts';
import type { DecoderSpec } from '../../decode/decoderSpec.ts';
import {
  PROMPTS,
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

type Sampled = Record<string, Completion[]>;
const sampled = {} as Record<DeviceName, Sampled & { counts?: number }>;

let drawnAtEnds: number[] = [];

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
      if (kind === 'plain')
        results['in waves of three'] = await decoder.generate({ ...REQUEST, maxRows: 3 });
      decoder.dispose();
    }
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
      drawnAtEnds = await drawAtEnds();
    }
    sampled[name] = results;
    device.dispose();
  }
});

test.each([
  ...Object.keys(REQUESTS).map((title) => `plain, ${title}`),
  ...['dressed, the model’s own distribution', 'frozen, the model’s own distribution'],
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
