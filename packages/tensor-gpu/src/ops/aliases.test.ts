import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CpuDevice, openCpu } from '../index.ts';
import { record } from '../tape/record.ts';
import { add } from './add.ts';
import { reshape } from './reshape.ts';

let device: CpuDevice;
beforeAll(async () => {
  device = await openCpu({ kernels: 'wasm', threads: 1 });
});
afterAll(() => device.dispose());

const [A, B] = [
  [0.5, -2, 3, 4],
  [1, 2, -0.25, 8],
];
/** A function that uses both ops, each input twice. */
const mixed =
  (plus: typeof add, inShape: typeof reshape) =>
  (a: tf.Tensor, b: tf.Tensor): tf.Tensor => {
    const sum = plus(a, plus(b, a));
    return tf.sum(tf.mul(inShape(sum, [4]), tf.square(inShape(b, [-1]))));
  };

describe('add and reshape', () => {
  test('have the values and gradients of tfjs, on our tape and on its own', () => {
    const [a, b] = [tf.tensor2d(A!, [2, 2]), tf.tensor2d(B!, [2, 2])];
    const tfjs = mixed(tf.add, (x, shape) => tf.reshape(x, [...shape]));
    const expected = tf
      .grads(tfjs)([a, b])
      .map((gradient) => [...gradient.dataSync()]);
    const { value, tape } = record(() => mixed(add, reshape)(a, b));
    expect(value.dataSync()).toEqual(tfjs(a, b).dataSync());
    const ours = tape.backward([[value, tf.scalar(1)]], { a, b });
    expect([ours.a, ours.b].map((gradient) => [...gradient.dataSync()])).toEqual(expected);
    const own = tf.grads(mixed(add, reshape))([a, b]);
    expect(own.map((gradient) => [...gradient.dataSync()])).toEqual(expected);
  });

  test('a reshaped tensor outlives the one it came from; nothing is left over', () => {
    const before = { ...tf.memory(), peak: expect.any(Number) };
    const x = tf.tensor1d(A!);
    const y = reshape(x, [2, 2]);
    x.dispose();
    expect([...y.dataSync()]).toEqual(A);
    y.dispose();
    const [a, b] = [tf.tensor1d(A!), tf.tensor1d(B!)];
    const { value, tape } = record(() => add(a, b));
    tf.dispose([a, b]);
    tape.dispose();
    value.dispose();
    expect(tf.memory()).toMatchObject({
      numTensors: before.numTensors,
      inUse: (before as never as { inUse: number }).inUse,
    });
  });

  test('broadcasts and other types are tfjs ones', () => {
    expect([...add(tf.tensor1d([1, 2]), tf.scalar(1)).dataSync()]).toEqual([2, 3]);
    expect(add(tf.tensor1d([1], 'int32'), tf.tensor1d([2], 'int32')).dtype).toBe('int32');
  });

  test('throw where the sizes do not fit', () => {
    expect(() => reshape(tf.ones([4]), [3])).toThrow(/Size\(4\) must match the product of shape 3/);
    expect(() => add(tf.ones([4]), tf.ones([3]))).toThrow(/broadcast/);
  });
});
