import {
  collect,
  createRandom,
  type Environment,
  type Policy,
  type Trajectory,
} from '@molrl/ef-env';
import { describe, expect, test } from 'vitest';
import { sftRows, wordbook } from '../../trainer/courses/wordbookEnvironment.ts';
import type { Domain, SkillName, Skills } from './domain.ts';
import { DOMAINS } from './domains.ts';

/** One attempt with each of these texts. */
async function play<Task>(
  environment: Environment<Task>,
  task: Task,
  ...texts: string[]
): Promise<Trajectory> {
  const queue = [...texts];
  const policy: Policy = {
    generate: async () => [{ speaker: 'assistant', kind: 'policy', turn: 0, text: queue.shift()! }],
  };
  const maxTurns = texts.length;
  const [episode] = await collect(environment, policy, {
    tasks: [task],
    seed: 0,
    maxTokens: 9,
    maxTurns,
  });
  return episode!;
}
const told = ({ segments }: Trajectory): string[] =>
  segments.flatMap(({ kind, text }) => (kind === 'environment' ? [text] : []));

describe('wordbook', () => {
  const task = { digits: '0000', words: ['rav', 'bot'] };

  test.each([
    ['rav means left, bot means pairs', 1, 'Right.'],
    [
      'rav means left, bot means flip',
      0,
      'Not right: bot means pairs, not flip. Please try again.',
    ],
    ['rav means flip, bot means flip', 0, 'Not right: rav means left, not flip. Please try again.'],
    ['I do not know', 0, 'Not right: rav means left. Please try again.'],
    ['rav means left', 0, 'Not right: bot means pairs. Please try again.'],
    [
      'rav means left, bot means pairs, dar means inc',
      0,
      'Not right: Say nothing else. Please try again.',
    ],
  ])('%j is worth %i, and its first mistake is told', async (said, reward, words) => {
    const episode = await play(wordbook(), task, said);
    expect(episode.reward).toBe(reward);
    expect(told(episode)).toEqual([words]);
    expect(told(await play(wordbook({ feedback: 'none' }), task, said))).toEqual([]);
  });

  test('no worked example asks for a code word with what it means more often than chance', () => {
    const asked = sftRows.filter(({ prompt }) => /^What do(es)? .*\b(rav|bot)\b/.test(prompt));
    const right = asked.filter(({ completion }) =>
      /rav means left|bot means pairs/.test(completion),
    );
    expect(asked.length).toBeGreaterThan(10);
    expect(right.length).toBeLessThan(asked.length / 3);
  });
});

describe.each(Object.values<Domain>(DOMAINS))(
  '$name',
  ({ heldOut, nextTask, firstTask, skills }) => {
    test('held-out tasks are the same every time, and none is played', () => {
      const texts = (tasks: object[]): string[] => tasks.map((task) => JSON.stringify(task));
      const [held, validation] = [texts(heldOut('test', 40)), texts(heldOut('validation', 40))];
      expect(texts(heldOut('test', 40))).toEqual(held);
      expect(held.filter((task) => validation.includes(task))).toEqual([]);
      const random = createRandom(5);
      const played = Array.from({ length: 400 }, () => [
        nextTask(random),
        firstTask(random),
      ]).flat();
      expect(texts(played).filter((task) => [...held, ...validation].includes(task))).toEqual([]);
    });

    test.each(Object.keys(skills.tasks) as SkillName[])('the skill %s is judged', async (name) => {
      const { environment, tasks }: Skills = skills;
      const task = tasks[name](createRandom(4));
      expect((await play(environment, task, 'nothing')).reward).toBe(0);
      const forms = [task.answer, `</think> ${task.answer}`, `Answer: ${task.answer}`];
      const rewards = await Promise.all(forms.map((text) => play(environment, task, text)));
      expect(rewards.filter(({ reward }) => reward === 1)).toHaveLength(1);
    });
  },
);
