import {
  collect,
  createRandom,
  type Environment,
  type GymTask,
  gymTask,
  type Policy,
  type Trajectory,
} from '@molrl/ef-env';
import { describe, expect, test } from 'vitest';
import {
  sftRows as equationRows,
  workedEquation,
} from '../../trainer/courses/equationsEnvironment.ts';
import { sftRows, wordbook } from '../../trainer/courses/wordbookEnvironment.ts';
import type { Domain, SkillName, Skills } from './domain.ts';
import { DOMAINS } from './domains.ts';
import { sumColumns, sumSolution, sums } from './sums.ts';

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
    ['rav means left, bot means flip', 0, 'Not right: bot means pairs. Please try again.'],
    ['rav means flip, bot means flip', 0, 'Not right: rav means left. Please try again.'],
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
    const rows = sftRows.map(({ prompt = '', completion = '' }) => ({ prompt, completion }));
    const asked = rows.filter(({ prompt }) => /^What do(es)? .*\b(rav|bot)\b/.test(prompt));
    const right = asked.filter(({ completion }) =>
      /rav means left|bot means pairs/.test(completion),
    );
    expect(asked.length).toBeGreaterThan(10);
    expect(right.length).toBeLessThan(asked.length / 3);
  });

  test('worked episodes are of words without a meaning, and end right', () => {
    const episodes = sftRows.flatMap(({ messages }) => (messages ? [messages] : []));
    expect(episodes).toHaveLength(128);
    for (const messages of episodes) {
      const said = messages.map(({ content }) => String(content));
      expect(said.join(' ')).not.toMatch(/\b(rav|bot|biz|zup) means/);
      const told = said.flatMap((text) => /^Not right: (.*)\. Please/.exec(text)?.[1] ?? []);
      for (const meaning of told) expect(said.at(-1)).toContain(meaning);
    }
    expect(Math.max(...episodes.map(({ length }) => length))).toBe(6);
  });
});

describe('sums', () => {
  const sum = { a: 437, b: 385 };

  test.each([
    [sumSolution(sum), 1, 'Right.'],
    ['<think> nonsense </think> 822', 1, 'Right.'],
    [
      '<think> 7+5=12 3+8=11 4+3+1=8 </think> 812',
      0,
      'Wrong. Column 2: 3+8+1=12, not 3+8=11. Try again.',
    ],
    ['<think> 7+5=12 no </think> 812', 0, 'Wrong. Column 2: 3+8+1=12. Try again.'],
    ['<think> 7+5=12 3+8+1=12 4+3+1=8 </think> 812', 0, 'Wrong. The columns give 822. Try again.'],
    ['822', 0, 'Wrong. Column 1: 7+5=12. Try again.'],
  ])('%j is worth %i, and its first wrong column is worked', async (said, reward, words) => {
    const episode = await play(sums(), sum, said);
    expect(episode.reward).toBe(reward);
    expect(told(episode)).toEqual([words]);
  });

  test('the columns carry', () => {
    expect(sumColumns({ a: 999, b: 111 })).toEqual(['9+1=10', '9+1+1=11', '9+1+1=11']);
    expect(sumSolution({ a: 12, b: 30 })).toBe('<think>\n2+0=2 1+3=4\n</think>\n\n42');
  });
});

const other = (role: string): string => (role === 'knight' ? 'knave' : 'knight');

test.each([
  [
    'knights-knaves',
    (right: string) => right.replace(/knight|knave/, other),
    /^If that were so, \w+ would be a kn/,
  ],
  ['largest-island', () => '17', /^17 is more than all ones together\./],
  ['simple-equations', () => '999', /^With \w = 999 the two sides differ/],
  ['equations-chat', () => '<think>3 + 4 = 99</think>999', /^The step '3 \+ 4 = 99' does not hold/],
] as const)('%s names the first mistake, and not what is right', async (name, spoilt, first) => {
  const domain: Domain<GymTask> = DOMAINS[name];
  const random = createRandom(8);
  for (let i = 0; i < 20; i++) {
    const task = domain.nextTask(random);
    const right = task.answer!; // these families tell one
    expect((await play(domain.told, task, right)).reward).toBe(1);
    const [words] = told(await play(domain.told, task, spoilt(right)));
    expect(words).toMatch(first);
    expect(words).not.toMatch(new RegExp(`(?:^|= )${right}\\b`));
  }
});

test.each([0, 1])(
  'equations of level %i are worked right, and what is shown is the level above',
  async (level) => {
    const asked = new Set(equationRows.map(({ prompt }) => prompt));
    for (let seed = 0; seed < 50; seed++) {
      const task = gymTask('simple_equations', { level, seed });
      const episode = await play(DOMAINS['equations-chat'].told, task, workedEquation(task));
      expect(episode.reward).toBe(1);
      if (level === 0) expect(asked).not.toContain(task.question);
    }
  },
);

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

test.each(Object.entries(DOMAINS))(
  '%s: the conversations that are held are of the skill plain',
  (_, { skills }) => {
    const random = createRandom(6);
    const [question, answer] = skills.document(random).map(({ text }) => text);
    const shapeOf = (text: string): string =>
      text.replace(/\d/g, '#').split(' ').slice(0, 2).join(' ');
    const plain = Array.from({ length: 64 }, () => shapeOf(skills.tasks.plain(random).question));
    expect(plain).toContain(shapeOf(question!)); // two texts
    expect(answer).toMatch(/\d{4}$/);
  },
);
