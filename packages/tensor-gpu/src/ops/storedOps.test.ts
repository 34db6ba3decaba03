import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testedKernels } from '../backend/testedKernels.ts';
import { checkFusedOp } from '../fused/checkFusedOp.ts';
import { type CpuDevice, openCpu, record, weightTensor } from '../index.ts';
import { narrow } from '../weights/narrow.ts';
import { STORED_DTYPES, type StoredDtype } from '../weights/storedDtype.ts';
import { storedTensor } from '../weights/storedTensor.ts';
import { embedding, embeddingStored } from './embedding.ts';
import { linear, linearStored } from './linear.ts';
import { lmHead, lmHeadKlStored, lmHeadStored } from './lmHead.ts';

const DTYPES = Object.keys(STORED_DTYPES) as StoredDtype[];
const SHAPES = [[1], [3, 257], [2, 5, 64], [40, 96]];

/** A frozen weight and the same values as a tensor of the heap. */
function weights(dtype: StoredDtype, shape: [number, number], seed: number) {
  const drawn = tf.randomNormal(shape, 0, 1, 'float32', seed);
  const frozen = storedTensor(narrow(drawn.dataSync<'float32'>(), dtype), { shape, dtype });
  drawn.dispose();
  return { frozen, heap: tf.tensor2d(frozen.dataSync(), shape) };
}

/** As text: a comparison of long arrays, element by element, would take the time of the test. */
const bits = (tensor: tf.Tensor): string =>
  Buffer.from(tensor.dataSync<'float32'>().slice().buffer).toString('base64');

/** Value and gradient of x, as bits. */
function bitsOf(x: tf.Tensor, dy: tf.Tensor, forward: () => tf.Tensor): string[] {
  const { value, tape } = record(forward);
  const { x: dx } = tape.backward([[value, dy]], { x });
  const both = [bits(value), bits(dx)];
  tf.dispose([value, dx]);
  return both;
}

