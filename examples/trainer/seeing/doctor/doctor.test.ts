import { describe, expect, test } from 'vitest';
import { checkSettings } from '../../config/checkSettings.ts';
import type { MetricsRow } from '../../harness/metricsRow.ts';
import { afterRun } from './afterRun.ts';
import type { BeforeRun, DuringRun, Metrics } from './check.ts';
import { CHECKS_BEFORE, CHECKS_DURING, findings } from './checks.ts';
import { duringRun } from './duringRun.ts';

const settings = checkSettings({ environment: 'codewords', lora: 8, grpo: { prompts: 16 } });

const before: BeforeRun = {
  settings,
  model: { trained: 1e6, parameters: 135e6, contextLength: 2048 },
  prompts: [
    { text: 'What is 17 + 5?', tokens: 20 },
    { text: 'What is 3 + 4?', tokens: 19 },
  ],
  trainTasks: ['a', 'b', 'c'],
  heldOutTasks: ['d', 'e'],
  missingTokens: [],
  memory: { needed: 2 ** 30, there: 2 ** 32, parts: { weights: 2 ** 29 } },
};

/** An update as healthy runs have them. */
const update = (step: number, other: Metrics = {}): Metrics => ({
  ...{ stage: '1-grpo', step, reward: 0.3 + step / 50, reward_std: 0.4, loss: 0.021 },
  ...{ grad_norm: 0.3, learning_rate: 2e-4, frac_reward_zero_std: 0.25, 'group/frac_mixed': 0.75 },
  ...{ 'completions/clipped_ratio': 0.1, 'sampling/entropy': 0.9 - step / 100 },
  'sampling/sampling_logp_difference/mean': 1e-6,
  'sampling/sampling_logp_difference/max': 2e-5,
  ...other,
});
const updates = (count: number, other: Metrics = {}): Metrics[] =>
  Array.from({ length: count }, (_, i) => update(i + 1, other));
const evaluation: Metrics = {
  ...{ stage: '1-grpo', step: 10, 'eval/accuracy': 0.5, 'eval/reward': 0.46, 'eval/text_kl': 1e-3 },
};
const during: DuringRun = {
  ...{ settings, stage: 'grpo', updates: updates(12), evaluations: [evaluation] },
};

test('a healthy run hears nothing', () => {
  expect(findings(CHECKS_BEFORE, before)).toEqual([]);
  expect(findings(CHECKS_DURING, during)).toEqual([]);
  expect(findings(CHECKS_DURING, { ...during, stage: 'sft', updates: [update(1)] })).toEqual([]);
});

describe('before a run', () => {
  const prompts = (tokens: number, text: string) => [...before.prompts, { text, tokens }];
  const slow = checkSettings({ environment: 'codewords', grpo: { learningRate: 2e-4 } });
  const still = checkSettings({ environment: 'codewords', lora: 8, grpo: { learningRate: 1e-7 } });
  const lively = checkSettings({
    ...{ environment: 'codewords', stages: ['live'], lora: 8, live: { learningRate: 0.5 } },
  });
  test.each<[keyof typeof CHECKS_BEFORE, Partial<BeforeRun>, string]>([
    [
      'promptEndsWithSpace',
      { prompts: prompts(9, 'Answer: ') },
      '1 of 3 prompts ends with a space (the first with "Answer: ")',
    ],
    ['tasksOverlap', { heldOutTasks: ['a', 'b', 'c', 'd'] }, 'overlap in 3 rows of 4'],
    [
      'rowsTooLong',
      { prompts: prompts(2000, 'long') },
      "1 of 3 rows are longer than the model's context: the longest prompt has 2000 tokens and 128 may follow, the model was made for 2048",
    ],
    [
      'memoryTooSmall',
      {
        memory: {
          needed: 6 * 2 ** 30,
          there: 2 ** 32,
          parts: { weights: 2 ** 31, cache: 3 * 2 ** 30 },
        },
      },
      'will need about 6.0 GiB of memory (most of it cache, 3.0 GiB), and 4.0 GiB are there',
    ],
    [
      'learningRateUnusual',
      { settings: slow },
      'grpo.learningRate 0.0002 is unusually high for all weights',
    ],
    [
      'learningRateUnusual',
      { settings: still },
      'grpo.learningRate 1e-7 is unusually low for an adapter',
    ],
    [
      'learningRateUnusual',
      { settings: lively },
      'live.learningRate 0.5 is unusually high for an adapter',
    ],
    ['formatUnknown', { missingTokens: ['<|im_start|>'] }, 'written with <|im_start|>'],
  ])('%s', (check, facts, sentence) => {
    const [found, ...others] = findings(CHECKS_BEFORE, { ...before, ...facts });
    expect(found).toMatchObject({ check, sentence: expect.stringContaining(sentence) });
    expect(others).toEqual([]);
  });

  test('a toy of half a million weights may learn fast', () => {
    const model = { ...before.model, parameters: 5e5 };
    expect(findings(CHECKS_BEFORE, { ...before, settings: slow, model })).toEqual([]);
  });
});

