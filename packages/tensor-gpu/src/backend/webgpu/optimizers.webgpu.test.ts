import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDevice } from '../../devices/openDevice.ts';
import { linear } from '../../ops/linear.ts';
import { adamw } from '../../optim/adamw.ts';
import { adamw8bit } from '../../optim/adamw8bit.ts';
import { muon } from '../../optim/muon.ts';
import type { Optimizer } from '../../optim/optimizer.ts';
import { checkpoint } from '../../tape/checkpoint.ts';
import { record } from '../../tape/record.ts';

const SHAPES: Record<string, number[]> = { tall: [90, 70], wide: [8, 40], norm: [33] };
const STEPS = 3;

/** Numbers that are the same on every device. */
const values = (size: number, seed: number) =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(1 + 1.7 * i + 0.37 * (i % 97) + seed));

const tensors = (seed: number) =>
  Object.fromEntries(
    Object.entries(SHAPES).map(([name, shape], k) => [
      name,
      tf.tensor(values(tf.util.sizeFromShape(shape), seed + k), shape),
    ]),
  );

type Parameters = Record<string, tf.Variable>;
const OPTIMIZERS: Record<string, (parameters: Parameters) => Optimizer> = {
  adamw: (parameters) => adamw(parameters, { learningRate: 0.01 }),
  'adamw, norms without decay': (parameters) =>
    adamw(parameters, {
      ...{ learningRate: 0.01, weightDecay: 0.5 },
      decays: (_, { rank }) => rank === 2,
    }),
  adamw8bit: (parameters) => adamw8bit(parameters, { learningRate: 0.01 }),
  muon: (parameters) => muon(parameters, { learningRate: 0.02 }),
  'muon without a matrix, AdamW at a rate of its own': (parameters) =>
    muon(parameters, {
      ...{ learningRate: 0.02, matrices: () => false, adamw: { learningRate: 0.003 } },
    }),
};

/** Weights and state after some clipped steps; the last one begins from the state that was read. */
async function trained(make: (parameters: Parameters) => Optimizer) {
  const start = tensors(0);
  const parameters = Object.fromEntries(
    Object.entries(start).map(([name, tensor]) => [name, tf.variable(tensor)]),
  );
  let optimizer = make(parameters);
  const norms: number[] = [];
  for (let step = 1; step <= STEPS; step++) {
    if (step === STEPS) {
      const state = await optimizer.readState();
      optimizer.dispose();
      optimizer = make(parameters);
      optimizer.load(state);
    }
    const gradients = tensors(10 * step);
    norms.push((await optimizer.step(gradients, { maxGradNorm: 1 })).gradNorm);
    tf.dispose(gradients);
  }
  const weights = await Promise.all(
    Object.values(parameters).map((weight) => weight.data<'float32'>()),
  );
  optimizer.dispose();
  tf.dispose([start, parameters]);
  return { norms, weights };
}

/** A linear layer twice, the second time within a checkpoint. */
async function gradientsOf(within: typeof checkpoint) {
  const [x, w] = [tf.tensor(values(40, 1), [5, 8]), tf.tensor(values(64, 2), [8, 8])];
  const { value, tape } = record(() => {
    const [y] = within((input) => [tf.tanh(linear(input, w))], [tf.tanh(linear(x, w))]);
    return y!;
  });
  const gradients = tape.backward([[value, tf.onesLike(value)]], { x, w });
  const read = await Promise.all([gradients.x.data(), gradients.w.data()]);
  tf.dispose([x, w, value, gradients]);
  return read;
}

describe('optimizers on a GPU', () => {
  let device: Awaited<ReturnType<typeof openDevice>>;
  const onCpu: Record<string, Awaited<ReturnType<typeof trained>>> = {};
  beforeAll(async () => {
    const cpu = await openDevice('cpu', { threads: 1 });
    for (const [name, make] of Object.entries(OPTIMIZERS)) onCpu[name] = await trained(make);
    cpu.dispose();
    device = await openDevice('webgpu');
  });
  afterAll(() => device.dispose());

  test.each(Object.entries(OPTIMIZERS))('%s: norms and weights of the CPU', async (name, make) => {
    const before = tf.memory().numTensors;
    const { norms, weights } = await trained(make);
    expect(tf.memory().numTensors).toBe(before);
    for (const [k, norm] of norms.entries())
      expect(norm / onCpu[name]!.norms[k]!).toBeCloseTo(1, 5);
    for (const [k, own] of weights.entries())
      for (const [i, weight] of own.entries())
        expect(Math.abs(weight - onCpu[name]!.weights[k]![i]!)).toBeLessThan(2e-5);
  });

  test('gradient checkpointing: the same bits as without', async () => {
    expect(await gradientsOf(checkpoint)).toEqual(
      await gradientsOf((forward, inputs) => forward(...inputs)),
    );
  });
});
