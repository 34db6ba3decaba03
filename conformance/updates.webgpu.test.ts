import { fileURLToPath } from 'node:url';
import { createRandom } from '@molrl/ef-env';
import { groupAdvantages, policyLoss } from '@molrl/grpo';
import type { Role } from '@molrl/mol-loss';
import {
  createQwen3,
  generate,
  loadModel,
  packedBatch,
  type Qwen3,
  type Qwen3Config,
  ropeTables,
  scoreTargets,
  selectTargets,
  TINY_CONFIG,
  type TrainingSequence,
} from '@molrl/qwen3';
import {
  adamw,
  adamw8bit,
  DEVICES,
  type DeviceName,
  lmHead,
  type Optimizer,
  openDevice,
  record,
  selectRows,
  type WebGpuDevice,
} from '@molrl/tensor-gpu';
import { dispose, reshape, tensor1d } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineMol } from './engineMol.ts';
import type { MolSequence } from './plainMol.ts';

const BASE = fileURLToPath(new URL('../examples/mol-rl/base', import.meta.url));
const UPDATES = 5;
const GENERATIONS = 4;
const MAX_TOKENS = 12;

/** Two episodes and a general sequence per update, of random tokens. */
function molBatches(vocabulary: number): MolSequence[][] {
  const random = createRandom(1);
  const role = (sequence: number, t: number): Role => {
    if (sequence === 2) return 'general';
    return t < 12 ? 'assistant' : 'environment';
  };
  const sequence = (index: number): MolSequence => {
    const ids = Array.from({ length: 24 }, () => 3 + random.integer(vocabulary - 3));
    return { ids, roles: ids.map((_, t) => role(index, t)) };
  };
  return Array.from({ length: UPDATES }, () => [0, 1, 2].map(sequence));
}

interface GrpoUpdate {
  loss: number;
  gradNorm: number;
  ids: number[][];
  logprobs: number[];
}

/** On-policy GRPO whose reward is the share of even ids: any model can be asked for it. */
async function grpoUpdates(model: Qwen3): Promise<GrpoUpdate[]> {
  const optimizer = adamw(model.trainable(), { learningRate: 1e-4, weightDecay: 0 });
  const updates: GrpoUpdate[] = [];
  for (let step = 0; step < UPDATES; step++) {
    const prompts = [Int32Array.of(1, 30 + step, 40), Int32Array.of(1, 50, 60 + step, 70)];
    const seeds = Array.from({ length: prompts.length * GENERATIONS }, (_, k) => 100 * step + k);
    const options = { numGenerations: GENERATIONS, maxTokens: MAX_TOKENS, temperature: 1, seeds };
    const completions = await generate(model, prompts, options);
    const rewards = completions.map(
      ({ ids }) => ids.filter((id) => id % 2 === 0).length / ids.length,
    );
    const advantages = groupAdvantages(rewards, { numGenerations: GENERATIONS });
    const sequences = completions.map(({ ids }, k) => {
      const prompt = prompts[Math.floor(k / GENERATIONS)]!;
      const roles = [...prompt, ...ids].map(
        (_, t): Role => (t < prompt.length ? 'ignore' : 'assistant'),
      );
      return { ids: [...prompt, ...ids], roles };
    });
    const batch = packedBatch(sequences);
    const targets = selectTargets(batch, sequences);
    const scored = await scoreTargets(model, batch, targets);
    const sampled = completions.flatMap(({ logprobs }) => [...logprobs]);
    const { logprobs } = scored;
    const { sequenceIds } = targets;
    const result = policyLoss(
      { logprobs, oldLogprobs: sampled, advantages, sequenceIds },
      { lossType: 'grpo' },
    );
    const gradients = scored.backward({ logprobs: result.gradient });
    const { gradNorm } = await optimizer.step(gradients, { maxGradNorm: 1 });
    dispose(gradients);
    updates.push({
      loss: result.loss,
      gradNorm,
      ids: completions.map(({ ids }) => [...ids]),
      logprobs: sampled,
    });
  }
  optimizer.dispose();
  return updates;
}

