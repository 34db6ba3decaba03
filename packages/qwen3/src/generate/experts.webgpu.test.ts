import { canDecode, openCpu, openDevice, type WebGpuDevice } from '@molrl/tensor-gpu';
import { mul, randomNormal, tidy } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { addLora } from '../lora/addLora.ts';
import { createQwen3 } from '../model/createQwen3.ts';
import { FAMILY_CONFIGS } from '../model/familyConfigs.ts';
import { mixedExpertAdapter } from '../model/mixedExpertAdapter.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import type { Completion } from './completion.ts';
import { generate } from './generate.ts';
import { generateByForward } from './generateByForward.ts';
import type { GenerateOptions } from './generateOptions.ts';

let device: WebGpuDevice;
/** What the CPU engine samples from the models of `ADAPTED`, by forward passes. */
const onCpu: Record<string, Completion[]> = {};
beforeAll(async () => {
  const cpu = await openCpu({ threads: 1 });
  for (const [name, build] of Object.entries(ADAPTED)) {
    const model = build();
    onCpu[name] = await generateByForward(model, PROMPTS, OPTIONS);
    model.dispose();
  }
  cpu.dispose();
  device = await openDevice('webgpu');
});
afterAll(() => device.dispose());

const PROMPTS = [
  [5, 30, 20, 7, 9],
  [12, 3],
];
const OPTIONS: GenerateOptions = {
  ...{ numGenerations: 2, maxTokens: 6, temperature: 1, seeds: [1, 2, 3, 4], eosIds: [] },
};

/** The tokens of whole forward passes, whose log-probs are at most 1e-4 off. */
async function expectForward(model: Qwen3): Promise<Completion[]> {
  const decoded = await generate(model, PROMPTS, OPTIONS);
  const computed = await generateByForward(model, PROMPTS, OPTIONS);
  expect(decoded.map(({ ids }) => [...ids])).toEqual(computed.map(({ ids }) => [...ids]));
  for (const [k, { logprobs }] of decoded.entries())
    for (const [t, logprob] of logprobs.entries())
      expect(Math.abs(logprob - computed[k]!.logprobs[t]!)).toBeLessThan(1e-4);
  return decoded;
}

/** A model whose matrices are so large that another expert gives other tokens. */
function loudModel(normTopkProb: boolean): Qwen3 {
  const config = FAMILY_CONFIGS['qwen3_moe with a dense layer']!;
  const model = createQwen3({ ...config, moe: { ...config.moe!, normTopkProb } }, { seed: 3 });
  for (const weight of Object.values(model.parameters))
    if (weight.rank === 2) tidy(() => weight.assign(mul(weight, 8)));
  return model;
}

/** Gives B, which begins with zeros, values that change the tokens. */
function speakUp({ adapter }: Qwen3): void {
  for (const [name, part] of Object.entries(adapter!.parameters))
    if (name.includes('lora_B'))
      tidy(() => part.assign(randomNormal(part.shape, 0, 0.5, 'float32', 9)));
}

test.each([true, false])(
  'a GPU decodes experts (probabilities divided by their sum: %s): the tokens of forward passes',
  async (normed) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    expect(canDecode({ experts: true })).toBe(true);
    const model = loudModel(normed);
    await expectForward(model); // makes the rotary tables, which stay
    const { inUse } = device.memory();
    await generate(model, PROMPTS, OPTIONS);
    expect(device.memory().inUse).toBe(inUse);
    addLora(model, { r: 2, alpha: 2, targets: ['q_proj', 'o_proj'], seed: 5 });
    speakUp(model);
    await expectForward(model);
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
    model.dispose();
  },
);

const expertOf = (index: number, matrix: string) =>
  `model.layers.2.mlp.experts.${index}.${matrix}_proj`;

/** Models with adapters of experts, by what they are. */
const ADAPTED: Record<string, () => Qwen3> = {
  'one A and B for all of a layer, beside those of attention and of the dense layer': () => {
    const model = loudModel(true);
    addLora(model, { r: 2, alpha: 3, seed: 5 });
    speakUp(model);
    return model;
  },
  'two ranks, DoRA, and experts without any': () => {
    const model = loudModel(false);
    model.adapter = mixedExpertAdapter(model, [expertOf(0, 'gate'), expertOf(3, 'gate')]);
    return model;
  },
  'down alone': () => {
    const model = loudModel(true);
    model.adapter = mixedExpertAdapter(model, [expertOf(1, 'down'), expertOf(2, 'down')]);
    return model;
  },
};

describe.each(Object.entries(ADAPTED))('a GPU decodes adapted experts: %s', (name, build) => {
  test('the tokens of forward passes and of the CPU, W not merged', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const model = build();
    const decoded = await expectForward(model);
    expect(decoded.map(({ ids }) => [...ids])).toEqual(onCpu[name]!.map(({ ids }) => [...ids]));
    for (const [k, { logprobs }] of decoded.entries())
      for (const [t, logprob] of logprobs.entries())
        expect(Math.abs(logprob - onCpu[name]![k]!.logprobs[t]!)).toBeLessThan(1e-4);
    const { inUse } = device.memory();
    await generate(model, PROMPTS, OPTIONS);
    expect(device.memory().inUse).toBe(inUse);
    model.adapter!.enabled = false;
    const base = await expectForward(model);
    expect(base.map(({ ids }) => [...ids])).not.toEqual(decoded.map(({ ids }) => [...ids]));
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
    model.dispose();
  });
});
