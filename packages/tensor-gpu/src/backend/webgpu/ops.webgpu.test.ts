import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEVICES, openDevice } from '../../devices/openDevice.ts';
import { checkExample, relativeError } from '../../fused/checkExample.ts';
import { attentionOp } from '../../ops/attention.ts';
import { fusedOps } from '../../ops/fusedOps.ts';
import { linear } from '../../ops/linear.ts';
import { routeExperts } from '../../ops/routeExperts.ts';
import { narrow } from '../../weights/narrow.ts';
import { STORED_DTYPES, type StoredDtype } from '../../weights/storedDtype.ts';
import { storedTensor } from '../../weights/storedTensor.ts';
import { gpuOps } from './kernels/gpuOps.ts';

const OPS = fusedOps.filter(
  ({ definition: { name, variant } }) =>
    variant === undefined && gpuOps.some((kernel) => kernel.name === name),
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

const TIME = 150;
/** Which tokens see each other, over several blocks of the kernels. */
const ATTENTION: Record<
  string,
  { segments: (i: number) => number; causal?: boolean; tree?: boolean }
> = {
  'packed, padding behind': { segments: (i: number) => (i > 140 ? -1 : Math.floor(i / 47)) },
  'packed, not causal': { segments: (i: number) => Math.floor(i / 70), causal: false },
  'a tree: a prompt and its completions': {
    segments: (i: number) => (i < 80 ? TIME : Math.min(TIME, 80 + 23 * Math.ceil((i - 79) / 23))),
    tree: true,
  },
  'a tree of three levels, single tokens, padding behind': {
    segments: (i: number) => {
      if (i >= 123) return i % 2 ? 0 : i;
      if (i < 3) return 123;
      return (i - 3) % 60 < 40 ? 63 + 60 * Math.floor((i - 3) / 60) : i + 1;
    },
    tree: true,
  },
};

/** A product with a frozen weight of each type. */
function frozenProducts(): tf.Tensor[] {
  const draw = (rows: number, seed: number) =>
    Float32Array.from({ length: rows * 256 }, (_, i) => Math.sin(seed + 1.3 * i));
  const x = tf.tensor2d(draw(3, 2), [3, 256]);
  return Object.keys(STORED_DTYPES).map((key) => {
    const dtype = key as StoredDtype; // keys of STORED_DTYPES
    return linear(x, storedTensor(narrow(draw(6, 1), dtype), { shape: [6, 256], dtype }));
  });
}

/** Routes of 150 tokens among 7 experts, some of whose probabilities are equal. */
function route(): tf.Tensor[] {
  const logits = Float32Array.from({ length: 150 * 7 }, (_, i) =>
    Math.round(3 * Math.sin(1.3 * i)),
  );
  return Object.values(routeExperts(tf.tensor2d(logits, [150, 7]), 3));
}

/** Of each case: value and gradients of its reference on the CPU; and the products with frozen weights. */
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
  const products = frozenProducts().map((product) => product.dataSync<'float32'>().slice());
  expected.set('frozen', products);
  for (const [k, tensor] of route().entries())
    expected.set(`route ${k}`, [Float32Array.from(tensor.dataSync())]);
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

  test.each(Object.entries(ATTENTION))(
    '%s: value and gradients of the reference',
    async (_, { segments, causal = true, tree = false }) => {
      const definition = {
        ...attentionOp.definition,
        example: (): Parameters<typeof attentionOp> => [
          ...([4, 2, 2].map((heads, k) =>
            tf.randomNormal([1, TIME, heads, 12], 0, 1, 'float32', k),
          ) as [tf.Tensor, tf.Tensor, tf.Tensor]),
          tf.tensor2d(
            Array.from({ length: TIME }, (_, i) => segments(i)),
            [1, TIME],
            'int32',
          ),
          { scale: 0.3, causal, tree },
        ],
      };
      for (const { what, fused, reference } of checkExample(definition, [], 1)) {
        const [own, slow] = await Promise.all([fused.data(), reference.data()]);
        expect(relativeError(own, slow), what).toBeLessThan(2e-5);
        tf.dispose([fused, reference]);
      }
    },
  );

  test('tokens are sent to their experts as on the CPU', async () => {
    const values = await Promise.all(route().map((tensor) => tensor.data()));
    for (const [k, own] of values.entries())
      expect(Float32Array.from(own), `output ${k}`).toEqual(expected.get(`route ${k}`)![0]);
  });

  test('frozen weights of every type give what they give on the CPU', async () => {
    const products = frozenProducts().map((product) => product.data<'float32'>());
    for (const [k, values] of (await Promise.all(products)).entries())
      expect(relativeError(values, expected.get('frozen')![k]!)).toBeLessThan(1e-4);
  });
});
