import '@tensorflow/tfjs-backend-cpu';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { record } from './record.ts';
import { registerGradients } from './registerGradients.ts';

beforeAll(async () => {
  await registerGradients();
  await tf.setBackend('cpu');
});

type Unary = (x: tf.Tensor) => tf.Tensor;

const normal = (shape: readonly number[], seed: number) =>
  tf.randomNormal([...shape], 0, 1, 'float32', seed);
/** Values from `low` to `high`, in no order, none twice: no ties for max, no kinks at 0. */
const spread = (shape: readonly number[], low: number, high: number) => {
  const size = tf.util.sizeFromShape([...shape]);
  const values = Array.from({ length: size }, (_, i) => ((i * 37 + 5) % 101) / 101);
  return tf.tensor(
    values.map((value) => low + value * (high - low)),
    [...shape],
  );
};
const sumOfProducts = (y: tf.Tensor, cotangent: tf.Tensor) =>
  tf.tidy(() => tf.sum(tf.mul(y, cotangent)).dataSync()[0]!);

/** Every place of the gradient, by central differences. */
function finiteDifferences(f: Unary, x: tf.Tensor, cotangent: tf.Tensor, step: number): number[] {
  const values = [...x.dataSync()];
  return values.map((value, i) => {
    const moved = (by: number) =>
      tf.tidy(() => sumOfProducts(f(tf.tensor(values.with(i, value + by), x.shape)), cotangent));
    return (moved(step) - moved(-step)) / (2 * step);
  });
}

/** On the tape and with tf.grad. */
function gradients(
  f: Unary,
  x: tf.Tensor,
): { tape: number[]; grad: number[]; cotangent: tf.Tensor } {
  const { value, tape } = record(() => f(x));
  const cotangent = normal(value.shape, 5);
  const { x: dx } = tape.backward([[value, cotangent]], { x });
  return { tape: [...dx.dataSync()], grad: [...tf.grad(f)(x, cotangent).dataSync()], cotangent };
}

function expectFiniteDifferences(f: Unary, x: tf.Tensor, step = 0.01): void {
  const { tape, grad, cotangent } = gradients(f, x);
  const expected = finiteDifferences(f, x, cotangent, step);
  expect(tape.length).toBe(x.size);
  for (const [i, value] of expected.entries()) {
    expect(Math.abs(tape[i]! - value) / Math.max(1, Math.abs(value)), `[${i}]`).toBeLessThan(5e-3);
    expect(grad[i]).toBeCloseTo(tape[i]!, 5);
  }
}

const indices = (values: number[], shape: number[]) => tf.tensor(values, shape, 'int32');

