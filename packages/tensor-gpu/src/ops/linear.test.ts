import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testedKernels } from '../backend/testedKernels.ts';
import { checkFusedOp } from '../fused/checkFusedOp.ts';
import { type CpuDevice, openCpu } from '../index.ts';
import { linear, linearOp } from './linear.ts';

describe.each(testedKernels)('linear, %s', (kernels) => {
  let device: CpuDevice;
  beforeAll(async () => {
    device = await openCpu({ kernels, threads: 2 });
  });
  afterAll(() => device.dispose());

  test('value and both gradients equal the reference', async () => {
    const shapes = [[1], [3, 257], [2, 5, 64], [40, 70]];
    expect(await checkFusedOp(linearOp, { shapes, seed: 1 })).toMatchObject({
      ok: true,
      fused: true,
    });
  });

  test('computes y = x W^T', () => {
    const y = linear(
      tf.tensor2d([[1, 2]]),
      tf.tensor2d([
        [3, 4],
        [5, 6],
        [7, 8],
      ]),
    );
    expect(y.arraySync()).toEqual([[11, 17, 23]]);
  });

  test('throws `shape` for weights that lie the other way round', () => {
    expect(() => linear(tf.ones([2, 3]), tf.ones([3, 4]))).toThrowErrorMatchingInlineSnapshot(
      `[TensorGpuError: linear: weight must be [outputs, 3], after the last axis of x [2,3], got [3,4]. Weights are stored as in Hugging Face checkpoints, [outputs, inputs].]`,
    );
  });
});
