import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDevice } from '../../devices/openDevice.ts';
import { relativeError } from '../../fused/checkExample.ts';
import { record } from '../../tape/record.ts';
import type { WebGpuDevice } from './openWebGpu.ts';

type Draw = (...shape: number[]) => tf.Tensor;
type Program = (x: Draw) => tf.Tensor;

/** Programs of tfjs ops, each compared with tfjs's own CPU kernels. */
const PROGRAMS: Record<string, Program> = {
  'sums and products, broadcast': (x) =>
    tf.add(tf.mul(x(2, 3, 4), x(1, 3, 1)), tf.sub(x(4), x(2, 1, 1))),
  'quotients, powers, extremes': (x) =>
    tf.maximum(tf.div(x(3, 5), 2), tf.minimum(tf.pow(tf.abs(x(3, 5)), 1.5), x(3, 1))),
  'functions of one number': (x) =>
    tf.addN([
      tf.exp(x(40)),
      tf.log(tf.add(tf.square(x(40)), 1)),
      tf.rsqrt(tf.add(tf.abs(x(40)), 0.1)),
      tf.tanh(x(40)),
      tf.relu(x(40)),
    ]),
  'softplus, elu, sin, cos, floor': (x) =>
    tf.addN([tf.softplus(x(40)), tf.elu(x(40)), tf.sin(x(40)), tf.cos(x(40)), tf.floor(x(40))]),
  'sums along axes': (x) => tf.add(tf.sum(x(3, 4, 5), [0, 2]), tf.mean(x(3, 4, 200), [0, 2])),
  'largest and smallest': (x) => tf.add(tf.max(x(3, 300), 1), tf.min(x(3, 7), 1)),
  'softmax, logSoftmax': (x) => tf.add(tf.softmax(x(5, 33)), tf.logSoftmax(x(5, 33))),
  'moves of axes and parts': (x) =>
    tf.concat([tf.transpose(x(2, 3, 4), [2, 0, 1]), tf.slice(x(4, 4, 3), [0, 1, 0], [4, 2, 3])], 1),
  'pad, tile, reverse': (x) =>
    tf.reverse(
      tf.tile(
        tf.pad(x(3, 4), [
          [1, 1],
          [0, 2],
        ]),
        [2, 3],
      ),
      [0, 1],
    ),
  'stack, unstack, split': (x) => tf.stack([...tf.unstack(x(4, 3), 1), ...tf.split(x(8), 2)]),
  'where, comparisons, casts': (x) =>
    tf.where(
      tf.logicalAnd(tf.greater(x(4, 4), 0), tf.lessEqual(x(4, 4), 1)),
      x(4, 4),
      tf.cast(tf.ones([4, 4], 'int32'), 'float32'),
    ),
  'gather and oneHot': (x) =>
    tf.add(
      tf.gather(x(9, 6), tf.argMax(x(5, 6), 1)),
      tf.cast(tf.oneHot(tf.argMin(x(5, 6), 1), 6), 'float32'),
    ),
  'inverse and hyperbolic functions': (x) => {
    const small = tf.mul(tf.tanh(x(40)), 0.9);
    return tf.addN([
      ...[tf.asin(small), tf.acos(small), tf.atan(x(40)), tf.atanh(small)],
      ...[tf.asinh(x(40)), tf.acosh(tf.add(tf.abs(x(40)), 1.1)), tf.atan2(x(40), x(40))],
      ...[tf.sinh(x(40)), tf.cosh(x(40)), tf.tan(small), tf.erf(x(40))],
    ]);
  },
  'bent lines': (x) =>
    tf.addN([
      ...[tf.leakyRelu(x(40), 0.3), tf.relu6(tf.mul(x(40), 5)), tf.selu(x(40))],
      ...[tf.clipByValue(x(40), -0.5, 0.7), tf.prelu(x(40), x(40)), tf.step(x(40), 0.2)],
    ]),
  'squared differences, remainders, broadcast': (x) =>
    tf.add(tf.squaredDifference(x(3, 4), x(1, 4)), tf.mod(x(3, 4), 0.7)),
  'gather with batch dimensions': (x) =>
    tf.gather(x(2, 5, 3), tf.tensor2d([0, 4, 2, 2], [2, 2], 'int32'), 1, 1),
  'running sums': (x) => tf.add(tf.cumsum(x(3, 5), 1), tf.cumsum(x(3, 5), 0, true, true)),
  'matMul with batches, transposed': (x) => tf.matMul(x(3, 2, 5, 4), x(1, 2, 6, 5), true, true),
  'fused.matMul with bias': (x) =>
    tf.fused.matMul({
      a: x(4, 5) as tf.Tensor2D,
      b: x(5, 6) as tf.Tensor2D,
      bias: x(6) as tf.Tensor1D,
      activation: 'relu',
    }),
  // what other back ends of WebGPU are known to get wrong
  'log1p and expm1 near 0': (x) =>
    tf.mul(tf.add(tf.log1p(tf.mul(x(30), 1e-8)), tf.expm1(tf.mul(x(30), 1e-8))), 1e8),
  'powers of negative numbers': () =>
    tf.pow(tf.tensor1d([-2, -2, -3, 0]), tf.tensor1d([3, 2, 1, 0])),
  'tanh of large numbers': () => tf.tanh(tf.tensor1d([89, -200, 13])),
  'empty sums': (x) =>
    tf.concat(
      [
        tf.sum(x(2, 0), 1),
        tf.reshape(tf.matMul(x(2, 0) as tf.Tensor2D, x(0, 3) as tf.Tensor2D), [6]),
      ],
      0,
    ),
  'logarithms near 1': () =>
    tf.mul(tf.log(tf.tensor1d([1 + 2 ** -20, 1 - 2 ** -20, 1.00001, 0.9999, 1])), 1e6),
  'tanh of small numbers': (x) => tf.mul(tf.tanh(tf.mul(x(30), 1e-6)), 1e6),
  'quotients and remainders of multiples': () => {
    const divisors = tf.range(1, 60, 1);
    const multiples = tf.mul(divisors, tf.range(7, 420, 7));
    return tf.stack([
      tf.cast(tf.floorDiv(multiples, divisors), 'float32'),
      tf.mod(multiples, divisors),
    ]);
  },
  'means of long rows': () => tf.mul(tf.mean(tf.fill([2, 2 ** 21], 0.1), 1), 1e2),
  'largest of long rows': (x) => tf.max(tf.tile(x(2, 300), [1, 33]), 1),
  'ties of argMax': () => {
    const values = new Float32Array(40_000);
    for (const at of [3, 20_000, 39_999]) values[at] = 5;
    return tf.cast(tf.argMax(tf.tensor1d(values)), 'float32');
  },
};

