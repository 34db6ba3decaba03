import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEVICES, openDevice } from '../../devices/openDevice.ts';
import { checkExample, relativeError } from '../../fused/checkExample.ts';
import { fusedOps } from '../../ops/fusedOps.ts';
import { linear } from '../../ops/linear.ts';
import { narrow } from '../../weights/narrow.ts';
import { STORED_DTYPES, type StoredDtype } from '../../weights/storedDtype.ts';
import { storedTensor } from '../../weights/storedTensor.ts';
import { fusedKernels } from './kernels/fusedKernels.ts';

const OPS = fusedOps.filter(
  ({ definition: { name, variant } }) =>
    variant === undefined && fusedKernels.some((kernel) => kernel.name === name),
);
const SHAPES = {
  one: [1],
  odd: [3, 37],
  'several axes': [2, 5, 16],
  large: [260, 64],
  empty: [0, 8],
};
const CASES = OPS.flatMap((op) =>
  Object.entries(SHAPES).map(([size, shape]) => ({
    op,
    shape,
    title: `${op.definition.name}, ${size}`,
  })),
);

/** Of each case: value and gradients of its reference on the CPU. */
const expected = new Map<string, Float32Array[]>();

beforeAll(async () => {
  const device = await openDevice('cpu', { threads: 1 });
  for (const { op, shape, title } of CASES) {
    const values = checkExample(op.definition, shape, 5).map(({ fused, reference }) => {
      const copy = reference.dataSync<'float32'>().slice();
      tf.dispose([fused, reference]);
      return copy;
    });
    expected.set(title, values);
  }
  device.dispose();
});

describe.each(DEVICES)('fused ops on %s', (name) => {
  let device: Awaited<ReturnType<typeof openDevice>>;
  beforeAll(async () => {
    device = await openDevice(name);
  });
  afterAll(() => device.dispose());

  test.each(CASES)(
    '$title: value and gradients equal the reference on the CPU',
    async ({ op, shape, title }) => {
      const before = tf.memory().numTensors;
      const checked = checkExample(op.definition, shape, 5);
      for (const [k, { what, fused, reference }] of checked.entries()) {
        const [value, ownReference] = await Promise.all([fused.data(), reference.data()]);
        const { tolerance } = op.definition;
        expect(relativeError(value, expected.get(title)![k]!), what).toBeLessThanOrEqual(tolerance);
        expect(
          relativeError(ownReference, expected.get(title)![k]!),
          `reference of ${what}`,
        ).toBeLessThanOrEqual(tolerance);
        tf.dispose([fused, reference]);
      }
      expect(tf.memory().numTensors).toBe(before);
    },
  );
});

test('frozen weights of every type give what they give on the CPU', async () => {
  const draw = (rows: number, seed: number) =>
    Float32Array.from({ length: rows * 256 }, (_, i) => Math.sin(seed + 1.3 * i));
  const products: Float32Array[][] = [];
  for (const name of DEVICES) {
    const device = await openDevice(name);
    const x = tf.tensor2d(draw(3, 2), [3, 256]);
    const results = Object.keys(STORED_DTYPES).map((key) => {
      const dtype = key as StoredDtype; // keys of STORED_DTYPES
      const weight = storedTensor(narrow(draw(6, 1), dtype), { shape: [6, 256], dtype });
      return linear(x, weight).data<'float32'>();
    });
    products.push((await Promise.all(results)).map((values) => values.slice()));
    device.dispose();
  }
  const [onCpu, onGpu] = products;
  for (const [k, values] of onGpu!.entries())
    expect(relativeError(values, onCpu![k]!)).toBeLessThan(1e-4);
});
