import { canDecode, openDevice, type WebGpuDevice } from '@molrl/tensor-gpu';
import { mul, randomNormal, tidy } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { addLora } from '../lora/addLora.ts';
import { createQwen3 } from '../model/createQwen3.ts';
import { FAMILY_CONFIGS } from '../model/familyConfigs.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { generate } from './generate.ts';
import { generateByForward } from './generateByForward.ts';
import type { GenerateOptions } from './generateOptions.ts';

let device: WebGpuDevice;
beforeAll(async () => {
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
async function expectForward(model: Qwen3): Promise<void> {
  const decoded = await generate(model, PROMPTS, OPTIONS);
  const computed = await generateByForward(model, PROMPTS, OPTIONS);
  expect(decoded.map(({ ids }) => [...ids])).toEqual(computed.map(({ ids }) => [...ids]));
  for (const [k, { logprobs }] of decoded.entries())
    for (const [t, logprob] of logprobs.entries())
      expect(Math.abs(logprob - computed[k]!.logprobs[t]!)).toBeLessThan(1e-4);
}

/** A model whose matrices are so large that another expert gives other tokens. */
function loudModel(normTopkProb: boolean): Qwen3 {
  const config = FAMILY_CONFIGS['qwen3_moe with a dense layer']!;
  const model = createQwen3({ ...config, moe: { ...config.moe!, normTopkProb } }, { seed: 3 });
  for (const weight of Object.values(model.parameters))
    if (weight.rank === 2) tidy(() => weight.assign(mul(weight, 8)));
  return model;
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
    for (const [name, part] of Object.entries(model.adapter!.parameters))
      if (name.includes('lora_B'))
        tidy(() => part.assign(randomNormal(part.shape, 0, 0.5, 'float32', 9)));
    await expectForward(model);
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
    model.dispose();
  },
);

test('experts with adapters are sampled by forward passes, which is said', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const model = loudModel(true);
  addLora(model, { r: 2, alpha: 2, targets: ['down_proj'], seed: 5 });
  await expectForward(model);
  expect(warn.mock.calls.map(([text]) => text)).toEqual([
    expect.stringContaining('adapted experts'),
  ]);
  warn.mockRestore();
  model.dispose();
});
