import { testedKernels } from '../backend/testedKernels.ts';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CpuDevice, openCpu } from '../index.ts';
import { adamw } from './adamw.ts';
import { adamwReference } from './adamwReference.ts';
import { learningRateSchedule } from './learningRateSchedule.ts';
import type { Optimizer } from './optimizer.ts';

const SHAPES = { embed: [37, 9], norm: [7], up: [3, 50, 2], scalar: [] as number[] };
type Name = keyof typeof SHAPES;
const NAMES = Object.keys(SHAPES) as Name[];

const values = (name: Name, seed: number, scale = 1) => {
  const size = SHAPES[name].reduce((a, b) => a * b, 1);
  return Float32Array.from({ length: size }, (_, i) => scale * Math.sin(1 + i * 1.7 + seed * 3.1));
};
const variables = () =>
  Object.fromEntries(
    NAMES.map((name) => [name, tf.variable(tf.tensor(values(name, 0), SHAPES[name]))]),
  );
const gradients = (step: number, scale = 1) =>
  Object.fromEntries(
    NAMES.map((name) => [name, tf.tensor(values(name, step + 1, scale), SHAPES[name])]),
  );

/** torch.optim.AdamW written down in float64, decay on every tensor, clip_grad_norm_ before it. */
function expected(
  steps: number,
  rates: (t: number) => number,
  max: number,
  decay: number,
  scale: number,
) {
  const [b1, b2, eps] = [0.9, 0.98, 1e-8];
  const w = NAMES.map((name) => Float64Array.from(values(name, 0)));
  const m = w.map(({ length }) => new Float64Array(length));
  const v = w.map(({ length }) => new Float64Array(length));
  const norms: number[] = [];
  for (let t = 1; t <= steps; t++) {
    const g = NAMES.map((name) => Float64Array.from(values(name, t, scale)));
    const norm = Math.sqrt(g.reduce((sum, x) => sum + x.reduce((a, b) => a + b * b, 0), 0));
    const clip = Math.min(1, max / (norm + 1e-6));
    const lr = rates(t - 1);
    norms.push(norm);
    for (const [p, weights] of w.entries())
      for (let i = 0; i < weights.length; i++) {
        const gradient = g[p]![i]! * clip;
        m[p]![i] = b1 * m[p]![i]! + (1 - b1) * gradient;
        v[p]![i] = b2 * v[p]![i]! + (1 - b2) * gradient ** 2;
        const mHat = m[p]![i]! / (1 - b1 ** t);
        const vHat = v[p]![i]! / (1 - b2 ** t);
        weights[i] = weights[i]! * (1 - lr * decay) - (lr * mHat) / (Math.sqrt(vHat) + eps);
      }
  }
  return { w, norms };
}

