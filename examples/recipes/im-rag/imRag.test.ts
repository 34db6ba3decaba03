import { collect, createRandom, type Policy, type Trajectory } from '@molrl/ef-env';
import { loadTokenizer, renderSegments } from '@molrl/qwen3';
import { describe, expect, test } from 'vitest';
import { readEpisodes, saidAdvantages, saidTokens } from '../../trainer/method/live/episodes.ts';
import { turnAdvantages } from '../../trainer/method/live/turnAdvantages.ts';
import { answerRow, foundAll, isRight } from '../imRag.ts';
import { BASE } from '../start.ts';
import { chains, chainTask } from './chains.ts';

const task = chainTask(createRandom(1));
const [first, second] = task.support!;
const search = (word: string): string => `<search>${word}</search>`;
const answer = (word: string): string => `<answer>${word}</answer>`;

/** Says one list a member of the group. */
function play(
  lists: string[][],
  progress: 'evidence' | 'none' = 'evidence',
): Promise<Trajectory[]> {
  const queues = lists.map((list) => [...list]);
  const policy: Policy = {
    generate: async (prompts, { numGenerations = 1 }) =>
      Array.from({ length: prompts.length * numGenerations }, (_, i) => ({
        ...{ speaker: 'assistant', kind: 'policy', turn: 0, text: queues[i]!.shift()! },
        tokens: { ids: [7, 8] },
      })),
  };
  const groupSize = lists.length;
  return collect(chains(progress), policy, {
    tasks: [task],
    groupSize,
    seed: 0,
    maxTokens: 9,
    maxTurns: 3,
  });
}

const rewardsOf = ({ segments }: Trajectory) =>
  segments.flatMap(({ kind, reward }) => (kind === 'policy' ? [reward] : []));

const render = async () => {
  const tokenizer = await loadTokenizer(BASE);
  return (segments: Parameters<typeof renderSegments>[0]) =>
    renderSegments(segments, tokenizer, { format: 'recipe' });
};

describe('chains', () => {
  test('the search of the question, then that of what it showed, find all; their rewards sum to the progress', async () => {
    const right = [search(first!), search(second!), answer(task.answers[0]!)];
    const [episode, early, again] = await play([
      right,
      [search(second!), search(second!), answer('x')],
      [search(first!), search(first!), answer(second!)],
    ]);
    expect([episode, early, again].map((own) => rewardsOf(own!))).toEqual([
      [0.5, 0.5, 1],
      [0.5, 0, 0],
      [0.5, 0, 0],
    ]);
    for (const own of [episode, early, again]) {
      const progress = rewardsOf(own!).slice(0, -1) as number[];
      expect(progress.reduce((sum, x) => sum + x, 0)).toBe(own!.metrics!['retrieval/coverage']);
    }
    expect([foundAll(episode!), isRight(episode!), foundAll(early!)]).toEqual([true, true, false]);
    expect(rewardsOf((await play([right], 'none'))[0]!)).toEqual([0, 0, 1]);
  });

  test('a search answers for what follows it at gamma 1, for itself at 0', async () => {
    const episodes = readEpisodes(
      await play([
        [search(first!), search(second!), answer(task.answers[0]!)], // 0.5 0.5 1
        [search(first!), search(first!), answer(task.answers[0]!)], // 0.5 0 1
      ]),
      2,
    );
    expect(turnAdvantages({ episodes }, 1)).toEqual([
      [0.25, 0.25, 0],
      [-0.25, -0.25, 0],
    ]);
    expect(turnAdvantages({ episodes }, 0)).toEqual([
      [0, 0.25, 0],
      [0, -0.25, 0],
    ]);
  });

  test('only what the model wrote is a target: what was retrieved has no place for a gradient', async () => {
    const [episode] = readEpisodes(await play([[search(first!), search(second!), answer('x')]]), 1);
    const sequence = saidTokens({ render: await render() }, episode!);
    const targets = Array.from(sequence.ids).filter((_, t) => sequence.roles[t] === 'assistant');
    expect(targets).toEqual([7, 8, 7, 8, 7, 8]);
    expect(saidAdvantages(sequence, [1, 2, 3])).toEqual([1, 1, 2, 2, 3, 3]);
    expect(sequence.ids.length).toBeGreaterThan(targets.length + 20);
  });

  test('the Answerer learns the right answer behind the searches, and nothing else', async () => {
    const tokenizer = await loadTokenizer(BASE);
    const [episode] = await play([[search(first!), search(second!), answer('x')]]);
    const { ids, roles } = answerRow({ render: await render() }, episode!);
    const learned = Array.from(ids).filter((_, t) => roles[t] === 'assistant');
    expect(tokenizer.decode(learned)).toBe(`${answer(task.answers[0]!)}<|im_end|>`);
    expect(tokenizer.decode(Array.from(ids))).toContain('<information>');
  });
});
