import { expect, test } from 'vitest';
import { promptEnvironment } from '../environments/promptEnvironment.ts';
import { collect } from '../episode/collect.ts';
import { collectFailing } from '../episode/collectFailing.ts';
import { defineEnvironment } from '../episode/defineEnvironment.ts';
import type { Policy } from '../episode/policy.ts';
import { accuracyReward } from '../judges/maths/graders/accuracyReward.ts';
import { judgeReward } from './judgeReward.ts';
import { rewardEach } from './rewardEach.ts';
import { rubric } from './rubric.ts';
import { scoreTrajectories } from './scoreTrajectories.ts';

interface Row {
  prompt: string;
  answer: string;
}
const ROW: Row = { prompt: '2 + 2?', answer: '4' };

/** Says each of the given texts in turn. */
const says = (...texts: string[]): Policy => ({
  generate: async (prompts, { numGenerations = 1 }) =>
    Array.from({ length: prompts.length * numGenerations }, (_, i) => ({
      speaker: 'assistant',
      kind: 'policy',
      turn: 0,
      text: texts[i % texts.length]!,
    })),
});

test('weights add up, weight 0 is a metric only, null does not apply', async () => {
  const r = rubric<Row>({
    correct: {
      reward: (completions, { answer }) => completions.map((c, i) => Number(c === answer[i])),
      weight: 2,
    },
    short: rewardEach((completion) => (completion === '' ? null : 1 / completion.length)),
    length: { reward: (completions) => completions.map((c) => c.length), weight: 0 },
  });
  expect(await r.score(['4', '44', ''], [ROW, ROW, ROW])).toEqual({
    rewards: [3, 0.5, 0],
    metrics: { correct: [1, 0, 0], short: [1, 0.5, null], length: [1, 2, 0] },
  });
  const never = rubric<Row>({ never: () => [null] });
  expect((await never.score(['x'], [ROW])).rewards).toEqual([null]);
});

test('a TRL-style reward becomes an environment in one line', async () => {
  const env = promptEnvironment<Row>({
    reward: (completions, { answer }) => completions.map((c, i) => accuracyReward(answer[i]!, c)),
  });
  const [right] = await collect(env, says('It is \\boxed{4}.'), {
    tasks: [ROW],
    seed: 0,
    maxTokens: 9,
  });
  expect(right).toMatchObject({
    reward: 1,
    metrics: { reward: 1 },
    stop: 'done',
    segments: [{ text: '2 + 2?' }, { text: 'It is \\boxed{4}.' }],
  });
  const [unscored] = await collect(env, says('4'), {
    tasks: [{ prompt: '?', answer: 'forty two' }],
    seed: 0,
    maxTokens: 9,
  });
  expect(unscored?.reward).toBeNull();
});

test('scoreTrajectories gives group-wise rewards', async () => {
  const env = promptEnvironment<Row>({ reward: (completions) => completions.map(() => 0) });
  const played = await collect(env, says('a', 'abc'), {
    tasks: [ROW],
    seed: 0,
    groupSize: 2,
    maxTokens: 9,
  });
  const shortest = rubric<Row>({
    shortest: (all) => all.map((c) => Number(c.length === Math.min(...all.map((x) => x.length)))),
  });
  expect((await scoreTrajectories(played, shortest)).map(({ reward }) => reward)).toEqual([1, 0]);
  expect(played.map(({ reward }) => reward)).toEqual([0, 0]);
});

test('an environment with a rubric is scored group by group while it is collected', async () => {
  const groups: (readonly string[])[] = [];
  const shortest = rubric<Row>({
    shortest: (all, { answer }, { trajectories }) => {
      groups.push(all);
      expect(answer).toHaveLength(all.length);
      expect(trajectories?.map(({ segments }) => segments.at(-1)?.text)).toEqual(all);
      return all.map((c) => Number(c.length === Math.min(...all.map((x) => x.length))));
    },
    metric: { reward: (all) => all.map((c) => (c === 'abc' ? null : c.length)), weight: 0 },
  });
  const env = promptEnvironment<Row>({ reward: shortest });
  const whole: number[] = [];
  const options = {
    tasks: [ROW, { ...ROW, prompt: '1 + 3?' }],
    seed: 0,
    groupSize: 2,
    maxTokens: 9,
  };
  const played = await collect(env, says('a', 'abc'), {
    ...options,
    onTrajectories: (finished) => void whole.push(finished.length),
  });
  expect(groups).toEqual([
    ['a', 'abc'],
    ['a', 'abc'],
  ]);
  expect(played.map(({ reward, segments }) => [reward, segments[1]!.reward])).toEqual([
    [1, 1],
    [0, 0],
    [1, 1],
    [0, 0],
  ]);
  expect(played[1]!.metrics).toEqual({ shortest: 0 });

  // An episode that a torn file lost: it is scored beside the one that was kept, which stays as it is.
  const kept = { ...played[0]!, reward: 7 };
  const resumed = await collect(env, says('abcd'), {
    ...options,
    completed: [kept, ...played.slice(2)],
  });
  expect(resumed.map(({ reward }) => reward)).toEqual([7, 0, 1, 0]);
  expect(groups.at(-1)).toEqual(['a', 'abcd']);
  expect(whole).toEqual([4]);
});

