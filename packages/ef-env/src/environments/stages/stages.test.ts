import { describe, expect, test } from 'vitest';
import { collect } from '../../episode/collect.ts';
import { collectDialogue } from '../../episode/collectDialogue.ts';
import { collectFailing } from '../../episode/collectFailing.ts';
import type { Policy } from '../../episode/policy.ts';
import type { Segment } from '../../trajectory/segment.ts';
import { type StagesOptions, stages } from './stages.ts';

interface Task {
  question: string;
  answer: string;
}
interface Results {
  plan: string[];
  answer: string;
}
const TASK: Task = { question: '6 * 7?', answer: '42' };

const planFirst: StagesOptions<Task, Results> = {
  name: 'plan-first',
  stages: [
    {
      name: 'plan',
      prompt: ({ question }) => `Plan: ${question}`,
      rules: [
        { name: 'said', check: (plan) => plan !== '' || 'There is no plan.' },
        {
          name: 'short',
          check: async (plan) => plan.length < 20 || 'It is longer than 20 letters.',
        },
      ],
      extract: (plan) => plan.split(', '),
      attempts: 2,
    },
    {
      name: 'answer',
      prompt: ({ question }, { plan }) =>
        `${question} In ${plan.length} steps: ${plan.join('; ')}.`,
      rules: [
        {
          name: 'number',
          check: (answer) => /^\d+$/.test(answer) || `'${answer}' is no number.`,
        },
      ],
    },
  ],
  score: ({ answer }, { task }) => Number(answer === task.answer),
};

/** Answers the n-th prompt that it gets with the n-th text, and keeps what it was shown. */
function says(...texts: string[]): Policy & { seen: string[][] } {
  const seen: string[][] = [];
  return {
    seen,
    generate: async (prompts) =>
      prompts.map((segments) => {
        seen.push(segments.map(({ text }) => text));
        return { speaker: 'assistant', kind: 'policy', turn: 0, text: texts.shift()! };
      }),
  };
}

const said = (segments: readonly Segment[]): string[] =>
  segments.map(({ kind, turn, text }) => `${turn} ${kind}: ${text}`);
const options = { tasks: [TASK], seed: 0, maxTokens: 9 };
const LONG = 'Think about it for a very long time.';

describe("stages, context 'all'", () => {
  const env = stages<Task, Results>({ ...planFirst, context: 'all' });

  test('is one conversation, in which a broken rule is told', async () => {
    const [episode] = await collect(env, says(LONG, '<think>a</think> split, add', '42'), options);
    expect(said(episode!.segments)).toMatchInlineSnapshot(`
      [
        "0 prompt: Plan: 6 * 7?",
        "0 policy: Think about it for a very long time.",
        "0 environment: Rule 'short' is broken: It is longer than 20 letters. Try again.",
        "1 policy: <think>a</think> split, add",
        "1 environment: 6 * 7? In 2 steps: split; add.",
        "2 policy: 42",
      ]
    `);
    expect(episode).toMatchObject({ reward: 1, stop: 'done' });
    expect(
      episode!.segments.flatMap(({ kind, reward }) => (kind === 'policy' ? [reward] : [])),
    ).toEqual([0, undefined, 1]);
    expect(episode!.metrics).toEqual({
      'stages/passed': 2,
      'stages/pruned': 0,
      'stages/broken/plan/short': 1,
    });
  });

  test('is pruned at the stage whose attempts are used up, whatever else the policy has to say', async () => {
    const policy = says(LONG, '', '42');
    const [episode] = await collect(env, policy, options);
    expect(episode).toMatchObject({
      reward: 0,
      stop: 'done',
      metrics: { 'stages/passed': 0, 'stages/pruned': 1, 'stages/broken/plan/said': 1 },
      info: { pruned: { stage: 'plan', rule: 'said', reason: 'There is no plan.' } },
    });
    expect(policy.seen).toHaveLength(2);
    expect(episode!.segments.at(-1)!.text).toBe("Rule 'said' is broken: There is no plan.");
  });
});

