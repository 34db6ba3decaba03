import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adamw, adamw8bit, type CpuDevice, muon, openCpu } from '@molrl/tensor-gpu';
import { dispose } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { loadModel } from '../checkpoint/loadModel.ts';
import { saveModel } from '../checkpoint/saveModel.ts';
import { generate } from '../generate/generate.ts';
import { addLora } from '../lora/addLora.ts';
import { createQwen3 } from '../model/createQwen3.ts';
import { packedBatch } from '../model/packedBatch.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import type { Qwen3Config } from '../model/qwen3Config.ts';
import { TINY_CONFIG } from '../model/tinyConfig.ts';
import type { ScoredTargets, ScoreTargetsOptions } from '../train/scoredTargets.ts';
import { scoreTargets } from '../train/scoreTargets.ts';
import { selectTargets } from '../train/selectTargets.ts';
import { type PlanMemoryOptions, planMemory } from './planMemory.ts';

const sizes = (
  ...[H, L, heads, kv, D, I, V]: [number, number, number, number, number, number, number]
) => ({
  ...TINY_CONFIG,
  ...{ hiddenSize: H, numHiddenLayers: L, numAttentionHeads: heads, numKeyValueHeads: kv },
  ...{ headDim: D, intermediateSize: I, vocabSize: V, maxPositionEmbeddings: 128 },
});
const nano = sizes(64, 2, 4, 2, 16, 192, 128);
const micro = sizes(128, 4, 4, 2, 32, 384, 512);

const wide = sizes(128, 2, 4, 2, 32, 384, 8192);

type Training = NonNullable<PlanMemoryOptions['train']>;

const ids = (count: number, config: Qwen3Config) =>
  Array.from({ length: count }, (_, i) => (i * 17) % config.vocabSize);

const OPTIMIZERS = { adamw, adamw8bit, muon };

async function trainStep(
  model: Qwen3,
  { tokens, optimizer: name = 'adamw', gradientCheckpointing, ref, kl }: Training,
): Promise<void> {
  const copy = ref === 'copy' ? createQwen3(model.config, { seed: 2 }) : undefined;
  const base = ref === undefined ? undefined : (copy ?? model);
  const rows = tokens / 64;
  const sequences = Array.from({ length: rows }, () => ({
    ids: ids(64, model.config),
    roles: new Array<string>(64).fill('assistant'),
  }));
  const batch = packedBatch(sequences);
  const optimizer = OPTIMIZERS[name](model.trainable(), { learningRate: 1e-3 });
  const targets = selectTargets(batch, sequences);
  const ofTargets = scoreTargets(model, batch, targets, {
    gradientCheckpointing,
    ...(base && { ref: base, ...(kl && { kl: 'reverse' as const }) }),
  });
  const scored: ScoredTargets<ScoreTargetsOptions> = await ofTargets;
  const gradients = scored.backward({
    logprobs: scored.logprobs.map(() => -1),
    ...(scored.kl && { kl: scored.kl.map(() => 1) }),
  });
  await optimizer.step(gradients);
  dispose(gradients);
  optimizer.dispose();
  copy?.dispose();
}

/** With random weights; frozen ones come from a file. */
async function modelOf(config: Qwen3Config, frozen: boolean): Promise<Qwen3> {
  const model = createQwen3(config, { seed: 1 });
  if (!frozen) return model;
  const folder = mkdtempSync(join(tmpdir(), 'molrl-plan-'));
  await saveModel(model, folder, { dtype: 'bfloat16' });
  model.dispose();
  return loadModel(folder, { frozen: true });
}

/** Most bytes of heap at once while it runs, beside what the engine itself has. */
async function measured(run: (device: CpuDevice) => Promise<void>): Promise<number> {
  const device = await openCpu({ threads: 1 });
  try {
    const before = device.memory().inUse;
    await run(device);
    return device.memory().peak - before;
  } finally {
    device.dispose();
  }
}

