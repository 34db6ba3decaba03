import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import golden from '../../fixtures/optimizers.json' with { type: 'json' };
import { type CpuDevice, openCpu } from '../index.ts';
import { adamw } from './adamw.ts';
import { adamw8bit } from './adamw8bit.ts';
import { dynamicMap } from './dynamicMap.ts';
import { muon } from './muon.ts';
import { newtonSchulz } from './newtonSchulz.ts';
import type { Optimizer } from './optimizer.ts';

/** The generator of makeOptimizers.py. */
const values = (size: number, seed: number) =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(1 + 1.7 * i + 0.37 * i * i + 3.1 * seed));
const SHAPES = { tall: [7, 4], wide: [3, 8], norm: [5] };
const tensors = (seed: number) =>
  Object.fromEntries(
    Object.entries(SHAPES).map(([name, shape], k) => {
      const size = shape.reduce((a, b) => a * b);
      return [name, tf.tensor(values(size, seed + k), shape)];
    }),
  );
const variables = () =>
  tf.tidy(() =>
    Object.fromEntries(Object.entries(tensors(0)).map(([name, x]) => [name, tf.variable(x)])),
  );

let device: CpuDevice;
beforeAll(async () => {
  device = await openCpu({ threads: 2 });
});
afterAll(() => device.dispose());

const close = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) => {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < actual.length; i++)
    expect(Math.abs(actual[i]! - expected[i]!), `[${i}]`).toBeLessThan(tolerance);
};

