import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRandom } from '@molrl/ef-env';
import type { Role } from '@molrl/mol-loss';
import {
  createQwen3,
  loadModel,
  type Qwen3Config,
  readSafetensors,
  ropeTables,
  TINY_CONFIG,
} from '@molrl/qwen3';
import { type OpenCpuOptions, openCpu } from '@molrl/tensor-gpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { engineMol } from './engineMol.ts';
import { molOptions } from './lossesMol.ts';
import { assertRelative, checksum, type Golden } from './lossesSuite.ts';
import { type MolRun, type MolSequence, type PlainUpdate, plainMol } from './plainMol.ts';
import { readJsonFile } from './qwen3Case.ts';

const LOSSES = fileURLToPath(new URL('fixtures/losses', import.meta.url));
const UPDATES = 20;
/** `MOLRL_KERNELS=wasm` tests WebAssembly alone, for machines without koffi. */
const KERNELS =
  process.env.MOLRL_KERNELS === 'wasm' ? (['wasm'] as const) : (['native', 'wasm'] as const);
const ROLES: Record<number, Role> = { 0: 'ignore', 1: 'environment', 2: 'assistant' };

/** Sizes at which about 40 commands of an update are cut into chunks, so that a second thread has work. */
const CONFIG: Qwen3Config = {
  ...TINY_CONFIG,
  ...{ vocabSize: 256, hiddenSize: 64, intermediateSize: 160, headDim: 32, initializerRange: 0.1 },
};
const RUN: MolRun = {
  config: CONFIG,
  rotary: ropeTables({ headDim: 32, theta: CONFIG.ropeTheta, positions: 32 }),
  ...{ learningRate: 1e-3, weightDecay: 0.01, maxGradNorm: 1, mol: { alpha: 0.3 } },
};

/** Two episodes (prompt, own turn, feedback) and one general sequence per update, 32 random tokens each. */
function batches(): MolSequence[][] {
  const random = createRandom(1);
  const role = (sequence: number, t: number): Role => {
    if (sequence === 2) return 'general';
    if (t < 8) return 'ignore';
    return t < 16 ? 'assistant' : 'environment';
  };
  const sequence = (index: number): MolSequence => {
    const ids = Array.from({ length: 32 }, () => random.integer(CONFIG.vocabSize));
    return { ids, roles: ids.map((_, t) => role(index, t)) };
  };
  return Array.from({ length: UPDATES }, () => [0, 1, 2].map(sequence));
}

/** All weights in one vector, f64 (f32 values are kept exactly). */
function flat(weights: Record<string, ArrayLike<number>>): Float64Array {
  const tensors = Object.keys(weights)
    .sort()
    .map((name) => weights[name]!);
  const all = new Float64Array(tensors.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const tensor of tensors) {
    all.set(tensor, at);
    at += tensor.length;
  }
  return all;
}

interface Update {
  loss: number;
  gradNorm: number;
  weights: Float64Array;
}

async function onEngine(options: OpenCpuOptions): Promise<Update[]> {
  const device = await openCpu(options);
  expect(device).toMatchObject(options.kernels === 'wasm' ? { kind: 'wasm' } : { kind: 'native' });
  const [model, base] = [createQwen3(CONFIG, { seed: 1 }), createQwen3(CONFIG, { seed: 1 })];
  const updates: Update[] = [];
  for await (const update of engineMol(model, base, batches(), RUN))
    updates.push({ ...update, weights: flat(update.weights) });
  device.dispose();
  return updates;
}

async function startWeights(): Promise<Record<string, Float32Array>> {
  const device = await openCpu({ kernels: 'wasm', threads: 1 });
  const { parameters } = createQwen3(CONFIG, { seed: 1 });
  const start = Object.entries(parameters).map(([name, w]) => [name, w.dataSync().slice()]);
  device.dispose();
  return Object.fromEntries(start);
}

