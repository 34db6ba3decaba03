import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { create } from 'webgpu';
import { openDevice } from '../../devices/openDevice.ts';
import { relativeError } from '../../fused/checkExample.ts';
import { embedding } from '../../ops/embedding.ts';
import { linear } from '../../ops/linear.ts';
import { lmHead } from '../../ops/lmHead.ts';
import { adamw } from '../../optim/adamw.ts';
import { record } from '../../tape/record.ts';

const MOST = 2 ** 18;
const gpu = create([]);
let real: GPUDevice;
let mostBound = 0;
beforeAll(async () => {
  real = await (await gpu.requestAdapter())!.requestDevice();
});
afterAll(() => real.destroy());

/** The device, which says that it binds 256 KiB at most; what is bound is measured. */
function smallDevice(): GPUDevice {
  const limits = new Proxy(real.limits, {
    get: (target, key) =>
      key === 'maxStorageBufferBindingSize' ? MOST : Reflect.get(target, key, target),
  });
  const overridden: Partial<GPUDevice> = {
    limits,
    createBindGroup(descriptor) {
      for (const { resource } of descriptor.entries) {
        const { buffer, size = buffer.size } = resource as GPUBufferBinding; // nothing else is bound
        mostBound = Math.max(mostBound, size);
      }
      return real.createBindGroup(descriptor);
    },
  };
  return new Proxy(real, {
    get(target, key) {
      const own: unknown = Reflect.get(overridden, key);
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, key, target); // the driver knows its own objects only
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

const [VOCABULARY, WIDTH, TOKENS] = [2400, 33, 12];
const values = (size: number, seed: number) =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(seed + 1.7 * i + 0.37 * (i % 97)));

/** Two steps of a model whose table of 316,800 bytes is its head too, and a wide layer; what it samples. */
async function trained() {
  const before = tf.memory().numTensors;
  const first = {
    table: tf.tensor2d(values(VOCABULARY * WIDTH, 1), [VOCABULARY, WIDTH]),
    wide: tf.tensor2d(values(2100 * WIDTH, 2), [2100, WIDTH]),
    narrow: tf.tensor2d(values(2100 * WIDTH, 3), [WIDTH, 2100]),
    norm: tf.tensor1d(values(WIDTH, 4)),
  };
  const weights = Object.fromEntries(
    Object.entries(first).map(([name, tensor]) => [name, tf.variable(tensor)]),
  ) as Record<keyof typeof first, tf.Variable>;
  const { table, wide, narrow, norm } = weights;
  const ids = tf.tensor1d([0, 2399, 600, 600, 3, 1983, 1984, 1985, 992, 1, 2399, 77], 'int32');
  let optimizer = adamw(weights, { learningRate: 0.01, eps: 1e-3 });
  const results: Float32Array[] = [];
  for (let step = 0; step < 2; step++) {
    const { value, tape } = record(() =>
      tf.tidy(() => {
        const hidden = tf.mul(embedding(table, ids), norm);
        const mixed = tf.add(hidden, linear(tf.tanh(linear(hidden, wide)), narrow));
        const { logprobs } = lmHead(mixed, table, ids, { temperature: 3 });
        return logprobs;
      }),
    );
    const loss = tf.fill([TOKENS], -1 / TOKENS);
    const gradients = tape.backward([[value, loss]], weights);
    const norms = await optimizer.step(gradients, { maxGradNorm: 1 });
    results.push(await value.data<'float32'>(), Float32Array.of(norms.gradNorm));
    tf.dispose([value, loss, gradients]);
    const state = await optimizer.readState();
    optimizer.dispose();
    optimizer = adamw(weights, { learningRate: 0.01, eps: 1e-3 });
    optimizer.load(state);
    results.push(...(Object.values(state.tensors) as Float32Array[])); // AdamW's are float32
  }
  results.push(...(await Promise.all(Object.values(weights).map((w) => w.data<'float32'>()))));
  optimizer.dispose();
  tf.dispose([first, weights, ids]);
  expect(tf.memory().numTensors).toBe(before);
  return results;
}

test('matrices of more than one binding: training as on the CPU', async () => {
  const cpu = await openDevice('cpu', { threads: 1 });
  const onCpu = await trained();
  cpu.dispose();
  const device = await openDevice('webgpu', { device: smallDevice() });
  const onGpu = await trained();
  const x = tf.ones([2400, WIDTH]) as tf.Tensor2D;
  const outside = embedding(x, tf.tensor1d([2400, 5, -1], 'int32'));
  expect((await outside.data())[0]).toBeNaN();
  expect((await outside.data())[WIDTH]).toBe(1);
  expect((await outside.data())[2 * WIDTH]).toBeNaN();
  expect(() => tf.transpose(x)).toThrowError(/stridedCopy takes a tensor of 316800 bytes/);
  device.dispose();
  expect(mostBound).toBeLessThanOrEqual(MOST);
  expect(onGpu).toHaveLength(onCpu.length);
  for (const [k, expected] of onCpu.entries())
    expect(relativeError(onGpu[k]!, expected), `result ${k}`).toBeLessThan(5e-5);
});
