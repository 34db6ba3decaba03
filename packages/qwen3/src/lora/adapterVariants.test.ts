import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCpu } from '@molrl/tensor-gpu';
import { memory, tensor, tidy, type Variable } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSafetensors } from '../checkpoint/readSafetensors.ts';
import { createQwen3 } from '../model/createQwen3.ts';
import { packedBatch } from '../model/packedBatch.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { seededNormal } from '../model/seededNormal.ts';
import { TINY_CONFIG } from '../model/tinyConfig.ts';
import { scoreLogprobs } from '../train/scoreLogprobs.ts';
import { scoreTargets } from '../train/scoreTargets.ts';
import { selectTargets } from '../train/selectTargets.ts';
import { type AddLoraOptions, addLora } from './addLora.ts';
import { loadAdapter } from './loadAdapter.ts';
import { mergeLora } from './mergeLora.ts';
import { saveAdapter } from './saveAdapter.ts';
import { removeAdapter, setAdapter, withAdapter } from './withAdapter.ts';

let root: string;
beforeAll(async () => {
  await openCpu();
  root = await mkdtemp(join(tmpdir(), 'qwen3-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const MOE = {
  ...TINY_CONFIG,
  modelType: 'qwen3_moe',
  moe: {
    numExperts: 3,
    numExpertsPerTok: 2,
    moeIntermediateSize: 10,
    normTopkProb: true,
    decoderSparseStep: 1,
    mlpOnlyLayers: [],
    routerAuxLossCoef: 0.001,
  },
} as const;

const VARIANTS: [string, Partial<AddLoraOptions>, typeof TINY_CONFIG][] = [
  ['LoRA', {}, TINY_CONFIG],
  ['rsLoRA', { useRslora: true }, TINY_CONFIG],
  ['DoRA', { useDora: true }, TINY_CONFIG],
  [
    'rsLoRA with DoRA',
    { useRslora: true, useDora: true, targets: ['q_proj', 'down_proj'] },
    TINY_CONFIG,
  ],
  ['LoRA on experts', {}, MOE],
  ['LoRA on one stack of experts', { targets: ['down_proj', 'v_proj'] }, MOE],
  ['LoRA on the other', { targets: ['gate_proj', 'up_proj'] }, MOE],
];

/** With an adapter whose values are all away from their first ones. */
function adaptedModel(options: Partial<AddLoraOptions>, config: typeof TINY_CONFIG): Qwen3 {
  const model = createQwen3(config, { seed: 1 });
  addLora(model, { r: 2, alpha: 6, ...options });
  const normal = seededNormal(3);
  for (const [name, value] of Object.entries(model.trainable())) {
    const data = value.dataSync<'float32'>();
    const step = name.endsWith('vector') ? 0.05 : 0.2;
    setValues(
      value,
      data.map((x) => x + step * normal()),
    );
  }
  return model;
}

function setValues(variable: Variable, values: Float32Array): void {
  tidy(() => variable.assign(tensor(values, variable.shape)));
}

const sequences = [{ promptIds: [5, 1, 36], completionIds: [7, 4, 9] }];
const scoresOf = async (model: Qwen3): Promise<number[]> => [
  ...(await scoreLogprobs(model, sequences))[0]!,
];
const largest = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));

describe.each(VARIANTS)('%s', (_, options, config) => {
  test('a new adapter is the base, and merged it is the same', async () => {
    const model = createQwen3(config, { seed: 1 });
    const base = await scoresOf(model);
    addLora(model, { r: 2, alpha: 6, ...options });
    expect(largest(await scoresOf(model), base)).toBeLessThan(1e-5);
    model.dispose();
    const trained = adaptedModel(options, config);
    const scores = await scoresOf(trained);
    expect(largest(scores, base)).toBeGreaterThan(1e-3);
    const merged = mergeLora(trained);
    expect(largest(await scoresOf(merged), scores)).toBeLessThan(1e-5);
    merged.dispose();
    trained.dispose();
  });

  test('gradients are finite differences', async () => {
    const model = adaptedModel(options, config);
    const rows = [
      { ids: [5, 1, 36, 7], roles: ['ignore', 'assistant', 'assistant', 'assistant'] as const },
    ];
    const batch = packedBatch(rows);
    const targets = selectTargets(
      batch,
      rows.map((row) => ({ ...row, roles: [...row.roles] })),
    );
    const scored = await scoreTargets(model, batch, targets);
    const gradients = scored.backward({ logprobs: scored.logprobs.map(() => 1) });
    const lossAt = async (): Promise<number> => {
      const { logprobs, dispose } = await scoreTargets(model, batch, targets);
      dispose();
      return logprobs.reduce((sum, x) => sum + x, 0);
    };
    const names = Object.keys(model.trainable());
    const normal = seededNormal(11);
    for (const name of [names[0]!, names[1]!, names.at(-2)!, names.at(-1)!]) {
      const value = model.trainable()[name]!;
      const before = value.dataSync<'float32'>().slice();
      const direction = before.map(() => normal());
      const step = 2e-3;
      const isDora = model.adapter!.useDora && !name.endsWith('vector');
      if (isDora) continue; // the row's length is held constant there, which a difference is not
      setValues(
        value,
        before.map((x, i) => x + step * direction[i]!),
      );
      const up = await lossAt();
      setValues(
        value,
        before.map((x, i) => x - step * direction[i]!),
      );
      const down = await lossAt();
      setValues(value, before);
      const expected = (up - down) / (2 * step);
      const found = gradients[name]!.dataSync<'float32'>().reduce(
        (sum, g, i) => sum + g * direction[i]!,
        0,
      );
      expect(Math.abs(found - expected)).toBeLessThan(2e-3 * Math.max(1, Math.abs(expected)));
    }
    for (const gradient of Object.values(gradients)) gradient.dispose();
    model.dispose();
  });

  test('comes back from its folder', async () => {
    const model = adaptedModel(options, config);
    const scores = await scoresOf(model);
    const folder = join(root, _);
    await saveAdapter(model, folder);
    const other = createQwen3(config, { seed: 1 });
    await loadAdapter(other, folder);
    expect(await scoresOf(other)).toEqual(scores);
    expect(other.adapter).toMatchObject({
      useDora: options.useDora ?? false,
      layers: model.adapter!.layers,
    });
    const written = JSON.parse(await readFile(join(folder, 'adapter_config.json'), 'utf8'));
    const { r, alpha, layers } = model.adapter!;
    const others = Object.values(layers).some((layer) => layer.r !== r || layer.alpha !== alpha);
    expect(written).toMatchObject({
      ...{ peft_type: 'LORA', task_type: 'CAUSAL_LM', r, lora_alpha: alpha, bias: 'none' },
      ...{ use_dora: options.useDora ?? false, use_rslora: options.useRslora ?? false },
      ...{ init_lora_weights: true, fan_in_fan_out: false, inference_mode: true },
    });
    expect(Object.keys({ ...written.rank_pattern, ...written.alpha_pattern }).length > 0).toBe(
      others,
    );
    const names = Object.keys(await readSafetensors(join(folder, 'adapter_model.safetensors')));
    const magnitudes = names.filter((name) => /\.lora_magnitude_vector$/.test(name)).length;
    expect(magnitudes).toBe(options.useDora ? names.length / 3 : 0); // one beside each A and B
    expect(names.every((name) => name.startsWith('base_model.model.model.layers.'))).toBe(true);
    other.dispose();
    model.dispose();
  });
});

test('experts: gate and up share their A, and DoRA is not for them', () => {
  const model = createQwen3(MOE, { seed: 1 });
  for (const options of [{ targets: ['gate_proj'] }, { useDora: true }] as const) {
    expect(() => addLora(model, { r: 2, alpha: 2, ...options })).toThrow(
      expect.objectContaining({ code: 'option' }),
    );
  }
  model.dispose();
});

describe('several adapters', () => {
  test('each acts by its name, null is the base, and the last added one is trained', async () => {
    const before = memory().numTensors;
    const model = createQwen3(TINY_CONFIG, { seed: 1 });
    const base = await scoresOf(model);
    const batch = packedBatch([{ ids: [5, 1, 36] }]);
    const hidden = (): number[] => tidy(() => [...model.forward(batch).dataSync()]);
    const baseHidden = hidden();
    for (const name of ['a', 'b']) {
      addLora(model, { r: 2, alpha: 4, name, seed: name.charCodeAt(0) });
      for (const value of Object.values(model.trainable()))
        setValues(value, new Float32Array(value.size).fill(name === 'a' ? 0.1 : -0.2));
    }
    expect(model.adapter?.name).toBe('b');
    const [a, b] = ['a', 'b'].map((name) => withAdapter(model, name, hidden));
    expect(hidden()).toEqual(b);
    expect(a).not.toEqual(b);
    expect(withAdapter(model, null, hidden)).toEqual(baseHidden);
    expect(withAdapter(model, 'a', () => withAdapter(model, null, hidden))).toEqual(baseHidden);
    setAdapter(model, 'a');
    expect(hidden()).toEqual(a);
    expect(model.trainable()).toBe(model.adapters.get('a')!.parameters);
    setAdapter(model, null);
    expect(await scoresOf(model)).toEqual(base);
    expect(model.trainable()).toBe(model.parameters);
    removeAdapter(model, 'a');
    expect([...model.adapters.keys()]).toEqual(['b']);
    setAdapter(model, 'b');
    removeAdapter(model, 'b');
    expect(model.adapter).toBeUndefined();
    model.dispose();
    expect(memory().numTensors).toBe(before);
  });

  test('unknown names, promises and errors leave the model as it was', () => {
    const model = createQwen3(TINY_CONFIG, { seed: 1 });
    addLora(model, { r: 2, alpha: 4 });
    const adapter = model.adapter!;
    expect(() => withAdapter(model, 'defualt', () => 1)).toThrow(/It has: 'default'/);
    expect(() => setAdapter(model, 'x')).toThrow(/no adapter "x"/);
    expect(() => removeAdapter(model, 'x')).toThrow(/no adapter "x"/);
    expect(() => withAdapter(model, null, async () => 1)).toThrow(/synchronous/);
    expect(() =>
      withAdapter(model, null, () => {
        throw new Error('mine');
      }),
    ).toThrow('mine');
    expect(model.adapter).toBe(adapter);
    expect(adapter.enabled).toBe(true);
    model.dispose();
  });

  test('an adapter that fits no layer is refused by the forward pass', () => {
    const model = createQwen3(TINY_CONFIG, { seed: 1 });
    const other = createQwen3({ ...TINY_CONFIG, numHiddenLayers: 3 }, { seed: 1 });
    addLora(other, { r: 2, alpha: 4 });
    const batch = packedBatch([{ ids: [5, 1, 36] }]);
    const layers = { 'model.layers.9.self_attn.q_proj': { r: 2, alpha: 4, scaling: 2 } };
    model.adapter = { ...other.adapter!, layers };
    expect(() => model.forward(batch)).toThrow(/fits no layer of this model/);
    model.adapter = undefined;
    model.dispose();
    other.dispose();
  });
});