describe.each(testedKernels)('frozen weights, %s', (kernels) => {
  let device: CpuDevice;
  beforeAll(async () => {
    device = await openCpu({ kernels, threads: 2 });
  });
  afterAll(() => device.dispose());

  test.each(DTYPES)('ops on %s equal their references, and so do the gradients', async (dtype) => {
    for (const { byDtype } of [linearStored, embeddingStored, lmHeadStored, lmHeadKlStored]) {
      const check = await checkFusedOp(byDtype[dtype], { shapes: SHAPES, seed: 3 });
      expect(check).toMatchObject({ ok: true, fused: true });
      expect(check.op).toContain(`(${dtype})`);
    }
  });

  // rows: dot products, in place, packed; widths: tails of vectors and of the blocks of K
  test.each(DTYPES)('linear on %s has the bits of the widened matrix', (dtype) => {
    const block = STORED_DTYPES[dtype].elements;
    const widths = block > 1 ? [32, 288] : [1, 33, 300];
    for (const width of widths) {
      for (const outputs of [1, 70]) {
        const { frozen, heap } = weights(dtype, [outputs, width], 5);
        for (const rows of [1, 8, 13, 200]) {
          tf.tidy(() => {
            const x = tf.randomNormal([rows, width], 0, 1, 'float32', 6);
            const dy = tf.randomNormal([rows, outputs], 0, 1, 'float32', 7);
            expect(bitsOf(x, dy, () => linear(x, frozen))).toEqual(
              bitsOf(x, dy, () => linear(x, heap)),
            );
          });
        }
        frozen.dispose();
        heap.dispose();
      }
    }
  });

  test.each(DTYPES)('embedding and lmHead on %s have the bits of the widened matrix', (dtype) => {
    const { frozen, heap } = weights(dtype, [5000, 64], 8); // more than one tile of the vocabulary
    tf.tidy(() => {
      const ids = tf.tensor1d([4999, 0, 17, 17], 'int32');
      expect(bits(embedding(frozen, ids))).toEqual(bits(embedding(heap, ids)));
      const hidden = tf.randomNormal([4, 64], 0, 0.2, 'float32', 9);
      const base = tf.randomNormal([4, 64], 0, 0.2, 'float32', 10);
      const dy = tf.randomNormal([4], 0, 1, 'float32', 11);
      for (const direction of ['reverse', 'forward'] as const) {
        const scored = (weight: typeof frozen | tf.Tensor2D, refWeight: typeof weight) => () => {
          const ref = { hidden: base, weight: refWeight };
          const { logprobs, entropy, kl } = lmHead(hidden, weight, ids, {
            ref,
            direction,
            entropy: true,
          });
          return tf.addN([logprobs, entropy!, kl!]);
        };
        const expected = bitsOf(hidden, dy, scored(heap, heap));
        expect(bitsOf(hidden, dy, scored(frozen, frozen))).toEqual(expected);
        expect(bitsOf(hidden, dy, scored(heap, frozen))).toEqual(expected); // trained against a frozen base
      }
      const plain = (weight: typeof frozen | tf.Tensor2D) => () =>
        lmHead(hidden, weight, ids).logprobs;
      expect(bitsOf(hidden, dy, plain(frozen))).toEqual(bitsOf(hidden, dy, plain(heap)));
    });
    frozen.dispose();
    heap.dispose();
  });

  test('the gradient of x agrees with finite differences', () => {
    const { frozen, heap } = weights('q4_1', [3, 32], 12);
    tf.tidy(() => {
      const x = tf.randomNormal([2, 32], 0, 1, 'float32', 13);
      const loss = (values: Float32Array) =>
        tf.sum(tf.square(linear(tf.tensor2d(values, [2, 32]), frozen))).dataSync()[0]!;
      const { value, tape } = record(() => tf.sum(tf.square(linear(x, frozen))));
      const dx = tape.backward([[value, tf.scalar(1)]], { x }).x.dataSync();
      for (const at of [0, 31, 45]) {
        const [up, down] = [1e-2, -1e-2].map((step) =>
          loss(x.dataSync<'float32'>().map((v, i) => (i === at ? v + step : v))),
        );
        expect((up! - down!) / 2e-2 / dx[at]!).toBeCloseTo(1, 2);
      }
    });
    frozen.dispose();
    heap.dispose();
  });

  test('a trained matrix beside a frozen one gets its gradient, the frozen one none', () => {
    const { frozen, heap } = weights('bf16', [4, 6], 14);
    tf.tidy(() => {
      const down = tf.randomNormal([6, 5], 0, 1, 'float32', 15);
      const x = tf.randomNormal([7, 5], 0, 1, 'float32', 16);
      const run = (weight: typeof frozen | tf.Tensor2D) => {
        const { value, tape } = record(() => linear(linear(x, down), weight));
        return bits(tape.backward([[value, tf.onesLike(value)]], { down }).down);
      };
      expect(run(frozen)).toEqual(run(heap));
    });
    frozen.dispose();
    heap.dispose();
  });

  test('a tape recorded before dispose still walks back; new uses are refused', () => {
    const { frozen, heap } = weights('bf16', [4, 6], 17);
    const before = tf.memory().numTensors;
    const x = tf.ones([2, 6]);
    const { value, tape } = record(() => linear(x, frozen));
    frozen.dispose();
    const { x: dx } = tape.backward([[value, tf.onesLike(value)]], { x });
    expect(dx.dataSync()[0]).toBeCloseTo(tf.sum(tf.slice(heap, [0, 0], [4, 1])).dataSync()[0]!, 5);
    expect(() => linear(x, frozen)).toThrow(/the weight \[4,6\] of memory was disposed/);
    tf.dispose([x, value, dx]);
    expect(tf.memory().numTensors).toBeLessThanOrEqual(before + 4);
    heap.dispose();
  });

  test('is a tensor to any other op, and leaves no copy behind', async () => {
    const { frozen, heap } = weights('q8_0', [3, 32], 22);
    const tensor = weightTensor(frozen);
    const used = device.memory().inUse;
    tf.tidy(() => {
      expect(bits(tf.add(tf.square(tensor), tensor))).toEqual(bits(tf.add(tf.square(heap), heap)));
      expect(bits(tf.matMul(tensor, heap, false, true))).toEqual(
        bits(tf.matMul(heap, heap, false, true)),
      );
      expect(bits(tensor)).toEqual(bits(heap));
      expect(bits(linear(heap, tensor))).toEqual(bits(linear(heap, frozen)));
    });
    await Promise.resolve();
    expect(device.memory().inUse).toBe(used);
    frozen.dispose();
    expect(tensor.isDisposed).toBe(true);
    heap.dispose();
  });

  test('refuses a frozen weight that lies the other way round', () => {
    const { frozen, heap } = weights('f32', [3, 4], 18);
    expect(() => linear(tf.ones([2, 3]), frozen)).toThrow(/\[outputs, 3\].*got \[3,4\]/);
    tf.dispose(heap);
    frozen.dispose();
  });
});

test('one thread and two give the same bits', async () => {
  const run = async (threads: number) => {
    const device = await openCpu({ threads });
    const { frozen } = weights('bf16', [700, 300], 19);
    const x = tf.randomNormal([150, 300], 0, 1, 'float32', 20);
    const dy = tf.randomNormal([150, 700], 0, 1, 'float32', 21);
    const result = bitsOf(x, dy, () => linear(x, frozen));
    device.dispose();
    frozen.dispose();
    return result;
  };
  expect(await run(2)).toEqual(await run(1));
});

test('on a back end of others the values are copied there, and all still fits', async () => {
  await import('@tensorflow/tfjs-backend-cpu');
  await tf.setBackend('cpu');
  const frozen = storedTensor(Float32Array.of(3, 4, 5, 6), { shape: [2, 2], dtype: 'f32' });
  const x = tf.tensor2d([[1, 2]]);
  expect([...linear(x, frozen).dataSync()]).toEqual([11, 17]);
  const before = tf.memory().numTensors;
  tf.dispose(tf.tidy(() => linear(x, frozen)));
  expect(tf.memory().numTensors).toBe(before);
  frozen.dispose();
});