/** Programs where tfjs's own CPU kernels are wrong, and the same told otherwise. */
const TOLD_OTHERWISE: Record<string, [program: Program, same: Program]> = {
  'matMul, batches of both broadcast': [
    (x) => tf.matMul(x(3, 1, 5, 4), x(1, 2, 6, 5), true, true),
    (x) =>
      tf.matMul(
        tf.tile(x(3, 1, 5, 4), [1, 2, 1, 1]),
        tf.tile(x(1, 2, 6, 5), [3, 1, 1, 1]),
        true,
        true,
      ),
  ],
};

/** Whole numbers, to the last bit. */
const WHOLE: Record<string, () => tf.Tensor> = {
  'above 2^24': () => tf.add(tf.fill([1200], 16_777_217, 'int32'), tf.zeros([1200], 'int32')),
  'copied above 2^24': () =>
    tf.concat([
      tf.slice(tf.range(18_080_000, 18_082_000, 1, 'int32'), 390, 4),
      tf.gather(tf.range(2 ** 25, 2 ** 25 + 9, 1, 'int32'), tf.tensor1d([1, 7], 'int32')),
    ]),
  'transposed, three axes': () =>
    tf.transpose(tf.reshape(tf.range(0, 1200, 1, 'int32'), [10, 12, 10]), [2, 0, 1]),
  'transposed booleans': () =>
    tf.transpose(
      tf.greater(tf.reshape(tf.range(0, 1200, 1, 'int32'), [10, 12, 10]), 600),
      [2, 1, 0],
    ),
  'quotients and remainders': () =>
    tf.stack([
      tf.floorDiv(tf.tensor1d([-7, 7, 2 ** 30 + 1], 'int32'), tf.tensor1d([2, -2, 3], 'int32')),
      tf.mod(tf.tensor1d([-7, 7, 2 ** 30 + 1], 'int32'), tf.tensor1d([2, 2, 7], 'int32')),
    ]),
  'running sums': () => tf.cumsum(tf.range(2 ** 24, 2 ** 24 + 9, 1, 'int32')),
  'segment sums': () =>
    tf.unsortedSegmentSum(
      tf.ones([1200], 'int32'),
      tf.cast(tf.greater(tf.range(0, 1200, 1, 'int32'), 799), 'int32') as tf.Tensor1D,
      2,
    ),
};

