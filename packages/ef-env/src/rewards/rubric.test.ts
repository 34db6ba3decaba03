import { expect, test } from 'vitest';
import { collect } from '../episode/collect.ts';
import type { Policy } from '../episode/policy.ts';
import { accuracyReward } from '../graders/math/accuracyReward.ts';
import { judgeReward } from './judgeReward.ts';
import { promptEnvironment } from './promptEnvironment.ts';
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
    `[EfEnvError: rubric: reward 'bad' gave NaN for completion 0. Return null where it does not apply.]`,
  );
  expect(() => rubric({})).toThrow(/needs rewards/);
});
