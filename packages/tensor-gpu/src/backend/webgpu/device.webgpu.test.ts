import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { create } from 'webgpu';
import { openDevice } from '../../devices/openDevice.ts';
import { linear } from '../../ops/linear.ts';
import { adamw } from '../../optim/adamw.ts';
import { record } from '../../tape/record.ts';
import { narrow } from '../../weights/narrow.ts';
import { storedTensor } from '../../weights/storedTensor.ts';
import { weightTensor } from '../weightTensor.ts';
import type { WebGpuDevice } from './openWebGpu.ts';

/** Differences of counts over a piece of work. */
async function countsOf(device: WebGpuDevice, work: () => Promise<unknown>) {
  const before = device.counts();
  await work();
  const after = device.counts();
  return Object.fromEntries(
    Object.entries(after).map(([name, count]) => [
      name,
      count - before[name as keyof typeof before],
    ]),
  );
}

describe('a GPU', () => {
  let device: WebGpuDevice;
  const compiled: number[] = [];
  beforeAll(async () => {
    device = await openDevice('webgpu', {
      onCompiled: (done, total) => compiled.push(done / total),
    });
  });
  afterAll(() => device.dispose());

  test('tells adapter, limits and the progress of compiling; is open once', async () => {
    expect(device.adapter.vendor).not.toBe('');
    expect(device.limits.maxStorageBufferBindingSize).toBeGreaterThanOrEqual(2 ** 27);
    expect(compiled.at(-1)).toBe(1);
    await expect(openDevice('webgpu')).rejects.toMatchObject({ code: 'backend' });
  });

  test('what is computed before a read is one submission, what is read together one read-back', async () => {
    const x = tf.randomNormal([4, 8], 0, 1, 'float32', 1);
    const weight = tf.randomNormal([3, 8], 0, 1, 'float32', 2);
    const counts = await countsOf(device, async () => {
      const { value, tape } = record(() => linear(x, weight));
      const { weight: gradient } = tape.backward([[value, tf.onesLike(value)]], { weight });
      await Promise.all([value.data(), gradient.data()]);
      tf.dispose([value, gradient]);
    });
    expect(counts).toMatchObject({ submissions: 1, readBacks: 1, dispatches: 3, bytesUploaded: 0 });
    expect(counts.bytesRead).toBe(4 * (4 * 3 + 3 * 8));
    tf.dispose([x, weight]);
  });

  test('synchronous reading is refused', () => {
    const x = tf.ones([2]);
    expect(() => x.dataSync()).toThrowError(expect.objectContaining({ code: 'backend' }));
    x.dispose();
  });

  test('memory is used again, also while commands that read it wait', async () => {
    const values = await Promise.all(
      Array.from({ length: 40 }, (_, k) => {
        const x = tf.fill([700], k); // encoded
        const y = tf.tensor1d(new Float32Array(700).fill(k)); // written by the queue at once
        const sum = tf.add(x, y);
        tf.dispose([x, y]);
        return sum.data();
      }),
    );
    for (const [k, value] of values.entries()) expect(value[699]).toBe(2 * k);
    const { allocated } = device.memory();
    for (let k = 0; k < 20; k++) {
      const x = tf.fill([700], k);
      await x.data();
      x.dispose();
    }
    expect(device.memory().allocated).toBe(allocated);
  });

  test('frozen weights take the bytes of their file, and give them back', () => {
    for (const dtype of ['bf16', 'f16', 'q8_0', 'q4_0', 'q4_1'] as const) {
      const bytes = narrow(new Float32Array(512 * 256), dtype);
      const { inUse } = device.memory();
      const weight = storedTensor(bytes, { shape: [512, 256], dtype });
      weightTensor(weight);
      expect(device.memory().inUse - inUse).toBeGreaterThanOrEqual(bytes.byteLength);
      expect(device.memory().inUse - inUse).toBeLessThanOrEqual(1.125 * bytes.byteLength); // a size class
      weight.dispose();
      expect(device.memory().inUse).toBe(inUse);
    }
  });

  test('more than a buffer of the device has is an error that says so', () => {
    const rows = Math.ceil(device.limits.maxBufferSize! / 4096) + 1;
    expect(() => tf.fill([rows, 1024], 0)).toThrowError(
      expect.objectContaining({ code: 'out-of-memory' }),
    );
  });

  test('AdamW: clipped updates are the CPU’s, in one submission; a bad gradient changes nothing', async () => {
    const shapes = [[1], [70, 130], [33], [], [5, 1], [2, 2]];
    const drawn = shapes.map((shape, k) => tf.randomNormal(shape, 0, 1, 'float32', k));
    const first = await Promise.all(drawn.map((tensor) => tensor.data<'float32'>()));
    const options = { learningRate: 0.1, weightDecay: 0.1 };
    const train = async () => {
      const tensors = first.map((values, k) => tf.tensor(values, shapes[k]!));
      const weights = Object.fromEntries(
        tensors.map((tensor, k) => [`w${k}`, tf.variable(tensor)]),
      );
      const optimizer = adamw(weights, options);
      const norms: number[] = [];
      const step = async (scale: number) => {
        const gradients = Object.fromEntries(
          tensors.map((tensor, k) => [`w${k}`, tf.mul(tensor, scale)]),
        );
        const { gradNorm } = await optimizer.step(gradients, { maxGradNorm: 1 });
        norms.push(gradNorm);
        tf.dispose(gradients);
      };
      for (const scale of [1, 1e-4, 2]) await step(scale);
      const counts =
        device && tf.getBackend() !== 'molrl'
          ? await countsOf(device, () => step(1))
          : await step(1);
      await step(1e21); // squares overflow f32; still good
      await expect(step(Number.NaN)).rejects.toMatchObject({ code: 'not-finite' });
      const state = await optimizer.readState();
      const values = await Promise.all(
        Object.values(weights).map((weight) => weight.data<'float32'>()),
      );
      const again = adamw(weights, options);
      again.load(state);
      expect(await again.readState()).toEqual(state);
      for (const made of [optimizer, again]) made.dispose();
      tf.dispose([weights, tensors]);
      return { norms, values, state, counts };
    };
    const onGpu = await train();
    expect(onGpu.counts).toMatchObject({ submissions: 1, readBacks: 1 });
    const cpu = await openDevice('cpu', { threads: 1 });
    const onCpu = await train();
    cpu.dispose();
    await tf.setBackend('molrl-webgpu');
    expect(onGpu.state.step).toBe(5);
    for (const [k, norm] of onCpu.norms.entries()) expect(onGpu.norms[k]! / norm).toBeCloseTo(1, 5);
    for (const [k, values] of onCpu.values.entries())
      for (const [i, value] of values.entries()) expect(onGpu.values[k]![i]).toBeCloseTo(value, 4);
    for (const [name, values] of Object.entries(onCpu.state.tensors))
      for (const [i, value] of values.entries())
        expect(onGpu.state.tensors[name]![i]! / (value || 1)).toBeCloseTo(value ? 1 : 0, 3);
    tf.dispose(drawn);
  });

  test('a clone keeps its values when the optimizer writes in place', async () => {
    const weight = tf.variable(tf.tensor1d([1, 2]));
    const kept = weight.clone();
    const optimizer = adamw({ weight }, { learningRate: 0.5, weightDecay: 0 });
    const gradient = tf.tensor1d([1, -1]);
    await optimizer.step({ weight: gradient });
    expect([...(await kept.data())]).toEqual([1, 2]);
    expect([...(await weight.data())].map((value) => value.toFixed(3))).toEqual(['0.500', '2.500']);
    optimizer.dispose();
    tf.dispose([weight, kept, gradient]);
  });
});

test('a device that is lost in the middle of a step is an event, and an error from then on', async () => {
  const gpu = create([]);
  const adapter = await gpu.requestAdapter();
  const shared = await adapter!.requestDevice();
  let told: Error | undefined;
  const lost = new Promise<void>((resolve) => {
    void openDevice('webgpu', {
      device: shared,
      onLost: (error) => {
        told = error;
        resolve();
      },
    }).then(() => {
      const x = tf.fill([64, 64], 1);
      const reading = tf.matMul(x, x as tf.Tensor2D).data();
      shared.destroy();
      return expect(reading).rejects.toMatchObject({ code: 'device-lost' });
    });
  });
  await lost;
  expect(told).toMatchObject({ code: 'device-lost' });
  expect(() => tf.fill([64, 64], 1)).toThrowError(expect.objectContaining({ code: 'device-lost' }));
  tf.removeBackend('molrl-webgpu');
});
