import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testedKernels } from '../../testedKernels.ts';
import type { CpuDevice } from '../cpuDevice.ts';
import { openCpu } from '../openCpu.ts';

type Program = (x: (...shape: number[]) => tf.Tensor) => tf.Tensor;

const PROGRAMS: Record<string, Program> = {
  'add, equal shapes': (x) => tf.add(x(3, 37), x(3, 37)),
  'sub, number on the left': (x) => tf.sub(1, x(5, 7)),
  'mul, row': (x) => tf.mul(x(4, 3, 19), x(19)),
  'mul, several axes as a row': (x) => tf.mul(x(4, 3, 19), x(1, 3, 19)),
  'sub, row on the left': (x) => tf.sub(x(19), x(4, 19)),
  'div, column': (x) => tf.div(x(6, 21), tf.add(tf.square(x(6, 1)), 1)),
  'div, column on the left': (x) => tf.div(x(2, 3, 1), tf.add(tf.abs(x(2, 3, 9)), 1)),
  'add, both broadcast (tfjs)': (x) => tf.add(x(4, 1), x(1, 5)),
  'add, middle axis (tfjs)': (x) => tf.add(x(2, 3, 4), x(2, 1, 4)),
  'add, int32 (tfjs)': () => tf.add(tf.tensor1d([1, 2], 'int32'), tf.tensor1d([3, 4], 'int32')),
  squaredDifference: (x) => tf.squaredDifference(x(3, 5), x(3, 5)),
  addN: (x) => tf.addN([x(3, 11), x(3, 11), x(3, 11)]),
  exp: (x) => tf.exp(x(3, 43)),
  log: (x) => tf.log(tf.add(tf.square(x(3, 43)), 1e-3)),
  'sqrt, rsqrt, reciprocal': (x) => tf.reciprocal(tf.rsqrt(tf.sqrt(tf.add(tf.abs(x(40)), 0.1)))),
  'neg, sigmoid, relu, abs': (x) => tf.relu(tf.neg(tf.abs(tf.sigmoid(x(50))))),
  'sum of all': (x) => tf.sum(x(7, 5000)),
  'sum, last axis, kept': (x) => tf.sum(x(3, 4, 77), -1, true),
  'sum, first axis': (x) => tf.sum(x(1500, 13), 0),
  'sum, middle axis': (x) => tf.sum(x(3, 40, 70), 1),
  'sum, two ends (tfjs)': (x) => tf.sum(x(3, 4, 5), [0, 2]),
  'mean, last two axes': (x) => tf.mean(x(3, 4, 5), [1, 2]),
  softmax: (x) => tf.softmax(x(5, 33)),
  logSoftmax: (x) => tf.logSoftmax(x(5, 33)),
  'transpose of 2': (x) => tf.transpose(x(33, 18)),
  'transpose of 4': (x) => tf.transpose(x(2, 5, 3, 9), [0, 2, 1, 3]),
  'transpose of 5': (x) => tf.transpose(x(2, 3, 4, 5, 6), [4, 1, 0, 3, 2]),
  'gather of rows': (x) =>
    tf.gather(
      x(9, 21),
      tf.tensor2d(
        [
          [8, 0],
          [3, 3],
        ],
        undefined,
        'int32',
      ),
    ),
  'gather of columns (tfjs)': (x) => tf.gather(x(4, 9), tf.tensor1d([8, 0, 3], 'int32'), 1),
  'slice, one axis': (x) => tf.slice(x(4, 9, 5), [0, 2, 0], [4, 3, 5]),
  'slice, two axes (tfjs)': (x) => tf.slice(x(4, 9), [1, 2], [2, 3]),
  'slice, negative size': (x) => tf.slice(x(4, 9), [1, 0], [-1, -1]),
  'concat, last axis': (x) => tf.concat([x(3, 4), x(3, 1), x(3, 20)], 1),
  'concat, first axis': (x) => tf.concat([x(3, 4), x(2, 4)], 0),
  'stack and unstack': (x) => tf.stack(tf.unstack(x(4, 3), 1)),
  'pad, tile, reverse': (x) =>
    tf.reverse(
      tf.tile(
        tf.pad(x(3, 4), [
          [1, 1],
          [0, 2],
        ]),
        [2, 1],
      ),
      0,
    ),
  'fill and likes': (x) =>
    tf.add(tf.fill([3, 4], 2.5), tf.add(tf.zerosLike(x(3, 4)), tf.onesLike(x(3, 4)))),
  'cast, where, greater': (x) =>
    tf.where(tf.greater(x(4, 4), 0), x(4, 4), tf.cast(tf.ones([4, 4], 'int32'), 'float32')),
  'cast, then our kernels': (x) => tf.mul(tf.cast(tf.greater(x(4, 9), 0), 'float32'), x(4, 9)),
  'gathers an int32 of bools': (x) => tf.gather(x(2, 3), tf.cast(tf.greater(x(6), 0), 'int32')),
  'oneHot, argMax': (x) => tf.oneHot(tf.argMax(x(5, 6), -1), 6),
  'reshape and dot': (x) => tf.dot(tf.reshape(x(2, 3, 4), [6, 4]), x(4)),
  'matMul with batches': (x) => tf.matMul(x(2, 3, 4, 5), x(2, 3, 5, 6)),
  'matMul, B shared': (x) => tf.matMul(x(4, 7, 5), x(5, 6)),
  'matMul, A shared, transposed': (x) => tf.matMul(x(5, 7), x(4, 5, 6), true),
  'fused.matMul with bias and relu': (x) =>
    tf.fused.matMul({
      a: x(4, 5) as tf.Tensor2D,
      b: x(5, 6) as tf.Tensor2D,
      bias: x(6),
      activation: 'relu',
    }),
  'conv2d, pool': (x) =>
    tf.maxPool(
      tf.conv2d(x(1, 9, 9, 2) as tf.Tensor4D, x(3, 3, 2, 4) as tf.Tensor4D, 1, 'same'),
      2,
      2,
      'valid',
    ),
  unsortedSegmentSum: (x) =>
    tf.unsortedSegmentSum(x(6, 3), tf.tensor1d([2, 0, 2, 4, 4, 4], 'int32'), 5),
  'zero elements': (x) => tf.concat([tf.add(x(0, 3), 1), x(2, 3)], 0),
};

