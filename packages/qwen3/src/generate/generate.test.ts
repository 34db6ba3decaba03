import { openCpu } from '@molrl/tensor-gpu';
import { add, memory, tidy } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { addLora } from '../lora/addLora.ts';
import { createQwen3 } from '../model/createQwen3.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { TINY_CONFIG } from '../tinyConfig.ts';
import { type Completion, generate } from './generate.ts';
import { generateByForward } from './generateByForward.ts';
import { sampleSeeds } from './generateOptions.ts';
import { scoreLogprobs } from './scoreLogprobs.ts';

beforeAll(async () => {
  await openCpu();
});

const prompts = [[5, 1, 36, 7, 2, 9], [4], [30, 12, 8]];
const ids = (completions: Completion[]): number[][] => completions.map((c) => [...c.ids]);
const tiny = (): Qwen3 => createQwen3(TINY_CONFIG, { seed: 2 });

describe('generate', () => {
  test.each([
    ['greedy', { temperature: 0 }],
    ['sampled', { temperature: 0.8, seed: 11, numGenerations: 3 }],
    [
      'filtered',
      { temperature: 1.2, topK: 12, topP: 0.9, minP: 0.02, repetitionPenalty: 1.2, seed: 4 },
    ],
    ['stopped', { temperature: 1.5, seed: 3, numGenerations: 4, eosIds: [3, 8, 20, 31] }],
  ])('%s: equals the plain forward pass, log-probs to 1e-4', async (_, settings) => {
    const model = tiny();
    const before = memory().numTensors;
    const options = { maxTokens: 10, ...settings };
    const [fast, plain] = [
      await generate(model, prompts, options),
      await generateByForward(model, prompts, options),
    ];
    expect(ids(fast)).toEqual(ids(plain));
    expect(fast.map(({ stop }) => stop)).toEqual(plain.map(({ stop }) => stop));
    for (const [i, { logprobs }] of fast.entries()) {
      for (const [t, value] of logprobs.entries())
        expect(value).toBeCloseTo(plain[i]!.logprobs[t]!, 4);
    }
    expect(memory().numTensors - before).toBeLessThanOrEqual(2); // the rotary tables
    model.dispose();
  });

  test("the sampler's log-probs are the trainer's", async () => {
    const model = tiny();
    const completions = await generate(model, prompts, {
      maxTokens: 12,
      seed: 1,
      temperature: 0.7,
    });
    const sequences = completions.map((c, i) => ({ promptIds: prompts[i]!, completionIds: c.ids }));
    const scores = await scoreLogprobs(model, sequences, { temperature: 0.7, batchSize: 2 });
    for (const [i, { logprobs }] of completions.entries()) {
      for (const [t, value] of logprobs.entries())
        expect(Math.abs(value - scores[i]![t]!)).toBeLessThan(1e-5);
    }
    model.dispose();
  });

  test('a completion depends on its prompt and seed only, not on the batch', async () => {
    const model = tiny();
    const seeds = [101, 102, 103, 104, 105, 106];
    const options = { maxTokens: 8, temperature: 1 };
    const together = await generate(model, prompts, { ...options, numGenerations: 2, seeds });
    for (const [i, completion] of together.entries()) {
      const prompt = prompts[Math.floor(i / 2)]!;
      const [alone] = await generate(model, [prompt], { ...options, seeds: [seeds[i]!] });
      expect(alone).toEqual(completion);
    }
    model.dispose();
  });

  test('samples from the adapted weights', async () => {
    const model = tiny();
    addLora(model, { r: 2, alpha: 8 });
    for (const value of Object.values(model.trainable())) {
      tidy(() => value.assign(add(value, 0.2)));
    }
    const options = { maxTokens: 8, temperature: 0 };
    expect(ids(await generate(model, prompts, options))).toEqual(
      ids(await generateByForward(model, prompts, options)),
    );
    model.dispose();
  });

  test('stops when asked to, with the reason', async () => {
    const model = tiny();
    const controller = new AbortController();
    const onProgress = (): void => controller.abort(new Error('enough'));
    const options = { maxTokens: 50, seed: 1, signal: controller.signal, onProgress };
    await expect(generate(model, prompts, options)).rejects.toThrow('enough');
    await expect(generateByForward(model, prompts, options)).rejects.toThrow('enough');
    model.dispose();
  });

  test('throws `option` for a bad call', async () => {
    const model = tiny();
    const code = (list: number[][], options: object): Promise<string> =>
      generate(model, list, { maxTokens: 2, temperature: 0, ...options }).then(
        () => 'none',
        (error) => error.code,
      );
    expect(await code([[]], {})).toBe('option');
    expect(await code([[37]], {})).toBe('option');
    expect(await code(prompts, { maxTokens: 0 })).toBe('option');
    expect(await code(prompts, { temperature: -1 })).toBe('option');
    expect(await code(prompts, { temperature: 1 })).toBe('option'); // no seed
    expect(await code(prompts, { seeds: [1] })).toBe('option');
    expect(await code([], {})).toBe('none');
    model.dispose();
  });
});

test('sampleSeeds gives distinct whole numbers, the same each time', () => {
  const seeds = [0, 1, 2 ** 40].flatMap((seed) => sampleSeeds(seed, 200));
  expect(new Set(seeds).size).toBe(600);
  expect(seeds.every((seed) => Number.isSafeInteger(seed) && seed >= 0)).toBe(true);
  expect(sampleSeeds(5, 3)).toEqual(sampleSeeds(5, 4).slice(0, 3));
});
