import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { create } from 'webgpu';
import { openDevice } from '../../devices/openDevice.ts';
import { onFusedMismatch } from '../../fused/firstUseCheck.ts';

const gpu = create([]);
let real: GPUDevice;
beforeAll(async () => {
  const adapter = await gpu.requestAdapter();
  real = await adapter!.requestDevice({ requiredFeatures: ['subgroups'] });
});
afterAll(() => real.destroy());

/** A device that compiles the shader of that label from another text. */
function faultyIn(label: string, change: (code: string) => string): GPUDevice {
  const overridden: Partial<GPUDevice> = {
    createShaderModule: (descriptor) =>
      real.createShaderModule(
        descriptor.label === label ? { ...descriptor, code: change(descriptor.code) } : descriptor,
      ),
  };
  return new Proxy(real, {
    get(target, key) {
      const own = Reflect.get(overridden, key);
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, key, target); // the driver knows its own objects only
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** The text with a part replaced that must be there. */
const replaced = (part: string, by: string) => (code: string) => {
  expect(code).toContain(part);
  return code.replace(part, by);
};

test('a GPU whose large products are wrong is refused, though the references multiply as wrongly', async () => {
  const device = faultyIn('gemm', replaced('sums[3][0] += a3', 'sums[3][0] -= a3'));
  await expect(openDevice('webgpu', { device })).rejects.toMatchObject({ code: 'backend' });
  expect(tf.findBackend('molrl-webgpu')).toBeFalsy();
});

test('a kernel that is wrong from its second block on is found out, and its reference used', async () => {
  const told: string[] = [];
  onFusedMismatch((message) => told.push(message));
  const device = faultyIn('attention 10', replaced('first += ROWS', 'first += 2u * ROWS'));
  const open = await openDevice('webgpu', { device });
  expect(told).toHaveLength(1);
  expect(told[0]).toContain('attention');
  open.dispose();
});

test('a shader that the driver does not compile is named', async () => {
  const device = faultyIn('rmsNorm 16', replaced('var squares', 'vor squares'));
  await expect(openDevice('webgpu', { device })).rejects.toThrow(/does not compile rmsNorm/);
});

test.each([
  [
    'adds up another lane',
    replaced('subgroupShuffleXor(result, 2u)', 'subgroupShuffleXor(result, 3u)'),
  ],
  ['does not compile them', replaced('subgroupShuffleXor(result, 2u)', 'subgroupShuffle(result)')],
])('subgroups of a driver that %s are not used, which is said once', async (_, change) => {
  const told: string[] = [];
  onFusedMismatch((message) => told.push(message));
  const open = await openDevice('webgpu', { device: faultyIn('check of subgroups', change) });
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(/subgroups of \d+ lanes cannot be used/);
  expect(open.subgroupLanes).toBe(1);
  open.dispose();
});

test('tiles that a GPU multiplies wrongly with are not used, which is said once', async () => {
  const told: string[] = [];
  onFusedMismatch((message) => told.push(message));
  const device = faultyIn('gemm 32', replaced('sums[3][0] += a3', 'sums[3][0] -= a3'));
  const open = await openDevice('webgpu', { device, tiles: { small: 32, large: 128 } });
  expect(told).toHaveLength(1);
  expect(told[0]).toContain('tiles of 32');
  expect(open.tiles).toEqual({ small: 64, large: 128 });
  open.dispose();
});