/** What would read whole numbers as bits of real ones. */
const REFUSED: [string, () => tf.Tensor][] = [
  ['exp of whole numbers', () => tf.exp(tf.ones([3], 'int32'))],
  ['mean of whole numbers', () => tf.mean(tf.ones([3], 'int32'))],
  ['powers of whole numbers', () => tf.pow(tf.ones([3], 'int32'), tf.ones([3], 'int32'))],
];

describe('tfjs on a GPU', () => {
  let device: WebGpuDevice;
  beforeAll(async () => {
    await import('@tensorflow/tfjs-backend-cpu');
    device = await openDevice('webgpu');
  });
  afterAll(() => device.dispose());

  /** The values of a program, and the gradients of what it draws. */
  async function onBackend(name: string, program: Program) {
    await tf.setBackend(name);
    const drawn: tf.Tensor[] = [];
    const draw: Draw = (...shape) => {
      drawn.push(tf.keep(tf.randomNormal(shape, 0, 1, 'float32', drawn.length + 1)));
      return drawn.at(-1)!;
    };
    const { value, tape } = record(() => program(draw));
    const gradients = tape.backward([[value, tf.onesLike(value)]], drawn);
    const values = await Promise.all([value, ...gradients].map((tensor) => tensor.data()));
    tf.dispose([value, gradients, drawn]);
    return values;
  }

  test.each(Object.entries(PROGRAMS))('%s', async (_, program) => {
    const expected = await onBackend('cpu', program);
    const actual = await onBackend('molrl-webgpu', program);
    expect(actual).toHaveLength(expected.length);
    for (const [k, values] of expected.entries())
      expect(relativeError(actual[k]!, values), `tensor ${k}`).toBeLessThan(2e-5);
  });

  test.each(Object.entries(TOLD_OTHERWISE))('%s', async (_, [program, same]) => {
    const expected = await onBackend('cpu', same);
    const actual = await onBackend('molrl-webgpu', program);
    for (const [k, values] of expected.entries())
      expect(relativeError(actual[k]!, values), `tensor ${k}`).toBeLessThan(2e-5);
  });

  test.each(REFUSED)('%s is refused: cast it', (_, program) => {
    expect(() => tf.tidy(program)).toThrowError(expect.objectContaining({ code: 'dtype' }));
  });

  test('what tfjs has on a CPU runs here, or says what to do instead', () => {
    const own = new Set(
      tf.getKernelsForBackend('molrl-webgpu').map(({ kernelName }) => kernelName),
    );
    const onCpu = tf.getKernelsForBackend('cpu').map(({ kernelName }) => kernelName);
    expect(onCpu.filter((name) => !own.has(name))).toEqual([]);
    expect(() => tf.topk(tf.ones([3]), 1)).toThrowErrorMatchingInlineSnapshot(
      `[TensorGpuError: webgpu: tfjs's TopK has no kernel on this device. Read its inputs (await x.data()) and compute it on the CPU, or write it with other ops.]`,
    );
  });

  test('a NaN is not lost among other numbers', async () => {
    const x = tf.tensor2d(
      [...new Array(99).fill(1), Number.NaN, ...new Array<number>(100).fill(2)],
      [2, 100],
    );
    const found = tf.tidy(() => [
      ...[tf.max(x, 1), tf.min(x, 1), tf.sum(x, 1), tf.max(tf.maximum(x, 0), 1)],
      ...[tf.max(tf.relu(x), 1), tf.max(tf.clipByValue(x, 0, 5), 1), tf.max(tf.softmax(x), 1)],
      ...[
        tf.max(tf.tanh(x), 1),
        tf.max(tf.exp(x), 1),
        tf.sum(tf.log(x), 1),
        tf.sum(tf.tile(x, [1, 60]), 1),
      ],
    ]);
    for (const values of await Promise.all(found.map((tensor) => tensor.data()))) {
      expect(values[0]).toBeNaN();
      expect(values[1]).not.toBeNaN();
    }
    tf.dispose([x, found]);
  });

  test.each(Object.entries(WHOLE))('whole numbers: %s', async (_, program) => {
    const values: unknown[] = [];
    for (const name of ['cpu', 'molrl-webgpu']) {
      await tf.setBackend(name);
      const tensor = tf.tidy(program);
      values.push([...(await tensor.data())]);
      tensor.dispose();
    }
    expect(values[1]).toEqual(values[0]);
  });
});