test('episodes of a group are handed over when the last of them has ended', async () => {
  const env = {
    ...defineEnvironment<Row, { left: number }>({
      name: 'uneven',
      reset: (row, { seed }) => ({ observation: row.prompt, state: { left: seed } }),
      step: (_, action) => ({ reward: 5, done: action === 'stop' }),
    }),
    rubric: rubric<Row>({
      own: (_, __, { trajectories }) => trajectories!.map(({ reward }) => reward),
    }),
  };
  const handed: number[] = [];
  const played = await collect(env, says('stop', 'go', 'go', 'stop'), {
    tasks: [ROW, ROW],
    seed: 0,
    groupSize: 2,
    maxTokens: 9,
    maxTurns: 3,
    concurrency: 4,
    onTrajectories: (finished) => void handed.push(finished.length),
  });
  expect(handed.reduce((a, b) => a + b)).toBe(4);
  expect(handed.every((count) => count % 2 === 0)).toBe(true);
  expect(played.map(({ reward }) => reward)).toEqual([5, 5, 5, 5]);
});

test('a rubric that fails ends its group, and leaves what went wrong before', async () => {
  const env = defineEnvironment<Row, Row>({
    name: 'half',
    rubric: rubric<Row>({ bad: () => [Number.NaN] }),
    reset: (row, { seed }) => ({ observation: `${row.prompt} ${seed}`, state: row }),
    step: (_, action) => {
      if (action === 'b') throw new Error('lost');
      return { done: true };
    },
  });
  const played = await collectFailing(env, says('a', 'b'), {
    tasks: [ROW as never],
    seed: 0,
    groupSize: 2,
    maxTokens: 9,
  });
  expect(played.map(({ stop, error }) => [stop, error])).toEqual([
    [
      'error',
      "rubric: reward 'bad' gave NaN for completion 0. A reward is a finite number (Number(true) is 1), or null where it does not apply.",
    ],
    ['error', 'lost'],
  ]);
});

test('a prompt may be messages; a row without one ends its own episode', async () => {
  interface Messages {
    prompt?: string | { role: string; content: string }[];
  }
  const env = promptEnvironment<Messages>({
    reward: (all) => all.map(() => 1),
    system: 'Be kind.',
  });
  const user = { role: 'user', content: '2 + 2?' };
  const tasks: Messages[] = [
    { prompt: [{ role: 'system', content: 'Be brief.' }, user] },
    { prompt: [user] },
    {},
    { prompt: [{ role: 'developer', content: 'x' }] },
  ];
  const played = await collect(env, says('4'), { tasks, seed: 0, maxTokens: 9 });
  expect(played.map(({ segments }) => segments.map(({ text }) => text))).toEqual([
    ['Be brief.', '2 + 2?', '4'],
    ['Be kind.', '2 + 2?', '4'],
    ['Be kind.'],
    ['Be kind.'],
  ]);
  expect(played.map(({ reward }) => reward)).toEqual([1, 1, null, null]);
  expect(played[2]!.error).toMatch(/a prompt must be a text or a list of messages, got undefined/);
  expect(played[3]!.error).toMatch(/message 0 needs a role/);
});

test('a judge gives the last number of its reply, or none', async () => {
  const replies = ['I give it 7 of 10: 0.7', 'No idea.'];
  const judge = judgeReward<Row>({
    ask: async () => replies.shift()!,
    prompt: (completion, { prompt }) => `${prompt} ${completion}`,
  });
  const r = rubric<Row>({ judge });
  expect((await r.score(['4', '5'], [ROW, ROW])).rewards).toEqual([0.7, null]);
});

test('throws for a reward that returns too few values or NaN, and for an empty rubric', async () => {
  await expect(
    rubric<Row>({ bad: () => [1] }).score(['a', 'b'], [ROW, ROW]),
  ).rejects.toThrowErrorMatchingInlineSnapshot(
    `[EfEnvError: rubric: reward 'bad' returned 1 values for 2 completions. One per completion, null where it does not apply.]`,
  );
  await expect(
    rubric<Row>({ bad: () => [Number.NaN] }).score(['a'], [ROW]),
  ).rejects.toThrowErrorMatchingInlineSnapshot(
    `[EfEnvError: rubric: reward 'bad' gave NaN for completion 0. A reward is a finite number (Number(true) is 1), or null where it does not apply.]`,
  );
  expect(() => rubric({})).toThrow(/needs rewards/);
});
