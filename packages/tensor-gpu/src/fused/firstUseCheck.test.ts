import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FusedKernelCall, registerFusedKernel } from '../backend/fusedKernel.ts';
import { type CpuDevice, openCpu } from '../index.ts';
import { verify } from '../ops/verify.ts';
import { record } from '../tape/record.ts';
import { checkFusedOp } from './checkFusedOp.ts';
import { defineFusedOp } from './defineFusedOp.ts';
import { onFusedMismatch } from './firstUseCheck.ts';

let device: CpuDevice;
const reports: string[] = [];
beforeAll(async () => {
  device = await openCpu({ kernels: 'wasm', threads: 1 });
  onFusedMismatch((message) => reports.push(message));
});
afterAll(() => device.dispose());

/** y = 2 x, whose kernels multiply by the given numbers. */
function doubling(name: string, value: number, derivative: number) {
  const times =
    (factor: number, input: string) =>
    ({ backend, inputs }: FusedKernelCall) => {
      const { dataId, shape } = inputs[input]!;
      const values = (backend.readSync(dataId) as Float32Array).map((v) => v * factor); // float32
      return [
        { dataId: backend.write(values, shape, 'float32'), shape, dtype: 'float32' as const },
      ];
    };
  const kernel = { name, forward: times(value, 'x'), gradient: times(derivative, 'dy') };
  registerFusedKernel(tf.getBackend(), kernel);
  return defineFusedOp<[x: tf.Tensor]>({
    name,
    inputs: ['x'],
    saves: [],
    reference: (x: tf.Tensor): tf.Tensor => tf.add(x, x),
    tolerance: 1e-6,
    example: (shape, random) => [random.normal(shape)],
  });
}

describe('the check on first use', () => {
  test('a kernel that agrees is used, and its check leaves nothing on the tape', () => {
    const op = doubling('doubleRight', 2, 2);
    const x = tf.tensor1d([1, 2]);
    const before = tf.memory().numTensors;
    const { value, tape } = record(() => op(x));
    expect([...value.dataSync()]).toEqual([2, 4]);
    const { x: dx } = tape.backward([[value, tf.ones([2])]], { x });
    expect([...dx.dataSync()]).toEqual([2, 2]);
    expect(tf.memory().numTensors).toBe(before + 3);
    expect(reports).toEqual([]);
  });

  test('a first use inside tf.customGrad is checked as well, gradient included', () => {
    const op = doubling('doubleInside', 2, 1);
    const x = tf.tensor1d([1, 2]);
    const inside = tf.customGrad((v) => ({
      value: op(v as tf.Tensor),
      gradFunc: (dy: tf.Tensor) => dy,
    }));
    const { value, tape } = record(() => inside(x));
    tape.dispose();
    value.dispose();
    expect(reports.splice(0).join()).toContain('doubleInside: fused result differs');
  });

  test.each([
    { title: 'value', name: 'doubleBadly', value: 2.001, derivative: 2 },
    { title: 'gradient', name: 'doubleBadGradient', value: 2, derivative: 1 },
    { title: 'NaN', name: 'doubleNaN', value: Number.NaN, derivative: 2 },
  ])(
    'a kernel with a wrong $title is reported once and replaced by the reference',
    async ({ name, value, derivative }) => {
      const op = doubling(name, value, derivative);
      const x = tf.tensor1d([1, 2]);
      const { value: y, tape } = record(() => op(op(x)));
      expect([...y.dataSync()]).toEqual([4, 8]);
      expect([...tape.backward([[y, tf.ones([2])]], { x }).x.dataSync()]).toEqual([4, 4]);
      expect(reports.filter((message) => message.startsWith(`${name}: `))).toHaveLength(1);
      expect(reports.at(-1)).toMatch(
        /fused result differs from its reference on 'molrl' \(max error .*, tolerance 1\.0e-6\)\. Using the reference from now on; please report the adapter\./,
      );
      expect(await checkFusedOp(op, { shapes: [[3]], seed: 1 })).toMatchObject({
        ok: false,
        fused: true,
      });
    },
  );

  test('verify() reports every op of the package as good', async () => {
    const checks = await verify();
    expect(checks.filter(({ ok, fused }) => !ok || !fused)).toEqual([]);
    expect(checks.map(({ op }) => op)).toContain('attention');
  });

  test('without kernels the reference runs and nothing is compared', async () => {
    const op = defineFusedOp<[x: tf.Tensor]>({
      name: 'noKernelAnywhere',
      inputs: ['x'],
      saves: [],
      reference: (x: tf.Tensor): tf.Tensor => tf.exp(x),
      tolerance: 1e-6,
      example: (shape, random) => [random.normal(shape)],
    });
    expect(op(tf.scalar(0)).dataSync()[0]).toBe(1);
    expect(await checkFusedOp(op, { shapes: [[3]], seed: 1 })).toMatchObject({
      fused: false,
      ok: true,
    });
  });
});
