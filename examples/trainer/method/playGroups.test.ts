import { createRandom, defineEnvironment, type Policy } from '@molrl/ef-env';
import { describe, expect, test } from 'vitest';
import { localEpisodes } from './episodeSource.ts';
import type { Learner } from './learner.ts';
import { playGroups } from './playGroups.ts';
import type { Stage } from './stage.ts';

/** Says a digit of its seed: of an odd task the rewards of a group differ. */
const policy: Policy = {
  generate: async (_, { seeds }) =>
    Array.from(seeds!, (seed) => ({
      ...({ speaker: 'assistant', kind: 'policy', turn: 0 } as const),
      text: String(seed % 7),
    })),
};
const environment = defineEnvironment<number, number>({
  name: 'parity',
  reset: (task) => ({ observation: String(task), state: task }),
  step: (task, action) => ({ reward: task % 2 === 0 ? 1 : Number(action) / 7, done: true }),
});

const learner = { episodes: localEpisodes(() => policy) } as unknown as Learner; // all that is read

const play = (dynamicSampling: number, drawn?: number) => {
  const stage = { random: createRandom(5), step: 3, drawn } as unknown as Stage; // all that it reads
  const seen: number[] = [];
  const game = {
    environment,
    maxTokens: 4,
    nextTask: (_: unknown, position: number) => {
      seen.push(position);
      return position;
    },
  };
  const options = { game, prompts: 4, numGenerations: 3, dynamicSampling };
  return playGroups(learner, stage, options).then((played) => ({
    ...{ ...played, seen, stage },
    tasks: played.trajectories.map(({ segments }) => Number(segments[0]!.text)),
  }));
};

describe('playGroups', () => {
  test('without dynamic sampling plays the prompts of the update, whatever their rewards', async () => {
    const { seen, rounds, tasks } = await play(0);
    expect(seen).toEqual([12, 13, 14, 15]);
    expect(rounds).toBe(1);
    expect(tasks).toEqual([12, 12, 12, 13, 13, 13, 14, 14, 14, 15, 15, 15]);
  });

  test('dynamic sampling puts groups of further prompts where rewards were equal', async () => {
    const { seen, rounds, tasks, stage } = await play(3);
    expect(seen).toEqual([12, 13, 14, 15, 16, 17, 18, 19]);
    expect(rounds).toBe(2);
    expect(tasks).toEqual([13, 13, 13, 15, 15, 15, 17, 17, 17, 19, 19, 19]);
    expect(stage.drawn).toBe(20);
  });

  test('a batch in which every episode fails is counted; in the first update it ends the run', async () => {
    const broken = defineEnvironment<number, number>({
      name: 'broken',
      reset: () => {
        throw new Error('no such row');
      },
      step: () => ({ reward: 1, done: true }),
    });
    const game = { environment: broken, maxTokens: 4, nextTask: (_: unknown, at: number) => at };
    const said: string[] = [];
    const at = (step: number) =>
      playGroups(learner, { random: createRandom(5), step, drawn: undefined } as unknown as Stage, {
        game,
        prompts: 2,
        numGenerations: 2,
        onWarning: (text) => said.push(text),
      });
    const { trajectories } = await at(1);
    expect(trajectories.map(({ reward, stop }) => [reward, stop])).toEqual(
      new Array(4).fill([null, 'error']),
    );
    expect(said.join()).toContain('no such row');
    await expect(at(0)).rejects.toThrow('every episode (4) ended in an error');
  });

  test('ends at its bound and goes on with the prompts after those drawn', async () => {
    const { seen, tasks } = await play(0, 40);
    expect(seen).toEqual([40, 41, 42, 43]);
    expect(tasks).toHaveLength(12);
  });
});
