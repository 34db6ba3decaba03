import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, test, vi } from 'vitest';
import { type CpuDevice, openCpu } from '../index.ts';

let device: CpuDevice | undefined;
afterEach(() => {
  device?.dispose();
  device = undefined;
});

test('a second copy of the package says so, wherever it meets the device of the first', async () => {
  device = await openCpu({ threads: 1 });
  vi.resetModules(); // what follows are other modules with other state
  const second = await import('../index.ts');
  const refused = /two copies of @molrl\/tensor-gpu are loaded.*0\.\d+\.\d+ \(file:.*npm dedupe/s;
  await expect(second.openCpu()).rejects.toMatchObject({ code: 'two-copies' });
  await expect(second.openCpu()).rejects.toThrow(refused);
  expect(() => second.record(() => tf.ones([1]))).toThrow(refused);
  expect(() => second.linear(tf.ones([1, 2]), tf.ones([3, 2]))).toThrow(refused);
  device.dispose();
  device = await second.openCpu({ threads: 1 }); // the first one is gone
  expect([...second.linear(tf.ones([1, 2]), tf.ones([3, 2])).dataSync()]).toEqual([2, 2, 2]);
});
