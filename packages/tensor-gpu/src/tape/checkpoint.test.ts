import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CpuDevice, openCpu } from '../index.ts';
import { linear } from '../ops/linear.ts';
import { checkpoint } from './checkpoint.ts';
import { record } from './record.ts';

let device: CpuDevice;
beforeAll(async () => {
  device = await openCpu({ threads: 1 });
});
afterAll(() => device.dispose());

const WIDTH = 64;
const weights = () =>
  Array.from({ length: 12 }, (_, k) =>
    tf.tidy(() => tf.variable(tf.randomNormal([WIDTH, WIDTH], 0, 0.2, 'float32', k))),
  );
const layer = (x: tf.Tensor, w: tf.Tensor) =>
  tf.add(x, tf.tanh(tf.exp(tf.neg(tf.square(linear(x, w))))));

function trained(through: 'plain' | 'checkpoint', ws: tf.Variable[]) {
  const before = device.memory().inUse;
  const { value, tape } = record(() => {
    let x: tf.Tensor = tf.randomNormal([256, WIDTH], 0, 1, 'float32', 99);
    for (const w of ws) {
      const next =
        through === 'plain'
          ? tf.tidy(() => layer(x, w))
          : checkpoint((y) => [layer(y!, w)], [x])[0]!;
      x.dispose();
      x = next;
    }
    return x;
  });
  const held = device.memory().inUse - before;
  const cotangent = tf.ones(value.shape);
  const named = Object.fromEntries(ws.map((w, k) => [k, w]));
  const gradients = tape.backward([[value, cotangent]], named);
  const result = {
    held,
    value: value.dataSync().slice(),
    gradients: Object.values(gradients).map((g) => g.dataSync().slice()),
  };
  tf.dispose([value, cotangent, gradients]);
  return result;
}

test('gives the same bits as without, holds less, and leaves no tensor', () => {
  const ws = weights();
  const before = tf.memory().numTensors;
  const plain = trained('plain', ws);
  const checked = trained('checkpoint', ws);
  expect(checked.value).toEqual(plain.value);
  expect(checked.gradients).toEqual(plain.gradients);
  expect(checked.held).toBeLessThan(plain.held * 0.5);
  expect(tf.memory().numTensors).toBe(before);
  tf.dispose(ws);
});

test('several inputs and outputs, one of them unused; outside a recording it only runs', () => {
  const [a, b] = [tf.tensor1d([1, 2]), tf.tensor1d([3, 4])];
  const parts = (x?: tf.Tensor, y?: tf.Tensor) => [tf.mul(x!, y!), tf.add(x!, y!)];
  const { value, tape } = record(() => checkpoint(parts, [a, b]));
  const { a: da, b: db } = tape.backward([[value[0]!, tf.ones([2])]], { a, b });
  expect([...da.dataSync(), ...db.dataSync()]).toEqual([3, 4, 1, 2]);
  expect([...checkpoint(parts, [a, b])[1]!.dataSync()]).toEqual([4, 6]);
});

test('tf.grads goes through it', () => {
  const x = tf.tensor1d([2, 3]);
  const dx = tf.grad((y: tf.Tensor) => checkpoint((z) => [tf.mul(tf.square(z!), z!)], [y])[0]!)(x);
  expect([...dx.dataSync()]).toEqual([12, 27]);
});

test('what fails inside leaves the tape as it was', () => {
  const x = tf.tensor1d([2, 3]);
  const before = tf.memory().numTensors;
  expect(() =>
    record(() => {
      checkpoint((y) => [tf.matMul(y as tf.Tensor2D, tf.ones([5, 5]))], [tf.exp(x)]);
      return x;
    }),
  ).toThrow();
  expect(tf.memory().numTensors).toBe(before);
});
