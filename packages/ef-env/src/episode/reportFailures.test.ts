import { describe, expect, test, vi } from 'vitest';
import { promptEnvironment } from '../environments/promptEnvironment.ts';
import { rubric } from '../rewards/rubric.ts';
import { collect } from './collect.ts';
import { defineEnvironment } from './defineEnvironment.ts';
import { episodeMetrics } from './episodeMetrics.ts';
import type { Policy } from './policy.ts';

/** Says the seed it was given. */
const seedSayer: Policy = {
  generate: async (prompts, { numGenerations = 1, seeds }) =>
    Array.from({ length: prompts.length * numGenerations }, (_, i) => ({
      speaker: 'assistant',
      kind: 'policy',
      turn: 0,
      text: String(seeds![i]),
    })),
};

describe('an environment or a reward that throws is loud', () => {
  const faulty = defineEnvironment<number, number>({
    name: 'faulty',
    reset: (task) => ({ observation: `task ${task}`, state: task }),
    step: (task) => {
      if (task === 1) throw new Error('lost.');
      if (task === 2) return { reward: Number.NaN, done: true };
      return { done: true };
    },
  });
  const played = { seed: 0, maxTokens: 1, groupSize: 2 };

  test('the warning says how many and why, the metrics count', async () => {
    const warnings: string[] = [];
    const onWarning = (message: string): void => void warnings.push(message);
    const episodes = await collect(faulty, seedSayer, { ...played, tasks: [0, 1, 2], onWarning });
    expect(warnings).toEqual([
      "collect: 4 of 6 episodes ended in an error or a time-out: 2 x 'lost', 2 x 'step: rewards and metrics must be finite numbers, got NaN (reward)'.",
    ]);
    expect(episodeMetrics(episodes)).toEqual({
      'episodes/total': 6,
      'episodes/errors': 4,
      'episodes/timeouts': 0,
      'episodes/truncated': 0,
      'episodes/unscored': 6,
    });
  });

  test('rejects where every episode ended in an error, after they were handed over', async () => {
    const onTrajectories = vi.fn();
    const options = { ...played, tasks: [1], onTrajectories };
    await expect(collect(faulty, seedSayer, options)).rejects.toMatchObject({
      code: 'task',
      message: expect.stringMatching(
        /^collect: every episode \(2\) ended in an error: 2 x 'lost'\./,
      ),
    });
    expect(onTrajectories.mock.calls.flat(2)).toHaveLength(2);
  });

  test('a reward that throws is one of these', async () => {
    const throws = rubric<{ text: string }>({
      broken: () => {
        throw new RangeError('no judge');
      },
    });
    const env = promptEnvironment<{ prompt: string }>({ reward: throws as never });
    const options = { ...played, tasks: [{ prompt: '1' }] };
    await expect(collect(env, seedSayer, options)).rejects.toThrow("2 x 'no judge'");
  });
});
