import { testedKernels } from '../backend/testedKernels.ts';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Completion } from '../backend/decodeJob.ts';
import type { LayerMatrix, LoraFactors } from '../backend/decoderWeights.ts';
import { type CpuDevice, openCpu } from '../index.ts';
import type { Weight } from '../weights/mappedTensor.ts';
import { narrow } from '../weights/narrow.ts';
import type { StoredDtype } from '../weights/storedDtype.ts';
import { storedTensor } from '../weights/storedTensor.ts';
import { widen } from '../weights/widen.ts';
import { createDecoder } from './createDecoder.ts';
import type { DecoderSpec } from './decoderSpec.ts';
import { PROMPTS, randomSpec, SMALL } from './randomDecoder.ts';

/** Sizes that the blocks of 32 divide; K of `down` ends within a panel. */
const BLOCKS = {
  hidden: 64,
  heads: 4,
  kvHeads: 2,
  headDim: 16,
  intermediate: 352,
  vocabulary: 67,
};
const MATRICES: readonly LayerMatrix[] = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'];

/** The decoder with each matrix replaced. */
function replaced(spec: DecoderSpec, change: (weight: tf.Tensor, name: string) => Weight) {
  const layers = spec.layers.map((layer) => ({
    ...layer,
    ...Object.fromEntries(MATRICES.map((name) => [name, change(layer[name] as tf.Tensor, name)])),
  }));
  const head = change(spec.head as tf.Tensor, 'head');
  return { ...spec, layers, embed: head, head };
}

const bytesOf = (weight: tf.Tensor, dtype: StoredDtype) =>
  narrow(weight.dataSync() as Float32Array, dtype);
const asStored = (weight: tf.Tensor, dtype: StoredDtype): Weight =>
  storedTensor(bytesOf(weight, dtype), { shape: weight.shape, dtype });
const asTensor = (weight: tf.Tensor, dtype: StoredDtype): Weight =>
  tf.tensor(widen(bytesOf(weight, dtype), dtype), weight.shape, 'float32');

async function sampled(spec: DecoderSpec, only?: number): Promise<Completion[]> {
  const decoder = createDecoder(spec);
  const prompts = only === undefined ? PROMPTS : [PROMPTS[only]!];
  const numGenerations = only === undefined ? 5 : 1;
  const seeds = Array.from({ length: 5 * PROMPTS.length }, (_, sample) => sample);
  const some = only === undefined ? seeds : [5 * only];
  const completions = await decoder.generate({
    ...{ prompts, numGenerations, maxTokens: 6, temperature: 1, seeds: some, eosIds: [] },
  });
  decoder.dispose();
  return completions;
}

describe.each(testedKernels)('weights of other types, %s kernels', (kernels) => {
  let device: CpuDevice;
  beforeAll(async () => {
    device = await openCpu({ kernels, threads: 2 });
  });
  afterAll(() => device.dispose());

  test.each<[StoredDtype, typeof SMALL]>([
    ['f32', BLOCKS],
    ['bf16', BLOCKS],
    ['f16', BLOCKS],
    ['q8_0', BLOCKS],
    ['q4_0', BLOCKS],
    ['q4_1', BLOCKS],
    ['f32', SMALL],
    ['bf16', SMALL],
    ['f16', SMALL],
  ])('%s: the bits of the same numbers in f32, alone and in a batch', async (dtype, size) => {
    const spec = randomSpec(size);
    const stored = replaced(spec, (weight) => asStored(weight, dtype));
    const many = await sampled(stored);
    expect(many).toEqual(await sampled(replaced(spec, (weight) => asTensor(weight, dtype))));
    expect((await sampled(stored, 2))[0]).toEqual(many[10]);
  });

  test('a model may mix types, also in one product', async () => {
    const spec = randomSpec(BLOCKS);
    const types: Record<string, StoredDtype> = { q: 'q8_0', k: 'f32', v: 'q4_1', up: 'bf16' };
    const of = (name: string): StoredDtype => types[name] ?? 'f16';
    const mixed = await sampled(replaced(spec, (weight, name) => asStored(weight, of(name))));
    expect(mixed).toEqual(
      await sampled(replaced(spec, (weight, name) => asTensor(weight, of(name)))),
    );
  });

  test('adapters: what the sum of the matrices gives, to rounding; the same alone', async () => {
    const spec = randomSpec(SMALL);
    const ranks: Partial<Record<LayerMatrix, number>> = { q: 3, v: 16, o: 8, up: 5, down: 1 };
    let seed = 100;
    const factors = (weight: tf.Tensor, rank: number): LoraFactors => {
      const [outputs = 0, inputs = 0] = weight.shape;
      const normal = (shape: number[]) => tf.randomNormal(shape, 0, 0.2, 'float32', ++seed);
      const lengths = rank % 2 === 1 ? tf.add(normal([outputs]), 1) : undefined; // DoRA
      return { a: normal([rank, inputs]), b: normal([outputs, rank]), rank, scaling: 1.5, lengths };
    };
    const adapted = spec.layers.map((layer) => {
      const entries = Object.entries(ranks).map(([name, rank]) => [
        name,
        factors(layer[name as LayerMatrix] as tf.Tensor, rank),
      ]);
      return { ...layer, lora: Object.fromEntries(entries) };
    });
    const merged = adapted.map(({ lora, ...layer }) => ({
      ...layer,
      ...Object.fromEntries(
        Object.entries<LoraFactors>(lora).map(
          ([name, { a, b, scaling, lengths = tf.scalar(1) }]) => [
            name,
            tf.mul(
              tf.add(layer[name as LayerMatrix] as tf.Tensor, tf.mul(tf.matMul(b, a), scaling)),
              tf.reshape(lengths, [-1, 1]),
            ),
          ],
        ),
      ),
    }));
    const actual = await sampled({ ...spec, layers: adapted });
    const expected = await sampled({ ...spec, layers: merged });
    for (const [sample, { ids, logprobs }] of actual.entries()) {
      expect(ids).toEqual(expected[sample]!.ids);
      for (const [i, logprob] of logprobs.entries())
        expect(Math.abs(logprob - expected[sample]!.logprobs[i]!)).toBeLessThan(2e-5);
    }
    expect(actual[0]!.logprobs).not.toEqual((await sampled(spec))[0]!.logprobs);
    expect((await sampled({ ...spec, layers: adapted }, 1))[0]).toEqual(actual[5]);
  });
});

test('adapters that do not fit are refused by name', async () => {
  const device = await openCpu({ threads: 1 });
  const spec = randomSpec(SMALL);
  const withLora = (lora: object) => () =>
    createDecoder({ ...spec, layers: spec.layers.map((layer) => ({ ...layer, lora })) });
  const good = { a: tf.zeros([2, 40]), b: tf.zeros([24, 2]), rank: 2, scaling: 1 };
  expect(withLora({ q: good })).not.toThrow();
  expect(withLora({ q: { ...good, rank: 3 } })).toThrow(
    'createDecoder: layers[0].lora.q.a must be float32 [3,40], got float32 [2,40].',
  );
  expect(withLora({ q: { ...good, scaling: Number.NaN } })).toThrow('finite scaling');
  expect(withLora({ embed: good })).toThrow("'embed'");
  device.dispose();
});