describe('gather', () => {
  test.each<[string, number[], number[], number[], number, number]>([
    ['one index per row', [2, 3], [2, 1], [0, 2], 1, 1],
    ['a row read twice', [2, 3], [2, 4], [0, 2, 2, 0, 1, 1, 1, 1], 1, 1],
    ['a negative axis', [2, 3], [2, 2], [0, 2, 2, 2], -1, 1],
    ['an axis behind the batch, rows of vectors', [2, 3, 4], [2, 2], [2, 0, 1, 1], 1, 1],
    ['an axis not next to the batch', [2, 3, 4], [2, 3], [3, 0, 3, 1, 1, 2], 2, 1],
    ['indices of two dimensions per batch', [2, 3, 2], [2, 2, 2], [0, 2, 2, 1, 1, 1, 0, 0], 1, 1],
    ['two batch dimensions', [2, 2, 3], [2, 2, 2], [0, 2, 2, 2, 1, 1, 0, 1], 2, 2],
    ['two batch dimensions and vectors', [2, 1, 3, 2], [2, 1, 1], [2, 0], 2, 2],
    ['no batch dimension, doubled indices', [4, 3], [5], [3, 3, 0, 1, 3], 0, 0],
    ['no batch dimension, indices of two dimensions', [2, 4], [2, 2], [3, 0, 3, 3], 1, 0],
    ['a negative axis, no batch dimension', [3, 2, 2], [3], [1, 1, 0], -2, 0],
  ])('%s: the gradient is its finite difference', (_, shape, size, values, axis, batchDims) => {
    const chosen = indices(values, size);
    expectFiniteDifferences((x) => tf.gather(x, chosen, axis, batchDims), normal(shape, 1));
  });

  test('of a variable gives 1 where the row was read', () => {
    const v = tf.variable(
      tf.tensor2d([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    );
    const { value, tape } = record(() => tf.gather(v, indices([0, 2], [2, 1]), 1, 1));
    const { v: dv } = tape.backward([[value, tf.ones([2, 1])]], { v });
    expect([...dv.dataSync()]).toEqual([1, 0, 0, 0, 0, 1]);
    v.dispose();
  });

  test('leaves no tensor behind', () => {
    const x = normal([2, 3], 1);
    const chosen = indices([0, 2], [2, 1]);
    const before = tf.memory().numTensors;
    const { value, tape } = record(() => tf.gather(x, chosen, 1, 1));
    const cotangent = tf.ones([2, 1]);
    tf.dispose([value, cotangent, tape.backward([[value, cotangent]], { x })]);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('extremes and squared differences of what is broadcast', () => {
  test.each([
    ['maximum', tf.maximum],
    ['minimum', tf.minimum],
    ['squaredDifference', tf.squaredDifference],
  ])('%s: the gradient of each input is its finite difference', (_, op) => {
    const [wide, narrow] = [normal([3, 4], 2), normal([3, 1], 3)];
    expectFiniteDifferences((x) => op(x, narrow), wide, 1e-3);
    expectFiniteDifferences((x) => op(wide, x), narrow, 1e-3);
  });
});

test.each([0, 1, 2])('cumsum along axis %i: the gradient is its finite difference', (axis) => {
  for (const exclusive of [true, false])
    for (const reverse of [true, false])
      expectFiniteDifferences((x) => tf.cumsum(x, axis, exclusive, reverse), normal([2, 3, 2], 4));
});

describe('prod', () => {
  const zeros = (places: number[]) => {
    const values = [...spread([2, 3, 2], -1.5, 1.5).dataSync()];
    for (const place of places) values[place] = 0;
    return tf.tensor(values, [2, 3, 2]);
  };
  const AXES: (number | number[] | undefined)[] = [
    undefined,
    0,
    1,
    2,
    -1,
    -3,
    [0, 2],
    [2, 0],
    [-1, 1],
    [0, 1, 2],
  ];
  test.each(AXES.flatMap((axis) => [[], [4], [0, 3, 4]].map((places) => [axis, places] as const)))(
    'over axis %j with zeros at %j: the gradient is its finite difference',
    (axis, places) => {
      expectFiniteDifferences((x) => tf.prod(x, axis), zeros([...places]));
      expectFiniteDifferences((x) => tf.prod(x, axis, true), zeros([...places]));
    },
  );
});

describe('mirrorPad', () => {
  test.each(['reflect', 'symmetric'] as const)(
    '%s: the gradient is its finite difference',
    (mode) => {
      const pad = (x: tf.Tensor) =>
        tf.mirrorPad(
          x,
          [
            [2, 1],
            [0, 2],
            [1, 0],
          ],
          mode,
        );
      expectFiniteDifferences(pad, normal([3, 4, 2], 1));
      expectFiniteDifferences((x) => tf.mirrorPad(x, [[0, 0]], mode), normal([3], 1));
    },
  );
});

/** One use of every kernel with a gradient, smooth at the chosen points. */
const image = () => spread([1, 4, 4, 2], -1, 1);
const volume = () => spread([1, 2, 4, 4, 1], -1, 1);
const other = () => normal([2, 3], 9);
const USES: Record<string, [f: Unary, x: () => tf.Tensor]> = {
  Abs: [tf.abs, () => spread([2, 3], 0.2, 1)],
  Acos: [tf.acos, () => spread([5], -0.8, 0.8)],
  Acosh: [tf.acosh, () => spread([5], 1.3, 4)],
  Add: [(x) => tf.add(x, tf.ones([4, 1, 1])), () => normal([2, 3], 1)],
  AddN: [(x) => tf.addN([x, x, other()]), () => normal([2, 3], 1)],
  Asin: [tf.asin, () => spread([5], -0.8, 0.8)],
  Asinh: [tf.asinh, () => normal([5], 1)],
  Atan: [tf.atan, () => normal([5], 1)],
  Atan2: [(x) => tf.atan2(x, tf.add(x, 3)), () => spread([5], -1, 1)],
  Atanh: [tf.atanh, () => spread([5], -0.8, 0.8)],
  AvgPool: [(x) => tf.avgPool(x as tf.Tensor4D, 2, 2, 'same'), image],
  AvgPool3D: [(x) => tf.avgPool3d(x as tf.Tensor5D, 2, 2, 'same'), volume],
  BatchMatMul: [(x) => tf.matMul(x, tf.ones([1, 3, 2])), () => normal([4, 2, 3], 1)],
  BatchToSpaceND: [
    (x) =>
      tf.batchToSpaceND(
        x,
        [2, 2],
        [
          [0, 0],
          [0, 0],
        ],
      ),
    () => normal([4, 1, 1, 2], 1),
  ],
  BroadcastTo: [(x) => tf.broadcastTo(x, [4, 2, 3]), () => normal([2, 3], 1)],
  Cast: [(x) => tf.cast(x, 'float32'), () => normal([2, 3], 1)],
  ClipByValue: [(x) => tf.clipByValue(x, -0.33, 0.33), () => spread([9], -1, 1)],
  Concat: [(x) => tf.concat([x, other(), x], 1), () => normal([2, 3], 1)],
  Conv2D: [
    (x) => tf.conv2d(x as tf.Tensor4D, normal([2, 2, 2, 3], 2) as tf.Tensor4D, 1, 'same'),
    image,
  ],
  Conv2DBackpropInput: [
    (x) =>
      tf.conv2dTranspose(
        x as tf.Tensor4D,
        normal([2, 2, 3, 2], 2) as tf.Tensor4D,
        [1, 4, 4, 3],
        1,
        'same',
      ),
    image,
  ],
  Conv3D: [
    (x) => tf.conv3d(x as tf.Tensor5D, normal([2, 2, 2, 1, 2], 2) as tf.Tensor5D, 1, 'same'),
    volume,
  ],
  Cos: [tf.cos, () => normal([5], 1)],
  Cosh: [tf.cosh, () => normal([5], 1)],
  Cumsum: [(x) => tf.cumsum(x, 1, true, true), () => normal([2, 3], 1)],
  DepthwiseConv2dNative: [
    (x) => tf.depthwiseConv2d(x as tf.Tensor4D, normal([2, 2, 2, 1], 2) as tf.Tensor4D, 1, 'same'),
    image,
  ],
  Dilation2D: [
    (x) => tf.dilation2d(x as tf.Tensor4D, spread([2, 2, 2], 0, 0.1) as tf.Tensor3D, 1, 'same'),
    image,
  ],
  Elu: [tf.elu, () => spread([9], -1, 1.2)],
  Erf: [tf.erf, () => normal([5], 1)],
  Exp: [tf.exp, () => normal([5], 1)],
  ExpandDims: [(x) => tf.expandDims(x, 1), () => normal([2, 3], 1)],
  Expm1: [tf.expm1, () => normal([5], 1)],
  FusedBatchNorm: [
    (x) =>
      tf.batchNorm(x, tf.mean(x, 0), tf.tensor1d([1, 2, 3]), tf.ones([3]), tf.tensor1d([2, 1, 3])),
    () => normal([2, 3], 1),
  ],
  GatherV2: [(x) => tf.gather(x, [1, 1, 0]), () => normal([2, 3], 1)],
  Identity: [tf.clone, () => normal([2, 3], 1)],
  LRN: [(x) => tf.localResponseNormalization(x as tf.Tensor4D, 1), image],
  LeakyRelu: [tf.leakyRelu, () => spread([9], -1, 1.2)],
  Log: [tf.log, () => spread([5], 0.5, 3)],
  Log1p: [tf.log1p, () => spread([5], 0.5, 3)],
  LogSoftmax: [tf.logSoftmax, () => normal([2, 3], 1)],
  Max: [(x) => tf.max(x, 1), () => spread([2, 3], -1, 1)],
  MaxPool: [(x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'same'), image],
  MaxPool3D: [(x) => tf.maxPool3d(x as tf.Tensor5D, 2, 2, 'same'), volume],
  Maximum: [(x) => tf.maximum(x, tf.scalar(0.2)), () => spread([2, 3], -1, 1)],
  Mean: [(x) => tf.mean(x, [0, 2]), () => normal([2, 3, 2], 1)],
  Min: [(x) => tf.min(x, 1), () => spread([2, 3], -1, 1)],
  Minimum: [(x) => tf.minimum(x, tf.scalar(0.2)), () => spread([2, 3], -1, 1)],
  MirrorPad: [
    (x) =>
      tf.mirrorPad(
        x,
        [
          [1, 1],
          [0, 1],
        ],
        'reflect',
      ),
    () => normal([3, 3], 1),
  ],
  Mod: [(x) => tf.mod(x, tf.scalar(2)), () => spread([5], 2.2, 3.8)],
  Multiply: [(x) => tf.mul(x, tf.ones([4, 1, 3])), () => normal([2, 3], 1)],
  Neg: [tf.neg, () => normal([5], 1)],
  Pack: [(x) => tf.stack([x, other()], 1), () => normal([2, 3], 1)],
  PadV2: [
    (x) =>
      tf.pad(x, [
        [1, 0],
        [0, 2],
      ]),
    () => normal([2, 3], 1),
  ],
  Pow: [(x) => tf.pow(x, tf.scalar(3)), () => spread([5], 0.5, 2)],
  Prelu: [(x) => tf.prelu(x, tf.scalar(0.3)), () => spread([9], -1, 1.2)],
  Prod: [(x) => tf.prod(x, 0), () => normal([2, 3], 1)],
  RealDiv: [(x) => tf.div(tf.ones([4, 1, 3]), x), () => spread([2, 3], 1, 2)],
  Reciprocal: [tf.reciprocal, () => spread([5], 1, 2)],
  Relu: [tf.relu, () => spread([9], -1, 1.2)],
  Relu6: [tf.relu6, () => spread([9], -1, 7.3)],
  Reshape: [(x) => tf.reshape(x, [3, 2]), () => normal([2, 3], 1)],
  ResizeBilinear: [(x) => tf.image.resizeBilinear(x as tf.Tensor4D, [3, 5]), image],
  ResizeNearestNeighbor: [(x) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [8, 8]), image],
  Reverse: [(x) => tf.reverse(x, 1), () => normal([2, 3], 1)],
  Rsqrt: [tf.rsqrt, () => spread([5], 1, 2)],
  Select: [
    (x) =>
      tf.where(
        tf.tensor2d(
          [
            [1, 0, 1],
            [0, 0, 1],
          ],
          [2, 3],
          'bool',
        ),
        x,
        tf.mul(x, 3),
      ),
    () => normal([2, 3], 1),
  ],
  Selu: [tf.selu, () => spread([9], -1, 1.2)],
  Sigmoid: [tf.sigmoid, () => normal([5], 1)],
  Sin: [tf.sin, () => normal([5], 1)],
  Sinh: [tf.sinh, () => normal([5], 1)],
  Slice: [(x) => tf.slice(x, [0, 1], [2, 2]), () => normal([2, 3], 1)],
  Softmax: [tf.softmax, () => normal([2, 3], 1)],
  Softplus: [tf.softplus, () => normal([5], 1)],
  SpaceToBatchND: [
    (x) =>
      tf.spaceToBatchND(
        x,
        [2, 2],
        [
          [0, 0],
          [0, 0],
        ],
      ),
    image,
  ],
  SplitV: [(x) => tf.concat(tf.split(x, [1, 2], 1).toReversed(), 1), () => normal([2, 3], 1)],
  Sqrt: [tf.sqrt, () => spread([5], 1, 2)],
  Square: [tf.square, () => normal([5], 1)],
  SquaredDifference: [(x) => tf.squaredDifference(x, tf.ones([2, 3])), () => normal([2, 3], 1)],
  Sub: [(x) => tf.sub(tf.ones([4, 1, 3]), x), () => normal([2, 3], 1)],
  Sum: [(x) => tf.sum(x, [0, 2]), () => normal([2, 3, 2], 1)],
  Tan: [tf.tan, () => spread([5], -0.8, 0.8)],
  Tanh: [tf.tanh, () => normal([5], 1)],
  Tile: [(x) => tf.tile(x, [2, 3]), () => normal([2, 3], 1)],
  Transpose: [(x) => tf.transpose(x, [2, 0, 1]), () => normal([2, 3, 2], 1)],
  Unpack: [(x) => tf.concat(tf.unstack(x, 1).toReversed()), () => normal([2, 3], 1)],
  UnsortedSegmentSum: [
    (x) => tf.unsortedSegmentSum(x, tf.tensor1d([1, 0, 1], 'int32'), 2),
    () => normal([3, 2], 1),
  ],
};

/** Their gradient is 0 wherever it exists, and tfjs says 0. */
const FLAT: Record<string, Unary> = {
  Ceil: tf.ceil,
  Floor: tf.floor,
  Round: tf.round,
  Sign: tf.sign,
  Step: tf.step,
  OnesLike: tf.onesLike,
  ZerosLike: tf.zerosLike,
};

/** What goes in or comes out is no float32, which nothing can be differentiated through. */
const NOT_DIFFERENTIABLE = [
  'ArgMax',
  'ArgMin',
  'ComplexAbs',
  'FloorDiv',
  'GreaterEqual',
  'IsFinite',
  'IsInf',
  'IsNan',
  'OneHot',
];

describe('the gradients of tfjs, with tfjs-core alone', () => {
  test.each(Object.entries(USES))('%s: equals finite differences', (_, [f, x]) => {
    expectFiniteDifferences(f, x(), 0.005);
  });

  test.each(Object.entries(FLAT))('%s: is 0', (_, f) => {
    const x = spread([5], 0.1, 0.4);
    expect(gradients(f, x).tape).toEqual([0, 0, 0, 0, 0]);
  });

  test('are all tried here', () => {
    const file = createRequire(import.meta.url).resolve(
      '@tensorflow/tfjs-core/dist/kernel_names.js',
    );
    const names = [...readFileSync(file, 'utf8').matchAll(/^export const \w+ = '(\w+)'/gm)];
    const withGradient = names
      .map(([, name]) => name!)
      .filter((name) => tf.getGradient(name) != null);
    const tried = [...Object.keys(USES), ...Object.keys(FLAT), ...NOT_DIFFERENTIABLE];
    expect(withGradient.length).toBeGreaterThan(80);
    expect(withGradient.filter((name) => !tried.includes(name))).toEqual([]);
  });
});