describe('during a run', () => {
  const collapsed = [0.9, 0.8, 0.85, 0.3, 0.05, 0.01].map((entropy, i) =>
    update(i + 1, { 'sampling/entropy': entropy }),
  );
  const hot = checkSettings({
    environment: 'codewords',
    lora: 8,
    grpo: { temperature: 0.7, prompts: 16 },
  });
  test.each<[keyof typeof CHECKS_DURING, Partial<DuringRun>, string]>([
    [
      'zeroRewards',
      { updates: updates(2, { reward: 0, reward_std: 0, 'group/frac_mixed': 0 }), evaluations: [] },
      'every reward is 0 (256 completions): the model never does what is rewarded, so there is nothing to learn from. Teach it first on worked answers: --stages sft,grpo,eval',
    ],
    [
      'equalRewards',
      { updates: updates(3, { 'group/frac_mixed': 1 / 16 }) },
      'rewards are equal in 15 of 16 groups, which then teach nothing: raise the temperature or mix levels',
    ],
    [
      'completionsCut',
      { updates: updates(1, { 'completions/clipped_ratio': 1 }) },
      'all 128 completions were cut at 128 tokens',
    ],
    [
      'completionsCut',
      { updates: updates(1, { 'completions/clipped_ratio': 0.75 }) },
      '96 of 128 completions were cut at 128 tokens',
    ],
    [
      'zeroLoss',
      { updates: updates(1, { loss: -3e-9 }) },
      'the loss prints 0.000 and that is right: on-policy ratios are 1; watch reward and grad_norm',
    ],
    [
      'adapterChangesNothing',
      { evaluations: [{ ...evaluation, 'eval/text_kl': 0 }] },
      'after 12 updates the KL to the base is exactly 0',
    ],
    [
      'adapterChangesNothing',
      { updates: updates(3, { grad_norm: 0 }) },
      'the gradient of the last 3 updates is exactly 0',
    ],
    [
      'samplerDiffers',
      { updates: updates(1, { 'sampling/sampling_logp_difference/mean': 0.02 }), settings: hot },
      'differ by 0.020 nats on average, 0.000020 at most: updates are off-policy without a correction. Set --temperature 1 (it is 0.7)',
    ],
    [
      'entropyCollapse',
      { updates: collapsed },
      'the entropy fell from 0.85 to 0.010 nats per token',
    ],
    [
      'evalApart',
      { updates: updates(6, { reward: 0.92 }) },
      '0.92 on training prompts, 0.46 on held-out ones: it learns its prompts by heart',
    ],
    [
      'evalApart',
      { evaluations: [{ ...evaluation, 'eval/reward': 0.99 }] },
      'held-out tasks are easier, or sampled otherwise',
    ],
    [
      'stepAdvice',
      { updates: updates(1, { 'clip_ratio/region_mean': 0.4 }) },
      '40 % of the tokens are clipped',
    ],
  ])('%s', (check, facts, sentence) => {
    const found = findings(CHECKS_DURING, { ...during, ...facts });
    expect(found).toEqual([{ check, sentence: expect.stringContaining(sentence) }]);
  });

  test('a few held-out tasks may differ by chance', () => {
    const few = checkSettings({ ...settings, eval: { tasks: 2 } });
    const apart = { ...during, updates: updates(6, { reward: 0.92 }) };
    expect(findings(CHECKS_DURING, { ...apart, settings: few })).toEqual([]);
  });

  test('a solved task may have no entropy left', () => {
    const solved = { ...evaluation, 'eval/accuracy': 0.97 };
    const found = findings(CHECKS_DURING, { ...during, updates: collapsed, evaluations: [solved] });
    expect(found).toEqual([]);
  });

  test('rewards that were not always 0 are not every reward', () => {
    const zero = update(2, { reward: 0, reward_std: 0, 'group/frac_mixed': 0 });
    const [found] = findings(CHECKS_DURING, { ...during, updates: [update(1), zero] });
    expect(found?.check).toBe('equalRewards');
  });

  test('a finding of a whole run says from where to where', () => {
    const cut = { 'completions/clipped_ratio': 1 };
    const rows = [update(1), update(2, cut), update(3, cut), update(4)] as MetricsRow[];
    expect(afterRun(settings, [...rows, evaluation as MetricsRow])).toMatchObject([
      { check: 'completionsCut', stage: '1-grpo', first: 2, last: 3 },
    ]);
  });

  test('each row is read a few times, however long the run was', () => {
    let reads = 0;
    const rows = updates(400, { 'sampling/entropy': 0.8 }).map((row) => {
      const counted = { ...row };
      for (const name of ['reward', 'sampling/entropy', 'grad_norm']) {
        const get = () => {
          reads += 1;
          return row[name];
        };
        Object.defineProperty(counted, name, { enumerable: true, get });
      }
      return counted as MetricsRow;
    });
    expect(afterRun(settings, rows)).toEqual([]);
    expect(reads).toBeGreaterThan(400);
    expect(reads).toBeLessThan(400 * 50);
  });

  test('the rows of metrics.jsonl say which stage, and which of them are evaluations', () => {
    const rows = [
      { stage: '1-sft', step: 0, 'eval/accuracy': 0, 'eval/text_kl': 0 }, // of the base, before anything was trained
      { stage: '1-sft', step: 1, loss: 2 },
      { stage: '2-grpo', step: 1, reward: 0 },
      { stage: '2-grpo', step: 1, 'eval/accuracy': 0.5 },
    ];
    expect(duringRun(settings, rows.slice(0, 2))?.evaluations).toEqual([]);
    const during = duringRun(settings, rows);
    expect(during).toMatchObject({ stage: 'grpo', updates: [rows[2]] });
    expect(during?.evaluations).toEqual([rows[3]]);
    expect(duringRun(settings, [])).toBeUndefined();
  });
});