describe('plainMol', () => {
  test.each(['reverse_token_component', 'reverse_seq_joint'])(
    'in f64 is the oracle of trajectory_mol.json, %s: six updates to nine digits',
    async (id) => {
      const golden = await readJsonFile<Golden>(LOSSES, 'trajectory_mol.json');
      const c = golden.runs.find((entry: Golden) => entry.id === id);
      const folder = join(LOSSES, golden.meta.checkpoint);
      const stored = await readSafetensors(join(folder, 'model.safetensors'));
      const device = await openCpu({ threads: 1 });
      const { config } = await loadModel(folder);
      device.dispose();
      const start = Object.entries(stored).map(([name, { data }]) => [name, data as Float32Array]);
      const sequences = c.steps.map(({ batch }: Golden) =>
        batch.map((j: number) => {
          const { ids, role } = golden.sequences[j];
          return { ids, roles: role.map((code: number) => ROLES[code]) };
        }),
      );
      const { lr: learningRate, weight_decay: weightDecay } = golden.meta;
      const mol = molOptions(c.options);
      const run = { config, rotary: exactRotary(config), learningRate, weightDecay, mol };
      const updates = plainMol(
        Object.fromEntries(start),
        sequences,
        { ...run, maxGradNorm: golden.meta.max_grad_norm },
        'float64',
      );
      let step = 0;
      for (const { loss, gradNorm, weights } of updates) {
        const expected = c.steps[step++];
        assertRelative('loss', loss, expected.loss, 5e-10);
        assertRelative('gradient norm', gradNorm, expected.grad_norm, 5e-10);
        assertRelative('weights', checksum(flat(weights)).l1!, expected.weights_check.l1, 5e-10);
      }
      expect(step).toBe(6);
    },
  );
});

/** Without the f32 roundings of `ropeTables`, as the oracle has them. */
function exactRotary({ headDim, ropeTheta, maxPositionEmbeddings }: Qwen3Config): MolRun['rotary'] {
  const half = headDim / 2;
  const angles = Float64Array.from(
    { length: maxPositionEmbeddings * half },
    (_, i) => Math.floor(i / half) / ropeTheta ** ((i % half) / half),
  );
  return { cos: angles.map(Math.cos), sin: angles.map(Math.sin) };
}

describe('20 MoL updates', () => {
  const updates: Partial<Record<'native' | 'wasm', Update[]>> = {};
  let truth: Float64Array[];
  /** After each update, how far plain f32 loops are from f64: what rounding does whoever computes. */
  let gap: number[];

  beforeAll(async () => {
    for (const kernels of KERNELS) updates[kernels] = await onEngine({ kernels, threads: 1 });
    const start = await startWeights();
    const plain = (precision: 'float64' | 'float32'): Float64Array[] =>
      Array.from(plainMol(start, batches(), RUN, precision), ({ weights }: PlainUpdate) =>
        flat(weights),
      );
    truth = plain('float64');
    gap = plain('float32').map((weights, step) => distance(weights, truth[step]!));
  }, 120_000);

  describe.each(KERNELS)('%s', (kernels) => {
    test('1 and 2 threads give the same weights, losses and norms, bit by bit', async () => {
      const two = await onEngine({ kernels, threads: 2 });
      expect(two.map(bits)).toEqual(updates[kernels]!.map(bits));
    });

    // An engine adds in another order than the plain loops: another draw of the same rounding errors, so about 1.
    test('as near to f64 as plain f32 loops, within a factor of 2', () => {
      for (const [step, { weights }] of updates[kernels]!.entries())
        expect(distance(weights, truth[step]!)).toBeLessThan(2 * gap[step]!);
    });

    // |a - b| <= |a - f64| + |b - f64|, and each of the two is one gap.
    test('agrees with the other engine within twice the gap between f32 and f64', () => {
      for (const [step, { weights }] of updates[kernels]!.entries())
        for (const other of Object.values(updates))
          expect(distance(weights, other[step]!.weights)).toBeLessThan(2 * gap[step]!);
    });

    test('less than one weight in a thousand is off by more than 1 % of a step', () => {
      const last = updates[kernels]!.at(-1)!.weights;
      const off = last.filter((x, i) => Math.abs(x - truth.at(-1)![i]!) > HUNDREDTH);
      expect(off.length).toBeLessThan(last.length / 1000);
    });
  });

  test('the f32 loops are near f64: the gap is below 1e-4 of a step', () => {
    expect(Math.min(...gap)).toBeGreaterThan(0);
    expect(Math.max(...gap)).toBeLessThan(1e-4 * RUN.learningRate);
  });
});

/** Loss and norm as they are, the weights as a digest of their bytes. */
const bits = ({ loss, gradNorm, weights }: Update): unknown[] => [
  loss,
  gradNorm,
  createHash('sha256').update(new Uint8Array(weights.buffer)).digest('hex'),
];

/** One percent of the first step of AdamW, which moves every weight by the learning rate. */
const HUNDREDTH = RUN.learningRate / 100;

/**
 * Mean over the weights of `min(|a - b|, HUNDREDTH)`, a metric. Where a gradient is nearly 0, AdamW's m / (sqrt(v) + eps)
 * turns its rounding error into a good part of a step: without the limit one such weight would decide the mean.
 */
function distance(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, x, i) => sum + Math.min(Math.abs(x - b[i]!), HUNDREDTH), 0) / a.length;
}
