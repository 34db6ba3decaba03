import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEVICES, openDevice } from '../../devices/openDevice.ts';
import { checkExample, relativeError } from '../../fused/checkExample.ts';
import { attentionOp } from '../../ops/attention.ts';
import { embedding } from '../../ops/embedding.ts';
import { fusedOps } from '../../ops/fusedOps.ts';
import { linear } from '../../ops/linear.ts';
import { lmHead } from '../../ops/lmHead.ts';
import { routeExperts } from '../../ops/routeExperts.ts';
import { record } from '../../tape/record.ts';
import { narrow } from '../../weights/narrow.ts';
import { STORED_DTYPES, type StoredDtype } from '../../weights/storedDtype.ts';
import { storedTensor } from '../../weights/storedTensor.ts';
import { weightTensor } from '../weightTensor.ts';
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

const DTYPES = Object.keys(STORED_DTYPES) as StoredDtype[]; // its keys

const TIME = 150;
/** Which tokens see each other, over several blocks of the kernels. */
const ATTENTION: Record<
  string,
  { segments: (i: number) => number; causal?: boolean; tree?: boolean; window?: number }
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
  'a window of one token': { segments: () => 0, window: 1 },
  'a window within a block': { segments: () => 0, window: 37 },
  'a window over blocks, packed, padding behind': {
    segments: (i: number) => (i > 140 ? -1 : Math.floor(i / 100)),
    window: 70,
  },
  'a window longer than the sequence': { segments: () => 0, window: 1000 },
};

const draw = (size: number, seed: number) =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(seed + 1.3 * i));
const WEIGHT = [70, 256];
const frozen = (dtype: StoredDtype) =>
  storedTensor(narrow(draw(70 * 256, 1), dtype), { shape: WEIGHT, dtype });

/** What is computed with a frozen weight of a type: products of few and many rows and their gradients, rows, a head, another op. */
function withFrozen(dtype: StoredDtype): Record<string, tf.Tensor> {
  const weight = frozen(dtype);
  const x = (rows: number) => tf.tensor2d(draw(rows * 256, 2), [rows, 256]);
  const ids = tf.tensor1d([69, 3, 3, 0], 'int32');
  const given = { few: x(3), many: x(90), hidden: x(4) };
  const { value, tape } = record(() => ({
    few: linear(given.few, weight),
    many: linear(given.many, weight),
    logprobs: lmHead(given.hidden, weight, ids).logprobs,
  }));
  const cotangents = Object.values(value).map((y) => [y, tf.onesLike(y)] as const);
  const gradients = Object.entries(tape.backward(cotangents, given));
  return {
    ...value,
    ...Object.fromEntries(gradients.map(([name, gradient]) => [`d${name}`, gradient])),
    rows: embedding(weight, ids),
    transposed: tf.transpose(weightTensor(weight)),
  };
}

/** Routes of 150 tokens among 7 experts, some of whose probabilities are equal. */
function route(): tf.Tensor[] {
  const logits = Float32Array.from({ length: 150 * 7 }, (_, i) =>
    Math.round(3 * Math.sin(1.3 * i)),
  );
  return Object.values(routeExperts(tf.tensor2d(logits, [150, 7]), 3));
}

/** Of each case: value and gradients of its reference on the CPU; routes; and what is computed with frozen weights. */
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
  for (const dtype of DTYPES)
    for (const [name, tensor] of Object.entries(withFrozen(dtype)))
      expected.set(`${dtype} ${name}`, [tensor.dataSync<'float32'>().slice()]);
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
    async (_, { segments, causal = true, tree = false, window = 0 }) => {
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
          { scale: 0.3, causal, tree, window },
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

  test.each(DTYPES)('frozen weights of %s give what they give on the CPU', async (dtype) => {
    const computed = Object.entries(withFrozen(dtype));
    const values = await Promise.all(computed.map(([, tensor]) => tensor.data<'float32'>()));
    for (const [k, [what]] of computed.entries())
      expect(
        relativeError(values[k]!, expected.get(`${dtype} ${what}`)![0]!),
        what,
      ).toBeLessThanOrEqual(what === 'rows' || what === 'transposed' ? 0 : 2e-5);
  });
});
