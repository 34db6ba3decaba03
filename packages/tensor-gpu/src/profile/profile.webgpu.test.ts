import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { create } from 'webgpu';
import { BUFFER } from '../backend/webgpu/engine/gpuFlags.ts';
import type { WebGpuDevice } from '../backend/webgpu/openWebGpu.ts';
import { openDevice } from '../devices/openDevice.ts';
import { attention } from '../ops/attention.ts';
import { linear } from '../ops/linear.ts';
import { record } from '../tape/record.ts';
import { storedTensor } from '../weights/storedTensor.ts';
import { profile } from './profile.ts';

/** Stays while its devices do. */
const gpu = create([]);
let device: WebGpuDevice;
beforeAll(async () => {
  device = await openDevice('webgpu');
});
afterAll(() => device.dispose());

const [B, T, H, N] = [2, 80, 64, 96];
const step = (): void => {
  const [x, w, dy] = [tf.ones([B, T, H]), tf.ones([N, H]), tf.ones([B, T, N])];
  const { value, tape } = record(() => linear(x, w));
  tf.dispose([x, w, dy, value, tape.backward([[value, dy]], { x, w })]);
};

test('a GPU tells commands, arithmetic, bytes and times by op and kernel', async () => {
  const before = device.memory().inUse;
  const { rows, seconds, dispatchSeconds } = await profile(() => {
    for (let i = 0; i < 5; i++) step();
  });
  const products = rows.filter(({ kernel }) => kernel.startsWith('gemm'));
  const floats = B * T * H + N * H + B * T * N;
  expect(products.map(({ op, calls, flops, bytes }) => ({ op, calls, flops, bytes }))).toEqual(
    expect.arrayContaining([
      { op: 'linear', calls: 5, flops: 10 * B * T * H * N, bytes: 20 * floats },
      { op: 'linearGradient', calls: 10, flops: 20 * B * T * H * N, bytes: 40 * floats },
    ]),
  );
  const inCommands = rows.reduce((sum, row) => sum + row.seconds, 0);
  expect(inCommands).toBeGreaterThan(0);
  expect(inCommands).toBeLessThan(1.1 * seconds); // its clock is another one
  expect(dispatchSeconds).toBeGreaterThanOrEqual(0);
  expect(device.memory().inUse).toBe(before);
});

test('masks and windows count as they do on the CPU, frozen matrices as they are stored', async () => {
  const [q, k] = [tf.ones([1, T, 2, 8]), tf.ones([1, T, 1, 8])];
  const weight = storedTensor(new Uint16Array(N * H), { shape: [N, H], dtype: 'bf16' });
  const x = tf.ones([4 * T, H]);
  const flops = async (options: Parameters<typeof attention>[4]) => {
    const { rows } = await profile(() => {
      attention(q, k, k, tf.zeros([1, T], 'int32'), options).dispose();
    });
    return rows.find(({ op }) => op === 'attention')!.flops / (2 * 2 * 2 * 8);
  };
  expect(await flops({ causal: false })).toBe(T * T);
  expect(await flops({})).toBe((T * (T + 1)) / 2);
  expect(await flops({ window: 3 })).toBe(3 * T - 3);
  const { rows } = await profile(() => linear(x, weight).dispose());
  const bytes = 4 * (4 * T * H + 4 * T * N) + 2 * N * H;
  expect(rows.find(({ op }) => op === 'linear')).toMatchObject({ calls: 1, bytes });
  weight.dispose();
  tf.dispose([q, k, x]);
});

test('more commands than a set of queries holds, in passes that go on as before', async () => {
  const x = tf.ones([4]);
  const { rows } = await profile(() => {
    for (let i = 0; i < 2100; i++) tf.neg(x).dispose();
  });
  expect(rows.find(({ op }) => op === 'Neg')?.calls).toBe(2100);
  const { submissions } = device.counts();
  const y = tf.tidy(() => tf.neg(tf.neg(x)));
  expect([...(await y.data())]).toEqual([1, 1, 1, 1]);
  expect(device.counts().submissions).toBe(submissions + 1);
  await expect(profile(() => profile(() => 1))).rejects.toThrow('another profile is running');
  await profile(() => undefined); // the one before has ended
  tf.dispose([x, y]);
});

test('a device that is lost while its times are read says so', async () => {
  device.dispose(); // one at a time
  const adapter = await gpu.requestAdapter();
  const shared = await adapter!.requestDevice({ requiredFeatures: ['timestamp-query'] });
  device = await openDevice('webgpu', { device: shared });
  const createBuffer = shared.createBuffer.bind(shared);
  shared.createBuffer = (wanted) => {
    if (wanted.usage & BUFFER.queryTarget) queueMicrotask(() => shared.destroy());
    return createBuffer(wanted);
  };
  const lost = expect.objectContaining({ name: 'TensorGpuError', code: 'device-lost' });
  await expect(profile(() => tf.neg(tf.ones([4])))).rejects.toThrow(lost);
});
