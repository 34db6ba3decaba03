import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { record } from '../tape/record.ts';
import { registerGradients } from '../tape/registerGradients.ts';
import { lossFromGradient } from './lossFromGradient.ts';

beforeAll(async () => {
  await registerGradients();
  await tf.setBackend('cpu');
});

describe('lossFromGradient', () => {
  test('puts the given gradient on the tape', () => {
    const w = tf.tensor1d([1, 2, 3]);
    const before = tf.memory().numTensors;
    const { value: loss, tape } = record(() =>
      lossFromGradient(tf.mul(w, 2), (x) => ({
        loss: x.reduce((sum, v) => sum + v * v, 0),
        gradient: x.map((v) => 2 * v),
      })),
    );
    expect(loss.dataSync()[0]).toBe(56);
    const { w: dw } = tape.backward([[loss, tf.scalar(1)]], { w });
    expect([...dw.dataSync()]).toEqual([8, 16, 24]);
    expect(tf.memory().numTensors).toBe(before + 3);
  });

  test('works inside tf.grads', () => {
    const gradient = tf.grad((w: tf.Tensor) =>
      lossFromGradient(w, () => ({ loss: 0, gradient: [5, 6] })),
    );
    expect([...gradient(tf.tensor1d([0, 0])).dataSync()]).toEqual([5, 6]);
  });

  test('names the position of a non-finite gradient and refuses a wrong length', () => {
    const x = tf.ones([2, 2]);
    const loss = (gradient: number[]) => () => lossFromGradient(x, () => ({ loss: 0, gradient }));
    expect(loss([0, 0, Number.NaN, 0])).toThrowErrorMatchingInlineSnapshot(
      `[TensorGpuError: lossFromGradient: the gradient must be finite, got NaN at position 2 of 4. Look at that token where the loss is computed.]`,
    );
    expect(loss([0, 0])).toThrowErrorMatchingInlineSnapshot(
      `[TensorGpuError: lossFromGradient: gradient.length must be the size of x (4), got 2. Return one derivative per value, 0 for masked ones.]`,
    );
    expect(() => lossFromGradient(x, () => ({ loss: Number.NaN, gradient: [0, 0, 0, 0] }))).toThrow(
      'the loss must be finite',
    );
  });

  test('points at record() where tensors can only be read asynchronously', async () => {
    const x = tf.ones([2]);
    tf.registerBackend('webgpu', () => tf.findBackend('cpu'));
    await tf.setBackend('webgpu');
    expect(() =>
      lossFromGradient(x, () => ({ loss: 0, gradient: [0, 0] })),
    ).toThrowErrorMatchingInlineSnapshot(
      `[TensorGpuError: lossFromGradient: back end 'webgpu' cannot be read synchronously. Use record(), await x.data(), then tape.backward([[x, gradient]], parameters).]`,
    );
    await tf.setBackend('cpu');
  });
});