describe('planMemory', () => {
  test.each<[string, Qwen3Config, PlanMemoryOptions]>([
    ['nano trains 2,048 tokens', nano, { train: { tokens: 2048 } }],
    ['micro trains 512 tokens', micro, { train: { tokens: 512 } }],
    ['micro trains an adapter', micro, { train: { tokens: 512 }, loraRank: 8 }],
    ['nano trains with Muon', nano, { train: { tokens: 2048, optimizer: 'muon' } }],
    ['micro trains with bytes', micro, { train: { tokens: 512, optimizer: 'adamw8bit' } }],
    [
      'micro computes layers twice',
      micro,
      { train: { tokens: 2048, gradientCheckpointing: true } },
    ],
    [
      'micro trains on frozen weights',
      micro,
      { train: { tokens: 512 }, loraRank: 8, frozen: 'bf16' },
    ],
    [
      'micro samples from frozen weights',
      micro,
      { generate: { rows: 32, promptTokens: 16, maxTokens: 32 }, frozen: 'bf16' },
    ],
    ['a wide vocabulary trains with a KL', wide, { train: { tokens: 512, ref: 'copy', kl: true } }],
    [
      'a wide vocabulary trains an adapter with a KL',
      wide,
      { train: { tokens: 512, ref: 'adapterOff', kl: true }, loraRank: 8 },
    ],
    ['nano samples', nano, { generate: { rows: 64, promptTokens: 16, maxTokens: 32 } }],
    ['micro samples', micro, { generate: { rows: 32, promptTokens: 16, maxTokens: 32 } }],
    [
      'micro samples with an int8 cache',
      micro,
      { generate: { rows: 32, promptTokens: 100, maxTokens: 9, cacheDtype: 'int8' } },
    ],
  ])('is within 15 %% of what %s takes', async (_, config, options) => {
    const plan = planMemory(config, options);
    const peak = await measured(async () => {
      const model = await modelOf(config, options.frozen === 'bf16');
      if (options.loraRank) addLora(model, { r: options.loraRank, alpha: 16 });
      if (options.train) await trainStep(model, options.train);
      const { rows = 0, promptTokens = 0, ...rest } = options.generate ?? { maxTokens: 1 };
      const prompts = Array.from({ length: rows }, (_, row) => [
        row % config.vocabSize,
        ...ids(promptTokens - 1, config),
      ]);
      await generate(model, prompts, { ...rest, temperature: 0, eosIds: null });
    });
    expect(plan.peak / peak).toBeGreaterThan(0.85);
    expect(plan.peak / peak).toBeLessThan(1.15);
  });

  test('knows what lies outside the heap', () => {
    const train = { tokens: 64 };
    const matrices = 2 * 128 * 64 + 2 * 2 * (64 * 64 + 32 * 64 + 3 * 96 * 64) * 2;
    const plan = planMemory(nano, { train, loraRank: 4, frozen: 'bf16' });
    expect(plan.mapped).toBe(matrices);
    expect(planMemory(nano, { train, loraRank: 4, frozen: 'q8_0' }).mapped).toBe(
      (matrices / 2 / 32) * 34,
    );
    expect(planMemory(nano, { train }).mapped).toBe(0);
  });

  test('says what fits', () => {
    const plan = planMemory(micro, {
      train: { tokens: 4096 },
      generate: { rows: 64, promptTokens: 512, maxTokens: 512 },
      limit: 64 << 20,
    });
    expect(plan.fits).toBe(false);
    const { trainTokens, generateRows } = plan.largest;
    const fit = (tokens: number, rows: number) =>
      planMemory(micro, {
        train: { tokens },
        generate: { rows, promptTokens: 512, maxTokens: 512 },
        limit: 64 << 20,
      }).fits;
    expect(fit(trainTokens, generateRows)).toBe(true);
    expect(fit(trainTokens + 1, generateRows)).toBe(false);
    expect(fit(trainTokens, generateRows + 1)).toBe(false);
  });

  test.each<[string, object]>([
    ['train.tokens', { train: { tokens: 0 } }],
    ['generate.rows', { generate: { rows: 0.5, promptTokens: 1, maxTokens: 1 } }],
    ['cacheDtype', { generate: { rows: 1, promptTokens: 1, maxTokens: 1, cacheDtype: 'f16' } }],
    ['train, generate or both', {}],
    ['loraRank must be >= 1', { frozen: 'bf16', train: { tokens: 1 } }],
    ['frozen', { frozen: 'int8', loraRank: 1, train: { tokens: 1 } }],
    ['train.optimizer', { train: { tokens: 1, optimizer: 'sgd' } }],
    ['gradientCheckpointing', { train: { tokens: 1, gradientCheckpointing: 1 } }],
    ["train.ref must be one of 'adapterOff', 'copy'", { train: { tokens: 1, ref: 'base' } }],
    ['train.kl needs train.ref', { train: { tokens: 1, kl: true } }],
    ['needs loraRank >= 1', { train: { tokens: 1, ref: 'adapterOff' } }],
    ["unknown option 'lora'", { lora: 4, train: { tokens: 1 } }],
  ])('throws `option`: %s', (text, options) => {
    expect(() => planMemory(micro, options as PlanMemoryOptions)).toThrow(
      expect.objectContaining({ code: 'option', message: expect.stringContaining(text) }),
    );
  });
});