async function trained(name: DeviceName) {
  const device = await openDevice(name);
  const [model, base] = [await loadModel(BASE), await loadModel(BASE)];
  const { config } = model;
  const mol: { loss: number; gradNorm: number }[] = [];
  const rotary = ropeTables({ headDim: config.headDim, theta: config.ropeTheta, positions: 32 });
  const run = {
    config,
    rotary,
    learningRate: 1e-4,
    weightDecay: 0.01,
    maxGradNorm: 1,
    mol: { alpha: 0.3 },
  };
  for await (const { loss, gradNorm } of engineMol(
    model,
    base,
    molBatches(config.vocabSize),
    run,
  )) {
    mol.push({ loss, gradNorm });
  }
  const fresh = await loadModel(BASE);
  const grpo = await grpoUpdates(fresh);
  fresh.dispose();
  model.dispose();
  base.dispose();
  device.dispose();
  return { mol, grpo };
}

describe('the shipped base learns alike on both devices', () => {
  const runs = {} as Record<DeviceName, Awaited<ReturnType<typeof trained>>>;
  beforeAll(async () => {
    for (const name of DEVICES) runs[name] = await trained(name);
  });

  test('five MoL updates: losses and gradient norms', () => {
    for (const [k, { loss, gradNorm }] of runs.cpu.mol.entries()) {
      expect(Math.abs(runs.webgpu.mol[k]!.loss - loss)).toBeLessThan(1e-4);
      expect(Math.abs(runs.webgpu.mol[k]!.gradNorm / gradNorm - 1)).toBeLessThan(1e-3);
    }
  });

  test('five GRPO updates: the same tokens, log-probs within 1e-5 of each other, losses within 1e-4', () => {
    for (const [k, update] of runs.cpu.grpo.entries()) {
      const other = runs.webgpu.grpo[k]!;
      expect(other.ids).toEqual(update.ids);
      expect(Math.abs(other.loss - update.loss)).toBeLessThan(1e-4);
      for (const [i, logprob] of update.logprobs.entries())
        expect(Math.abs(other.logprobs[i]! - logprob)).toBeLessThan(k === 0 ? 1e-5 : 1e-4);
    }
    expect(new Set(runs.cpu.grpo.flatMap(({ ids }) => ids.flat())).size).toBeGreaterThan(20);
  });
});

/** The sizes that `pnpm bench` calls nano, and a batch of its training step. */
const NANO: Qwen3Config = {
  ...TINY_CONFIG,
  ...{ vocabSize: 128, hiddenSize: 64, intermediateSize: 192, headDim: 16 },
  ...{ numHiddenLayers: 2, numAttentionHeads: 4, numKeyValueHeads: 2, tieWordEmbeddings: true },
};