describe.each([
  ...testedKernels.map((kernels, i) => ({ name: 'molrl', kernels, threads: 2 - i }) as const),
  { name: 'cpu', kernels: 'tfjs' },
] as const)('adamw on $name $kernels', (where) => {
  const opened: { device?: CpuDevice } = {};
  beforeAll(async () => {
    if (where.name === 'molrl') opened.device = await openCpu({ kernels: where.kernels });
    else await tf.setBackend('cpu');
  });
  afterAll(() => opened.device?.dispose());
  const betas = [0.9, 0.98] as const;

  test.each([{ scale: 1 }, { scale: 0.01 }])(
    'equals torch in float64, gradients times $scale',
    async ({ scale }) => {
      const rates = learningRateSchedule({
        type: 'linear',
        warmupSteps: 2,
        totalSteps: 6,
        decayFrom: 0.5,
        minRatio: 0.1,
      });
      const lr = (t: number) => 0.03 * rates(t);
      const parameters = variables();
      const optimizer = adamw(parameters, { learningRate: 1, betas, weightDecay: 0.1 });
      const golden = expected(6, lr, 1, 0.1, scale);
      for (let t = 0; t < 6; t++) {
        const { gradNorm } = await optimizer.step(gradients(t, scale), {
          learningRate: lr(t),
          maxGradNorm: 1,
        });
        expect(gradNorm / golden.norms[t]!).toBeCloseTo(1, 6);
      }
      for (const [p, key] of NAMES.entries()) {
        const actual = parameters[key]!.dataSync();
        for (const [i, value] of golden.w[p]!.entries())
          expect(Math.abs(actual[i]! - value)).toBeLessThan(3e-6);
      }
      optimizer.dispose();
    },
  );

  test('a non-finite gradient throws with the name and changes nothing', async () => {
    const parameters = variables();
    const optimizer = adamw(parameters, { learningRate: 0.1 });
    await optimizer.step(gradients(0));
    const before = snapshot(parameters, optimizer);
    const bad = gradients(1);
    const broken = values('up', 2);
    broken[131] = Number.NaN;
    bad.up = tf.tensor(broken, SHAPES.up);
    await expect(optimizer.step(bad)).rejects.toThrowErrorMatchingSnapshot();
    expect(snapshot(parameters, optimizer)).toEqual(before);
    await optimizer.step(gradients(1));
    expect(optimizer.state().step).toBe(2);
    optimizer.dispose();
  });

  test('finite gradients whose squares overflow f32 are clipped, not refused', async () => {
    const parameters = variables();
    const optimizer = adamw(parameters, { learningRate: 0.1 });
    const { gradNorm } = await optimizer.step(gradients(0, 1e25), { maxGradNorm: 1 });
    expect(gradNorm).toBeGreaterThan(1e25);
    expect(Number.isFinite(parameters.up!.dataSync()[3]!)).toBe(true);
    optimizer.dispose();
  });

  test('goes on from a loaded state bitwise, and keeps no tensor', async () => {
    const start = tf.memory().numTensors;
    const [straight, resumed] = [variables(), variables()];
    const first = adamw(straight, { learningRate: 0.1 });
    const second = adamw(resumed, { learningRate: 0.1 });
    const steps = [0, 1, 2, 3].map((t) => gradients(t));
    for (const gradient of steps.slice(0, 2)) {
      await first.step(gradient);
      await second.step(gradient);
    }
    const third = adamw(resumed, { learningRate: 0.1 });
    third.load(second.state());
    second.dispose();
    for (const gradient of steps.slice(2)) {
      await first.step(gradient);
      await third.step(gradient);
    }
    expect(snapshot(resumed, third)).toEqual(snapshot(straight, first));
    first.dispose();
    third.dispose();
    tf.dispose([straight, resumed, steps]);
    tf.disposeVariables();
    expect(tf.memory().numTensors).toBeLessThanOrEqual(start);
  });

  test('a clone of a parameter keeps its values', async () => {
    const parameters = variables();
    const clone = parameters.up!.clone();
    const before = Float32Array.from(clone.dataSync());
    const optimizer = adamw(parameters, { learningRate: 0.1 });
    await optimizer.step(gradients(0));
    expect(Float32Array.from(clone.dataSync())).toEqual(before);
    expect(parameters.up!.dataSync()[0]).not.toBe(before[0]);
    optimizer.dispose();
  });

  test('throws for gradients and states of other parameters', async () => {
    const optimizer = adamw(variables(), { learningRate: 0.1 });
    const { up, ...rest } = gradients(0);
    await expect(optimizer.step(rest)).rejects.toThrow('parameter up has no gradient');
    await expect(optimizer.step({ ...rest, up: tf.zeros([2]) })).rejects.toThrow(
      'float32 [3,50,2], got float32 [2]',
    );
    await expect(optimizer.step({ ...rest, up: up!, other: up! })).rejects.toThrow(
      'no parameter other',
    );
    expect(() => optimizer.load({ step: 1, tensors: {} })).toThrow('no embed/exp_avg');
    expect(() => adamw({}, { learningRate: Number.NaN })).toThrow(
      'learningRate must be finite and >= 0',
    );
    optimizer.dispose();
  });
});

describe('the AdamW kernel', () => {
  test('equals its reference on a parameter of many chunks, bitwise the same on 1 and 2 threads', async () => {
    const n = 40_003;
    const start = Float32Array.from({ length: n }, (_, i) => Math.sin(i));
    const results: Float32Array[] = [];
    for (const threads of [1, 2]) {
      const device = await openCpu({ threads });
      const gradient = tf.tensor(Float32Array.from({ length: n }, (_, i) => Math.cos(i * 0.7)));
      const kernel = tf.variable(tf.tensor(start));
      const plain = tf.variable(tf.tensor(start));
      const optimizer = adamw({ w: kernel }, { learningRate: 0.01 });
      await optimizer.step({ w: gradient }, { maxGradNorm: 1 });
      const reference = adamwReference([plain]);
      const [squared = 0] = await reference.squaredNorms([gradient]);
      reference.update([gradient], {
        clip: 1 / (Math.sqrt(squared) + 1e-6),
        keep: 1 - 1e-4,
        beta1: 0.9,
        beta2: 0.999,
        stepSize: 0.1,
        inverseRootBias2: 1 / Math.sqrt(1e-3),
        eps: 1e-8,
      });
      expect(tf.max(tf.abs(tf.sub(kernel, plain))).dataSync()[0]).toBeLessThan(1e-6);
      results.push(Float32Array.from(kernel.dataSync()));
      optimizer.dispose();
      reference.dispose();
      device.dispose();
    }
    expect(results[0]).toEqual(results[1]);
  });
});

function snapshot(parameters: Record<string, tf.Variable>, optimizer: Optimizer) {
  const weights = Object.values(parameters).map((parameter) =>
    Float32Array.from(parameter.dataSync()),
  );
  return { weights, state: optimizer.state() };
}