describe('muon', () => {
  test.each(golden.muon)('equals its formula in float64, $adjust', async (row) => {
    const parameters = variables();
    const optimizer = muon(parameters, {
      ...{ learningRate: 0.02, weightDecay: 0.1, nesterov: row.nesterov },
      adjustLearningRate: row.adjust as 'original' | 'match_rms_adamw',
    });
    for (const [t, norm] of row.norms.entries()) {
      const { gradNorm } = await optimizer.step(tensors(10 * (t + 1)), { maxGradNorm: 1 });
      expect(gradNorm / norm).toBeCloseTo(1, 6);
    }
    for (const [name, expected] of Object.entries(row.weights))
      close(parameters[name]!.dataSync(), expected, 2e-5);
    optimizer.dispose();
  });

  test('the iteration brings singular values near 1 and leaves 0 alone', () => {
    const x = tf.tensor2d(values(40, 3), [5, 8]);
    const y = newtonSchulz(x, 5);
    const gram = tf.matMul(y, y, false, true).arraySync() as number[][];
    for (const [i, row] of gram.entries()) expect(row[i]).toBeGreaterThan(0.4);
    for (const [i, row] of gram.entries()) expect(row[i]).toBeLessThan(1.5);
    expect([...newtonSchulz(tf.zeros([2, 3]), 5).dataSync()]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('a rate of its own for what is no matrix; a matrix that is none is refused', async () => {
    const parameters = variables();
    const before = Float32Array.from(parameters.norm!.dataSync());
    const optimizer = muon(parameters, { learningRate: 0.1, adamw: { learningRate: 0 } });
    await optimizer.step(tensors(3));
    expect(Float32Array.from(parameters.norm!.dataSync())).toEqual(before);
    expect(() =>
      muon(variables(), { learningRate: 0.1, matrices: () => true }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[TensorGpuError: muon: norm must be a matrix, got [5]. Leave it out in \`matrices\`: AdamW moves it then.]`,
    );
  });
});

describe('adamw8bit', () => {
  const { count, every } = golden.adamw8bit;
  const gradient = (t: number) => {
    const exponents = values(count, 50 + t);
    return tf.tensor(values(count, t).map((x, i) => x * 10 ** (exponents[i]! * 2)));
  };
  const options = { learningRate: 0.01, betas: [0.9, 0.98], weightDecay: 0.1 } as const;

  test.each(['signed', 'unsigned'] as const)('its %s numbers are bitsandbytes’', (kind) => {
    close(dynamicMap(kind), golden.dynamicMap[kind], 1e-7);
  });

  test('equals AdamW in float64 between bitsandbytes’ quantisations', async () => {
    const w = tf.variable(tf.tensor(values(count, 0)));
    const optimizer = adamw8bit({ w }, options);
    for (let t = 1; t <= 6; t++) await optimizer.step({ w: gradient(t) });
    const state = optimizer.state().tensors;
    const some = (all: ArrayLike<number>) => Array.from(all).filter((_, i) => i % every === 0);
    close(some(w.dataSync()), golden.adamw8bit.weights, 2e-4);
    // A number in the middle of two codes may fall to either side.
    const same = (name: 'exp_avg' | 'exp_avg_sq') =>
      some(state[`w/${name}`]!).filter((code, i) => code === golden.adamw8bit[name][i]).length;
    const all = golden.adamw8bit.weights.length;
    expect(same('exp_avg')).toBeGreaterThan(all * 0.97);
    expect(same('exp_avg_sq')).toBeGreaterThan(all * 0.97);
    const relative = (actual: ArrayLike<number>, expected: readonly number[]) =>
      Math.max(...expected.map((x, i) => Math.abs(actual[i]! / x - 1)));
    expect(relative(state['w/exp_avg/absmax']!, golden.adamw8bit.absmax[0]!)).toBeLessThan(1e-2);
    expect(relative(state['w/exp_avg_sq/absmax']!, golden.adamw8bit.absmax[1]!)).toBeLessThan(1e-2);
  });

  test('takes at most 0.3 of the bytes, and small parameters stay exact', async () => {
    const parameters = { w: tf.variable(tf.zeros([count])), bias: tf.variable(tf.zeros([40])) };
    const exact = { bias: tf.variable(tf.zeros([40])) };
    const [eight, full] = [adamw8bit(parameters, options), adamw(exact, options)];
    const bias = tf.tensor(values(40, 9));
    await eight.step({ w: gradient(1), bias });
    await full.step({ bias });
    const bytes = (names: string) =>
      Object.entries(eight.state().tensors).reduce(
        (sum, [name, x]) => sum + (name.startsWith(names) ? x.byteLength : 0),
        0,
      );
    expect(bytes('w/') / (8 * count)).toBeLessThan(0.3);
    expect(parameters.bias.dataSync()).toEqual(exact.bias.dataSync());
    expect(eight.state().tensors['bias/exp_avg']).toEqual(full.state().tensors['bias/exp_avg']);
  });
});

describe.each([
  ['muon', (p: Record<string, tf.Variable>) => muon(p, { learningRate: 0.05 })],
  [
    'adamw8bit',
    (p: Record<string, tf.Variable>) => adamw8bit(p, { learningRate: 0.05, min8bitSize: 10 }),
  ],
] as [string, (p: Record<string, tf.Variable>) => Optimizer][])('%s', (name, create) => {
  const snapshot = (parameters: Record<string, tf.Variable>, optimizer: Optimizer) => ({
    weights: Object.values(parameters).map((x) => Float32Array.from(x.dataSync())),
    state: optimizer.state(),
  });

  test('goes on from a loaded state bitwise, and keeps no tensor', async () => {
    const start = tf.memory().numTensors;
    const steps = [1, 2, 3, 4].map((t) => tensors(10 * t));
    const [straight, resumed] = [variables(), variables()];
    const [first, second] = [create(straight), create(resumed)];
    for (const gradients of steps.slice(0, 2)) {
      await first.step(gradients);
      await second.step(gradients);
    }
    const third = create(resumed);
    third.load(second.state());
    second.dispose();
    for (const gradients of steps.slice(2)) {
      await first.step(gradients);
      await third.step(gradients);
    }
    expect(snapshot(resumed, third)).toEqual(snapshot(straight, first));
    first.dispose();
    third.dispose();
    tf.dispose([steps, Object.values(straight), Object.values(resumed)]);
    expect(tf.memory().numTensors).toBeLessThanOrEqual(start);
  });

  test('a bad gradient or state changes nothing and is named', async () => {
    const parameters = variables();
    const optimizer = create(parameters);
    await optimizer.step(tensors(10));
    const before = snapshot(parameters, optimizer);
    const bad = { ...tensors(20), wide: tf.fill([3, 8], Number.NaN) };
    await expect(optimizer.step(bad)).rejects.toThrow(`${name}: gradient of wide must be finite`);
    expect(() => optimizer.load({ step: 3, tensors: {} })).toThrow(`${name}: the state has no`);
    expect(snapshot(parameters, optimizer)).toEqual(before);
    optimizer.dispose();
  });
});

describe('decays', () => {
  test('leaves the others out of the weight decay', async () => {
    const parameters = variables();
    const before = Float32Array.from(parameters.norm!.dataSync());
    const asked: string[] = [];
    const optimizer = adamw(parameters, {
      ...{ learningRate: 0.1, weightDecay: 0.5 },
      decays: (name, { rank }) => {
        asked.push(name);
        return rank > 1;
      },
    });
    expect(asked).toEqual(Object.keys(parameters));
    const zeros = Object.fromEntries(
      Object.entries(SHAPES).map(([name, shape]) => [name, tf.zeros(shape)]),
    );
    await optimizer.step(zeros);
    expect(Float32Array.from(parameters.norm!.dataSync())).toEqual(before);
    expect(parameters.tall!.dataSync()[3]! / values(28, 0)[3]!).toBeCloseTo(0.95, 6);
  });
});
