import { defineEnvironment } from '@molrl/ef-env';
import { type CpuDevice, openCpu } from '@molrl/tensor-gpu';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { grpo } from '../method/grpo.ts';
import type { Learner } from '../method/learner.ts';
import { loadLearner } from '../method/loadLearner.ts';
import { Stage } from '../method/stage.ts';
import { SHIPPED_MODEL } from '../model/findModel.ts';
import { areKept, type CompletionRow, completionRows } from './completionRows.ts';

let device: CpuDevice;
let learner: Learner;
let rows: CompletionRow[];

/** The first task gives every completion the same, the second what its letters add up to. */
const environment = defineEnvironment<{ equal: number }, number>({
  name: 'letters',
  reset: ({ equal }) => ({ observation: '12 lot biz', state: equal }),
  step: (equal, text) => ({
    reward: equal === 0 ? 1 : [...text].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 7,
    done: true,
  }),
});

/** One update of two groups of eight, its loss with a KL to the base. */
beforeAll(async () => {
  device = await openCpu({ threads: 1 });
  learner = await loadLearner({ model: SHIPPED_MODEL, format: 'recipe', lora: { r: 2 } });
  const stage = new Stage(learner.model.trainable(), { name: 'x', seed: 5, learningRate: 1e-3 });
  const numGenerations = 8;
  const updates = grpo(learner, stage, {
    game: { environment, nextTask: (_, equal) => ({ equal }), maxTokens: 24 },
    ...{ updates: 1, learningRate: 1e-3, prompts: 2, numGenerations, generalKl: 0 },
    loss: { lossType: 'dapo', beta: 0.04 },
    nextGeneral: () => [],
  });
  const { value: update } = await updates.next();
  rows = completionRows(learner, {
    ...update!.episodes!,
    ...{ stage: '1-grpo', step: 1, numGenerations },
  });
  stage.dispose();
});
afterAll(() => {
  learner.dispose();
  device.dispose();
});

describe('rows of completions.jsonl', () => {
  test('every sampled token of a group with spread has what the loss saw of it, the others nothing', () => {
    expect(rows).toHaveLength(16);
    for (const { tokens, advantage } of rows) {
      const sampled = [...tokens.mask].filter((digit) => digit === '1').length;
      expect(tokens.roles).toHaveLength(tokens.texts.length);
      expect(tokens.samplerLogprobs).toHaveLength(sampled);
      const { logprobs, refLogprobs, losses, gradientShares } = tokens;
      for (const column of [logprobs, refLogprobs, losses, gradientShares])
        expect(column?.length).toBe(advantage === 0 ? undefined : sampled);
    }
    expect(new Set(rows.map(({ advantage }) => advantage === 0)).size).toBe(2); // both kinds are there
  });

  test('the shares of the gradient add up to 1, and have the sign that moves the reward up', () => {
    const shares = rows.flatMap(({ tokens }) => tokens.gradientShares ?? []);
    expect(shares.reduce((sum, share) => sum + Math.abs(share), 0)).toBeCloseTo(1, 3);
    for (const { tokens, advantage } of rows)
      for (const share of tokens.gradientShares ?? []) expect(share * advantage).toBeLessThan(0);
  });

  test('before the first update sampler, trainer and base agree, and the loss of a token is -advantage', () => {
    for (const { tokens, advantage } of rows) {
      tokens.logprobs?.forEach((logprob, i) => {
        expect(logprob).toBeCloseTo(tokens.samplerLogprobs[i]!, 3);
        expect(tokens.refLogprobs![i]).toBeCloseTo(logprob, 3);
        expect(tokens.losses![i]).toBeCloseTo(-advantage, 3);
      });
    }
  });

  test('the tokens spell the conversation', () => {
    const [{ tokens, prompt }] = rows as [CompletionRow];
    expect(tokens.texts.join('')).toContain(`<|im_start|>user\n${prompt}<|im_end|>`);
  });

  test('about a hundred updates of a stage are kept', () => {
    const kept = (updates: number): number =>
      Array.from({ length: updates }, (_, i) => areKept({ step: i + 1, updates })).filter(Boolean)
        .length;
    expect([kept(3), kept(100), kept(1000), kept(5050)]).toEqual([3, 100, 101, 100]);
  });
});