test('an attempt that never closes its thought breaks a rule of every stage', async () => {
  const env = stages<Task, Results>({ ...planFirst, context: 'all' });
  const policy = says('<think>split', '<think>split');
  const [episode] = await collect(env, policy, options);
  expect(episode!.segments.findLast(({ kind }) => kind === 'environment')!.text).toMatch(
    /^Rule 'closed-thought' is broken: The thought was not closed: write <\/think> before the answer\./,
  );
  expect(episode!.metrics).toMatchObject({ 'stages/pruned': 1, 'thoughts/unclosed': 2 });
});

describe("stages, context 'results'", () => {
  const env = stages<Task, Results>({ ...planFirst, context: 'results', system: 'Be brief.' });

  test('shows a stage its own prompt and attempts only, and keeps them as a trajectory of its own', async () => {
    const policy = says(LONG, 'split, add', '42');
    const { plan, answer } = await collectDialogue(env, policy, options);
    expect(policy.seen.at(-1)).toEqual(['Be brief.', '6 * 7? In 2 steps: split; add.']);
    expect(said(answer[0]!.segments)).toEqual([
      '0 prompt: Be brief.',
      '0 prompt: 6 * 7? In 2 steps: split; add.',
      '0 policy: 42',
    ]);
    expect(said(plan[0]!.segments)).toMatchInlineSnapshot(`
      [
        "0 prompt: Be brief.",
        "0 prompt: Plan: 6 * 7?",
        "0 policy: Think about it for a very long time.",
        "0 environment: Rule 'short' is broken: It is longer than 20 letters. Try again.",
        "1 policy: split, add",
      ]
    `);
    expect([plan[0], answer[0]]).toMatchObject([
      { role: 'plan', reward: 1, stop: 'done' },
      { role: 'answer', reward: 1, stop: 'done' },
    ]);
  });

  test('prunes branches of a group: they get prunedReward, later stages are not asked', async () => {
    const pruned = stages<Task, Results>({ ...planFirst, context: 'results', prunedReward: -1 });
    const policy: Policy = {
      generate: async (prompts, { numGenerations = 1 }) =>
        prompts.flatMap(([first]) =>
          Array.from({ length: numGenerations }, (_, member) => ({
            speaker: 'assistant',
            kind: 'policy',
            turn: 0,
            text: first!.text.startsWith('Plan') ? ['a', LONG, 'b'][member % 3]! : '42',
          })),
        ),
    };
    const once = { ...options, groupSize: 3, maxTurns: 1 };
    const { plan, answer } = await collectDialogue(pruned, policy, once);
    expect(plan.map(({ reward }) => reward)).toEqual([1, -1, 1]);
    expect(plan.map(({ stop }) => stop)).toEqual(['done', 'max-turns', 'done']);
    const { plan: again, answer: later } = await collectDialogue(pruned, policy, {
      ...once,
      maxTurns: undefined,
    });
    expect(again[1]).toMatchObject({ reward: 1 });
    expect(answer.map(({ reward }) => reward)).toEqual([1, null, 1]);
    expect(answer[1]!.segments).toEqual([]);
    expect(later.map(({ reward }) => reward)).toEqual([1, 1, 1]);
  });
});

describe('stages', () => {
  test('a prompt, rule or score that throws ends its own episode', async () => {
    const broken = stages<Task, { answer: string }>({
      name: 'broken',
      context: 'all',
      stages: [{ name: 'answer', prompt: () => 'Say.' }],
      score: () => {
        throw new Error('no judge');
      },
    });
    const [episode] = await collectFailing(broken, says('x'), options as never);
    expect(episode).toMatchObject({ stop: 'error', error: 'no judge', reward: null });
  });

  test('throws `option` without stages, for equal names and for no attempt', () => {
    const plan = planFirst.stages[0]!;
    const make = (list: StagesOptions<Task, Results>['stages']) =>
      stages({ ...planFirst, stages: list, context: 'all' });
    expect(() => make([])).toThrowErrorMatchingInlineSnapshot(
      `[EfEnvError: stages: needs stages with names of their own, got none.]`,
    );
    expect(() => make([plan, plan])).toThrowErrorMatchingInlineSnapshot(
      `[EfEnvError: stages: needs stages with names of their own, got plan, plan.]`,
    );
    expect(() =>
      make([{ ...plan, attempts: 0 } as typeof plan]),
    ).toThrowErrorMatchingInlineSnapshot(
      `[EfEnvError: stages: attempts must be an integer >= 1, got 0 for 'plan'.]`,
    );
  });
});