/** The same numbers for every program, on any back end. */
async function evaluate(program: Program): Promise<{ shape: number[]; values: ArrayLike<number> }> {
  let seed = 1;
  const y = tf.tidy(() => program((...shape) => tf.randomNormal(shape, 0, 1, 'float32', seed++)));
  const result = { shape: y.shape, values: await y.data() };
  y.dispose();
  return result;
}

describe.each(testedKernels)("back end 'molrl', %s", (kernels) => {
  let device: CpuDevice;
  beforeAll(async () => {
    device = await openCpu({ kernels, threads: 2 });
  });
  afterAll(() => device.dispose());

  test.each(Object.entries(PROGRAMS))("%s gives what tfjs's cpu gives", async (_, program) => {
    await tf.setBackend('cpu');
    const theirs = await evaluate(program);
    await tf.setBackend('molrl');
    const before = device.memory().blocks;
    const ours = await evaluate(program);
    expect(device.memory().blocks).toBe(before); // nothing leaks
    expect(ours.shape).toEqual(theirs.shape);
    expectClose(ours.values, theirs.values);
  });

  test('matMul broadcasts batches on both sides (tfjs cpu repeats the wrong ones)', async () => {
    const program =
      (expand: boolean): Program =>
      (x) => {
        const [a, b] = [x(3, 1, 7, 5), x(1, 2, 9, 5)];
        return expand
          ? tf.matMul(tf.tile(a, [1, 2, 1, 1]), tf.tile(b, [3, 1, 1, 1]), false, true)
          : tf.matMul(a, b, false, true);
      };
    expectClose((await evaluate(program(false))).values, (await evaluate(program(true))).values);
  });

  test('what was read stays as it is when the tensor is disposed', () => {
    const x = tf.ones([1000]);
    const values = x.dataSync();
    x.dispose();
    tf.zeros([1000]).dispose();
    expect(values.every((value) => value === 1)).toBe(true);
    expect(values.buffer).toBeInstanceOf(ArrayBuffer);
  });

  test('strings, complex numbers and bools work as in tfjs', () => {
    expect(tf.tensor1d(['a', 'é']).dataSync()).toEqual(['a', 'é']);
    const z = tf.complex([1, 2], [3, 4]);
    expect([...tf.imag(z).dataSync()]).toEqual([3, 4]);
    expect([...tf.logicalNot(tf.tensor1d([true, false])).dataSync()]).toEqual([0, 1]);
  });
});

function expectClose(got: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(got.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const [x = Number.NaN, y = Number.NaN] = [got[i], expected[i]];
    const error = Math.abs(x - y) / Math.max(1, Math.abs(y));
    if (!(error <= worst)) worst = error; // NaN counts
  }
  expect(worst).toBeLessThanOrEqual(2e-5);
}
