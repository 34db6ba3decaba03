import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { create } from 'webgpu';
import { openDevice } from '../../devices/openDevice.ts';
import { onFusedMismatch } from '../../fused/firstUseCheck.ts';
import { linear } from '../../ops/linear.ts';
import { lmHead } from '../../ops/lmHead.ts';
import { rmsNorm } from '../../ops/rmsNorm.ts';
import { record } from '../../tape/record.ts';
import { narrow } from '../../weights/narrow.ts';
import { storedTensor } from '../../weights/storedTensor.ts';
import { type GpuTiles, TILE_SIZES, USUAL_TILES } from './engine/tiles.ts';
import type { OpenWebGpuOptions } from './openWebGpu.ts';

/** Stays while its devices do. */
const gpu = create([]);

const normal = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);

/** Value and gradients of sums over rows and of products, on a device with these options. */
async function computed(options: OpenWebGpuOptions) {
  const device = await openDevice('webgpu', options);
  const x = normal([150, 136], 1);
  const weights = {
    scale: normal([136], 2),
    weight: normal([140, 136], 3),
    head: normal([300, 140], 4),
  };
  const targets = tf.range(0, 150, 1, 'int32');
  const { value: logprobs, tape } = record(() => {
    const hidden = linear(rmsNorm(x, weights.scale, { eps: 1e-6 }), weights.weight);
    return lmHead(hidden, weights.head, targets).logprobs;
  });
  const gradients = tape.backward([[logprobs, tf.onesLike(logprobs)]], weights);
  const wide = tf.softmax(normal([3, 700], 5));
  const large = tf.matMul(normal([530, 20], 6), normal([20, 520], 7));
  const few = [1, 5, 11].map((rows) => linear(normal([rows, 136], 8), weights.weight));
  const all = [logprobs, ...Object.values(gradients), wide, large, ...few];
  const values = await Promise.all(all.map((tensor) => tensor.data<'float32'>()));
  const { subgroupLanes, tiles } = device;
  device.dispose();
  return { values, subgroupLanes, tiles };
}

const plain = await computed({ subgroups: false, tiles: USUAL_TILES });

test('rows that subgroups add up have the bits of those that workgroup memory adds up', async () => {
  const { values, subgroupLanes } = await computed({});
  expect(plain.subgroupLanes).toBe(1);
  expect(subgroupLanes).toBeGreaterThan(1); // SwiftShader offers them
  expect(values).toEqual(plain.values);
});

test('subgroups that are taken for larger than they are give other sums, which the check finds', async () => {
  const told: string[] = [];
  onFusedMismatch((message) => told.push(message));
  const adapter = await gpu.requestAdapter();
  const real = await adapter!.requestDevice({ requiredFeatures: ['subgroups'] });
  const device = new Proxy(real, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target); // the driver knows its own objects only
      const { vendor, architecture, description } = target.adapterInfo;
      if (key === 'adapterInfo') return { vendor, architecture, description, subgroupMinSize: 32 };
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const { values, subgroupLanes } = await computed({ device });
  real.destroy();
  expect(told).toEqual([expect.stringMatching(/subgroups of 32 lanes cannot be used/)]);
  expect(subgroupLanes).toBe(1);
  expect(values).toEqual(plain.values);
});

/** What frozen weights of 16 bits and of blocks give. */
async function ofStored(options: OpenWebGpuOptions) {
  const device = await openDevice('webgpu', options);
  const x = normal([5, 64], 1);
  const values: Float32Array[] = [];
  for (const dtype of ['f16', 'q8_0', 'q4_0', 'q4_1'] as const) {
    const tiny = tf.mul(normal([40, 64], 2), 3e-6); // in numbers of 16 bits subnormal
    for (const source of [normal([40, 64], 3), tiny]) {
      const bytes = narrow(await source.data<'float32'>(), dtype);
      const weight = storedTensor(bytes, { shape: [40, 64], dtype });
      values.push(await linear(x, weight).data<'float32'>());
      weight.dispose();
    }
  }
  const { shaderF16 } = device;
  device.dispose();
  return { values, shaderF16 };
}

test('numbers of 16 bits that the GPU widens have the bits of those widened by hand', async () => {
  const offered = (await gpu.requestAdapter())!.features.has('shader-f16'); // SwiftShader has none, llvmpipe does
  const { values, shaderF16 } = await ofStored({});
  const byHand = await ofStored({ shaderF16: false });
  expect([shaderF16, byHand.shaderF16]).toEqual([offered, false]);
  expect(values).toEqual(byHand.values);
});

test('a device that says it has numbers of 16 bits and has none is found out, and works without', async () => {
  const told: string[] = [];
  onFusedMismatch((message) => told.push(message));
  const adapter = await gpu.requestAdapter();
  const real = await adapter!.requestDevice();
  const device = new Proxy(real, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target); // the driver knows its own objects only
      if (key === 'features') return new Set(['shader-f16']);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const { values, shaderF16 } = await ofStored({ device });
  real.destroy();
  expect(told).toEqual([expect.stringMatching(/numbers of 16 bits cannot be used/)]);
  expect(shaderF16).toBe(false);
  expect(values).toEqual((await ofStored({ shaderF16: false })).values);
});

const pairs: GpuTiles[] = [
  { small: 32, large: 128 },
  { small: 128, large: 32 },
];

test.each(pairs)('tiles of $small and $large: values within 1e-5', async (tiles) => {
  const got = await computed({ tiles });
  expect(got.tiles).toEqual(tiles);
  for (const [k, values] of got.values.entries()) {
    const expected = plain.values[k]!;
    const most = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 1);
    const worst = values.reduce(
      (top, value, i) => Math.max(top, Math.abs(value - expected[i]!)),
      0,
    );
    expect(worst / most).toBeLessThan(1e-5);
  }
});

test('measured tiles are some that there are, and measured once', async () => {
  const first = await openDevice('webgpu', { tiles: 'measure' });
  for (const tile of Object.values(first.tiles)) expect(TILE_SIZES).toContain(tile);
  const { tiles } = first;
  first.dispose();
  const second = await openDevice('webgpu', { tiles: 'measure' });
  expect(second.tiles).toEqual(tiles);
  expect(second.counts().dispatches).toBeLessThan(first.counts().dispatches);
  second.dispose();
});

test('tiles that there are not are refused', async () => {
  const wrong = { small: 48, large: 64 } as unknown as GpuTiles; // a caller without types
  await expect(openDevice('webgpu', { tiles: wrong })).rejects.toMatchObject({ code: 'option' });
});
