// Above 300 lines: every property is held on the same tiny models, against plain forward passes.
import { openCpu } from '@molrl/tensor-gpu';
import { add, fill, memory, tidy } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { addLora } from '../lora/addLora.ts';
import { createQwen3 } from '../model/createQwen3.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { TINY_CONFIG } from '../model/tinyConfig.ts';
import { scoreLogprobs } from '../train/scoreLogprobs.ts';
import type { Completion } from './completion.ts';
import { generate } from './generate.ts';
import { generateByForward } from './generateByForward.ts';
import { sampleSeeds } from './sampleSeeds.ts';

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

  test.each([
    ['topP', { topP: 0.5 }],
    ['topK', { topK: 3 }],
    ['minP', { minP: 0.5 }],
    ['repetitionPenalty', { repetitionPenalty: 1.3 }],
    ['suppressTokens', { suppressTokens: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] }],
  ])(
    "%s: logprobs stay the trainer's, behaviorLogprobs are those of the draw",
    async (_, filter) => {
      const model = tiny();
      const options = { maxTokens: 12, temperature: 1, seed: 1, ...filter };
      const [fast, plain] = [
        await generate(model, prompts, options),
        await generateByForward(model, prompts, options),
      ];
      const scores = await scoreLogprobs(
        model,
        fast.map((c, i) => ({ promptIds: prompts[i]!, completionIds: c.ids })),
      );
      let gap = 0;
      for (const [i, { logprobs, behaviorLogprobs }] of fast.entries()) {
        for (const [t, value] of logprobs.entries()) {
          expect(Math.abs(value - scores[i]![t]!)).toBeLessThan(1e-5);
          expect(behaviorLogprobs[t]).toBeCloseTo(plain[i]!.behaviorLogprobs[t]!, 4);
          gap += Math.abs(behaviorLogprobs[t]! - value);
        }
      }
      expect(gap).toBeGreaterThan(1);
      model.dispose();
    },
  );

  test('without filters both log-probs are the same bits', async () => {
    const model = tiny();
    const off = { topK: null, topP: null, minP: 0, repetitionPenalty: 1, suppressTokens: null };
    for (const { logprobs, behaviorLogprobs } of await generate(model, prompts, {
      maxTokens: 9,
      seed: 3,
      ...off,
    })) {
      expect(behaviorLogprobs).toEqual(logprobs);
    }
    model.dispose();
  });

  test('suppressed tokens are never sampled', async () => {
    const model = tiny();
    const suppressTokens = Array.from({ length: 35 }, (_, id) => id + 1);
    for (const run of [generate, generateByForward]) {
      const options = { maxTokens: 20, temperature: 2, seed: 5, suppressTokens };
      const sampled = (await run(model, prompts, options)).flatMap((c) => [...c.ids]);
      expect(new Set(sampled)).toEqual(new Set([0, 36]));
    }
    model.dispose();
  });

  test('shouldStop ends a completion, an end token is told apart from it', async () => {
    const model = tiny();
    const all = await generate(model, prompts, { maxTokens: 10, seed: 1 });
    const shouldStop = (seen: Int32Array): boolean => seen.length === 4;
    for (const run of [generate, generateByForward]) {
      const cut = await run(model, prompts, { maxTokens: 10, seed: 1, shouldStop });
      expect(cut.map(({ stop }) => stop)).toEqual(['stop', 'stop', 'stop']);
      expect(ids(cut)).toEqual(ids(all).map((list) => list.slice(0, 4)));
      const eosIds = [all[0]!.ids[3]!];
      const [ended] = await run(model, [prompts[0]!], {
        maxTokens: 4,
        seeds: sampleSeeds(1, 3).slice(0, 1),
        shouldStop,
        eosIds,
      });
      expect(ended!.stop).toBe('eos'); // also as the last token that fits
    }
    model.dispose();
  });

  test('every end of the config stops; null stops nothing; an impossible one is an error of the config', async () => {
    const withEnds = (eosTokenId: unknown): Qwen3 => {
      const made = createQwen3({ ...TINY_CONFIG }, { seed: 2 });
      Object.assign(made.config, { eosTokenId });
      return made;
    };
    const model = withEnds([29, 30, 3]);
    const options = { maxTokens: 40, seed: 1, numGenerations: 20 };
    const ended = await generate(model, prompts, options);
    expect(new Set(ended.filter((c) => c.stop === 'eos').map((c) => c.ids.at(-1)))).toEqual(
      new Set([29, 30, 3]),
    );
    for (const { ids: list } of ended) {
      expect(list.slice(0, -1).some((id) => [29, 30, 3].includes(id))).toBe(false);
    }
    const endless = await generate(model, prompts, { ...options, eosIds: null });
    expect(endless.every(({ stop }) => stop === 'length')).toBe(true);
    model.dispose();
    for (const ends of [99, [3, 37], '5', 5.5, -1, {}]) {
      const other = withEnds(ends);
      await expect(generate(other, prompts, { maxTokens: 1, temperature: 0 })).rejects.toThrow(
        expect.objectContaining({
          code: 'config',
          message: expect.stringContaining('eos_token_id'),
        }),
      );
      await generate(other, prompts, { maxTokens: 1, temperature: 0, eosIds: [] });
      other.dispose();
    }
  });

  test('NaN weights are a Qwen3Error with the code `not-finite`', async () => {
    const model = tiny();
    model.parameters['model.norm.weight']!.assign(fill([12], Number.NaN));
    for (const run of [generate, generateByForward]) {
      await expect(run(model, prompts, { maxTokens: 2, seed: 1 })).rejects.toThrow(
        expect.objectContaining({ name: 'Qwen3Error', code: 'not-finite' }),
      );
    }
    model.dispose();
  });

  test.each<[string, unknown, object]>([
    ['prompt 0 is empty', [[]], {}],
    [
      "prompt 1 has 65 tokens, the model's context is 64 (maxPositionEmbeddings). Shorten it",
      [new Int32Array(64), new Int32Array(65)],
      {},
    ],
    ['prompt 0[0]', [[37]], {}],
    ['prompt 1[0]', [[1], [1.5]], {}],
    ['prompt 0[0]', [['1']], {}],
    ['prompt 0 must be a list', [null], {}],
    ['prompt 0 must be a list', ['text'], {}],
    ['prompts must be a list', 'text', {}],
    ['maxTokens', prompts, { maxTokens: 0 }],
    ['maxTokens', prompts, { maxTokens: 1e12 }],
    ['maxTokens', prompts, { maxTokens: '8' }],
    ['numGenerations', prompts, { numGenerations: 1.5 }],
    ['temperature', prompts, { temperature: -1 }],
    ['temperature', prompts, { temperature: null }],
    ['temperature', prompts, { temperature: Number.NaN }],
    [
      'temperature must be 0 (greedy), or 0.000001 or more',
      prompts,
      { temperature: 1e-39, seed: 1 },
    ],
    ['needs seed', prompts, { temperature: 1 }],
    ['needs seed', prompts, { temperature: 1, seed: null }],
    ['seed', prompts, { temperature: 1, seed: Number.NaN }],
    ['seed', prompts, { temperature: 1, seed: 0.5 }],
    ['seed', prompts, { temperature: 1, seed: 2 ** 60 }],
    ['seeds must have one entry per completion (3), got 1', prompts, { seeds: [1] }],
    ['seeds[1]', prompts, { seeds: [1, 0.5, 2] }],
    ['seeds[0] must be a whole number, 0 to 9007199254740991', prompts, { seeds: [2 ** 60, 1, 2] }],
    ['topP', prompts, { topP: 0 }],
    ['topP', prompts, { topP: 1.01 }],
    ['topK', prompts, { topK: -1 }],
    ['topK', prompts, { topK: 2.5 }],
    ['minP', prompts, { minP: 2 }],
    ['repetitionPenalty', prompts, { repetitionPenalty: 0 }],
    ['eosIds[0]', prompts, { eosIds: [999] }],
    ['eosIds must be a list of whole numbers, got 16. Write [16].', prompts, { eosIds: 16 }],
    ['suppressTokens[0]', prompts, { suppressTokens: [37] }],
    ['suppressTokens', prompts, { suppressTokens: Array.from({ length: 37 }, (_, i) => i) }],
    ['shouldStop', prompts, { shouldStop: ['a'] }],
    ['shouldStop', prompts, { shouldStop: 0 }],
    ['it returned a promise', prompts, { shouldStop: async () => false }],
    ['signal must be an AbortSignal', prompts, { signal: true }],
    ["unknown option 'max_tokens'. Did you mean 'maxTokens'?", prompts, { max_tokens: 3 }],
    ["Did you mean 'topP'?", prompts, { top_p: 0.9 }],
    ["unknown option 'toString'", prompts, { toString: 1 }],
  ])('throws `option`: %s', async (text, list, options) => {
    const model = tiny();
    for (const run of [generate, generateByForward]) {
      const call = run(model, list as number[][], { maxTokens: 2, temperature: 0, ...options });
      await expect(call).rejects.toThrow(
        expect.objectContaining({
          name: 'Qwen3Error',
          code: 'option',
          message: expect.stringContaining(text),
        }),
      );
    }
    model.dispose();
  });

  test('of a small vocabulary all ids can be told', async () => {
    const model = tiny();
    const options = { maxTokens: 2, temperature: 0, topLogprobs: 64 };
    const [first] = await generate(model, prompts, options);
    for (const top of first!.topLogprobs!) {
      expect(top.map(({ id }) => id).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 37 }, (_, id) => id),
      );
      expect(top.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0)).toBeCloseTo(1, 5);
    }
    model.dispose();
  });

  test('no prompt gives no completion; no options are an error', async () => {
    const model = tiny();
    expect(await generate(model, [], { maxTokens: 2, temperature: 0 })).toEqual([]);
    await expect(generate(model, [], undefined as never)).rejects.toThrow('must be an object');
    model.dispose();
  });
});

test('sampleSeeds gives distinct whole numbers, the same each time', () => {
  const seeds = [0, 1, 2 ** 40].flatMap((seed) => sampleSeeds(seed, 200));
  expect(new Set(seeds).size).toBe(600);
  expect(seeds.every((seed) => Number.isSafeInteger(seed) && seed >= 0)).toBe(true);
  expect(sampleSeeds(5, 3)).toEqual(sampleSeeds(5, 4).slice(0, 3));
});

test.each([[Number.NaN], [0.5], [-1], [2 ** 53], ['1']])(
  'sampleSeeds refuses the seed %s',
  (seed) => {
    expect(() => sampleSeeds(seed as number, 2)).toThrow(
      expect.objectContaining({ code: 'option' }),
    );
  },
);