describe('a training step of the nano model', () => {
  let device: WebGpuDevice;
  let model: Qwen3;
  let optimizer: Optimizer;
  const sequences: TrainingSequence<Role>[] = molBatches(NANO.vocabSize)[0]!;
  beforeAll(async () => {
    device = await openDevice('webgpu');
    model = createQwen3(NANO, { seed: 1 });
    optimizer = adamw(model.trainable(), { learningRate: 1e-3 });
  });
  afterAll(() => {
    optimizer.dispose();
    model.dispose();
    device.dispose();
  });

  /** What the device was asked to do, once everything is compiled. */
  async function spentOn(step: () => Promise<unknown>) {
    await step();
    const before = device.counts();
    const { allocated } = device.memory();
    await step();
    const after = device.counts();
    const spent = (name: keyof typeof after) => after[name] - before[name];
    return {
      ...{ submissions: spent('submissions'), dispatches: spent('dispatches') },
      ...{ readBacks: spent('readBacks'), bytesRead: spent('bytesRead') },
      ...{ bytesUploaded: spent('bytesUploaded'), pipelines: spent('pipelines') },
      allocated: device.memory().allocated - allocated,
    };
  }

  test('whose loss is known beforehand is one submission of at most 200 dispatches, read back once', async () => {
    const batch = packedBatch(sequences);
    const { rows, ids } = selectTargets(batch, sequences);
    const spent = await spentOn(async () => {
      // not scoreTargets, which reads the log-probs back before the loss is known
      const { value, tape } = record(() => {
        const hidden = reshape(model.forward(batch), [batch.B * batch.T, NANO.hiddenSize]);
        const chosen = selectRows(hidden, tensor1d(rows, 'int32'));
        return lmHead(chosen, model.head(), tensor1d(ids, 'int32')).logprobs;
      });
      const weights = tensor1d(new Float32Array(ids.length).fill(-1 / ids.length));
      const gradients = tape.backward([[value, weights]], model.trainable());
      await Promise.all([value.data(), optimizer.step(gradients, { maxGradNorm: 1 })]);
      dispose([value, weights, gradients]);
    });
    expect(spent).toMatchInlineSnapshot(`
      {
        "allocated": 0,
        "bytesRead": 380,
        "bytesUploaded": 1692,
        "dispatches": 137,
        "pipelines": 0,
        "readBacks": 1,
        "submissions": 1,
      }
    `);
  });

  test('whose loss is computed from read log-probs is one more submission and read-back', async () => {
    const batch = packedBatch(sequences);
    const targets = selectTargets(batch, sequences);
    const spent = await spentOn(async () => {
      const { logprobs, backward } = await scoreTargets(model, batch, targets);
      const gradients = backward({ logprobs: logprobs.map(() => -1 / logprobs.length) });
      await optimizer.step(gradients, { maxGradNorm: 1 });
      dispose(gradients);
    });
    expect(spent).toMatchInlineSnapshot(`
      {
        "allocated": 0,
        "bytesRead": 380,
        "bytesUploaded": 1692,
        "dispatches": 137,
        "pipelines": 0,
        "readBacks": 2,
        "submissions": 2,
      }
    `);
  });

  test('with moments of 8 bits: as many submissions and read-backs, no weight is read', async () => {
    const batch = packedBatch(sequences);
    const targets = selectTargets(batch, sequences);
    const bytes = adamw8bit(model.trainable(), { learningRate: 1e-3 });
    const spent = await spentOn(async () => {
      const { logprobs, backward } = await scoreTargets(model, batch, targets);
      const gradients = backward({ logprobs: logprobs.map(() => -1 / logprobs.length) });
      await bytes.step(gradients, { maxGradNorm: 1 });
      dispose(gradients);
    });
    bytes.dispose();
    expect(spent).toMatchInlineSnapshot(`
      {
        "allocated": 0,
        "bytesRead": 372,
        "bytesUploaded": 1700,
        "dispatches": 172,
        "pipelines": 0,
        "readBacks": 2,
        "submissions": 2,
      }
    `);
  });

  test('a token of two samples: one submission, 36 dispatches, two words a sample to read', async () => {
    const options = { numGenerations: 2, temperature: 1, seeds: [1, 2], eosIds: [] };
    const sample = (maxTokens: number) => () =>
      generate(model, [Int32Array.of(5, 30, 40)], { ...options, maxTokens });
    const [few, more] = [await spentOn(sample(8)), await spentOn(sample(9))];
    const each = Object.entries(more).map(([name, count]) => [
      name,
      count - few[name as keyof typeof few], // the same names
    ]);
    expect(Object.fromEntries(each)).toEqual({
      ...{ submissions: 1, readBacks: 1, pipelines: 0, allocated: 0 },
      ...{ dispatches: 36, bytesRead: 16, bytesUploaded: 32 },
    });
  });
});
