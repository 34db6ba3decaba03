import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  collect,
  createRandom,
  type GymTask,
  importConversation,
  type Policy,
  type Trajectory,
} from '@molrl/ef-env';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkSettings } from '../config/checkSettings.ts';
import { readFeedbackRows } from './feedbackRows.ts';
import type { Game } from './game.ts';
import { openGame } from './openGame.ts';

let folder = '';
const file = async (name: string, content: string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};
const lines = (rows: readonly object[]): string =>
  rows.map((row) => JSON.stringify(row)).join('\n');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'molrl-games-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Says the same to everything. */
const saying = (text: string): Policy => ({
  generate: async (prompts) =>
    prompts.map(() => ({ speaker: 'assistant', kind: 'policy', turn: 0, text })),
});

async function play(game: Game, task: object, text: string): Promise<Trajectory> {
  const options = { tasks: [task], seed: 1, maxTokens: 8 };
  const [episode] = await collect(game.environment, saying(text), options);
  return episode!; // one task
}

const ROWS = Array.from({ length: 20 }, (_, i) => ({ prompt: `${i} + 1`, answer: `${i + 1}` }));

describe('rows and a reward of the user', () => {
  const open = async (reward: string) =>
    openGame(
      checkSettings({
        data: await file('rows.jsonl', lines(ROWS)),
        reward: await file(`reward-${reward.length}.ts`, reward),
      }),
    );
  const REWARD =
    'export default (texts: string[], { answer }: { answer: string[] }) => texts.map((t, i) => Number(t === answer[i]));\n';

  test('a tenth is held out and never trained on; every epoch has every row once', async () => {
    const game = await open(REWARD);
    const heldOut = game.heldOut(100);
    expect(heldOut).toHaveLength(2);
    const random = createRandom(1);
    const epoch = Array.from({ length: 18 }, (_, position) => game.nextTask(random, position));
    expect(new Set([...epoch, ...heldOut].map((row) => JSON.stringify(row))).size).toBe(20);
  });

  test('the reward gets the row; accuracy is the row’s answer, whatever the reward', async () => {
    const game = await open(REWARD);
    const [task] = game.heldOut(1) as [(typeof ROWS)[number]];
    const right = await play(game, task, task.answer);
    expect([right.reward, game.isRight(right, task)]).toEqual([1, true]);
    const thought = await play(game, task, `<think>hm</think>\n${task.answer}`);
    expect([thought.reward, game.isRight(thought, task)]).toEqual([0, true]);
  });

  test('an accuracy of the reward file decides', async () => {
    const game = await open(`${REWARD}export const accuracy = (text: string) => text === 'yes';\n`);
    const [task] = game.heldOut(1) as [(typeof ROWS)[number]];
    expect(game.isRight(await play(game, task, 'yes'), task)).toBe(true);
    expect(game.accuracy).toBe('by `accuracy` of the reward file');
  });

  test('rows with an answer are worked examples, the held-out ones are not', async () => {
    const game = await open(REWARD);
    const [task] = game.heldOut(1) as [(typeof ROWS)[number]];
    const said = game.sftRows?.map(({ messages }) => messages?.map(({ content }) => content));
    expect(said).toHaveLength(18);
    expect(said).toContainEqual(['3 + 1', '4']);
    expect(said).not.toContainEqual([task.prompt, task.answer]);
  });

  test('several rewards by name are one', async () => {
    const game = await open(
      'export default { one: (t: string[]) => t.map(() => 1), half: { reward: (t: string[]) => t.map(() => 1), weight: 0.5 } };\n',
    );
    expect((await play(game, ROWS[0]!, 'x')).reward).toBe(1.5);
  });

  test.each([
    ['export const x = 1;\n', /default export of .* must be a function .* got none/],
    ['export default 3 as never;\n', /got number/],
    ["throw new Error('boom');\n", /^reward: .* cannot be loaded \(boom\)/],
    [
      'export default () => [1];\nexport const accuracy = 3;\n',
      /`accuracy` of .* must be a function/,
    ],
  ])('a file with %j is refused', async (text, message) => {
    await expect(open(text)).rejects.toThrow(message);
  });
});

describe('the other games', () => {
  test('maths: GSM8K rows, judged by the grader, with feedback', async () => {
    const rows = ROWS.map((_, i) => ({ question: `${i} + 1?`, answer: `so it is\n#### ${i + 1}` }));
    const data = await file('gsm.jsonl', lines(rows));
    const game = await openGame(checkSettings({ environment: 'maths', data }));
    const [task] = game.heldOut(1) as [{ answer: string }];
    expect((await play(game, task, `The answer is \\boxed{${task.answer}}.`)).reward).toBe(1);
    expect((await play(game, task, 'The answer is \\boxed{0}.')).reward).toBe(0);
    expect(Object.keys(game.files)).toEqual([data]);
  });

  test('gym: what is held out is never asked in training, also in families of few tasks', async () => {
    const families = ['gcd', 'tower_of_hanoi', 'lcm', 'prime_factorization']; // the second has 36 at level 0
    const game = await openGame(checkSettings({ environment: 'gym', families }));
    const random = createRandom(1);
    const asked = (task: object): string => (task as GymTask).question;
    const trained = Array.from({ length: 800 }, (_, i) => game.nextTask(random, i));
    const heldOut = game.heldOut(200);
    expect(trained[0]).toMatchObject({ level: 0 });
    expect(new Set(trained.map(asked)).size).toBeGreaterThan(150);
    expect(new Set(heldOut.map(asked)).size).toBeGreaterThan(40);
    const worked = game.sftRows?.map(({ prompt }) => prompt) ?? [];
    expect(worked.length).toBeGreaterThan(100);
    const known = new Set([...trained.map(asked), ...worked]);
    expect(heldOut.filter((task) => known.has(asked(task)))).toEqual([]);
    expect(game.heldOut(3)).toEqual(heldOut.slice(0, 3));
  });

  test('an environment file plays its own tasks', async () => {
    const environment = await file(
      'own.mjs',
      `export default { name: 'own', start: () => ({ reset: async (task) => task.ask, step: async (text) => ({ reward: Number(text === 'ja'), done: true }) }) };
       export const tasks = [{ ask: 'ja?' }];
       export const evalTasks = [{ ask: 'oder?' }];\n`,
    );
    const game = await openGame(checkSettings({ environment }));
    expect(game.nextTask(createRandom(1), 5)).toEqual({ ask: 'ja?' });
    expect((await play(game, game.heldOut(1)[0]!, 'ja')).reward).toBe(1);
  });

  test('the sums of the course: held-out pairs are in no row that is trained on', async () => {
    const environment = fileURLToPath(new URL('../courses/sumsEnvironment.ts', import.meta.url));
    const game = await openGame(checkSettings({ environment, stages: ['sft', 'grpo'] }));
    const heldOut = game.heldOut(100) as { prompt: string; answer: number }[];
    expect(heldOut).toHaveLength(64);
    const asked = new Set(game.sftRows?.map(({ prompt }) => prompt));
    expect(asked.size).toBeGreaterThan(197);
    expect(heldOut.filter(({ prompt }) => asked.has(prompt))).toEqual([]);
    const random = createRandom(1);
    const trained = Array.from({ length: 197 }, (_, i) => game.nextTask(random, i));
    expect(trained.filter((task) => heldOut.includes(task as never))).toEqual([]);
    const [task] = heldOut as [(typeof heldOut)[number]];
    const rewards = [`${task.answer}`, `${task.answer + 2}`, `It is ${task.answer}`, '999'];
    const played = await Promise.all(rewards.map((text) => play(game, task, text)));
    expect(played.map(({ reward }) => reward)).toEqual([1, 0.3, 0, 0]);
  });

  test('one without tasks, and a name that is none, are refused', async () => {
    const environment = await file('none.mjs', 'export default { start: () => ({}) };\n');
    await expect(openGame(checkSettings({ environment }))).rejects.toThrow(/has no tasks/);
    expect(() => checkSettings({ environment: 'gim' })).toThrow(/Did you mean 'gym'/);
    expect(() => checkSettings({ environment: 'gym+codeword' })).toThrow(
      /'codeword' is neither a name .* Did you mean 'codewords'/,
    );
  });
});

describe('conversations for `mol`', () => {
  const taught = async (name: string, rows: readonly object[]): Promise<string[]> => {
    const read = await readFeedbackRows(await file(name, lines(rows)), () => {});
    return read.flatMap(({ segments }) =>
      segments.flatMap(({ kind, text }) => (kind === 'environment' ? [text] : [])),
    );
  };
  const messages = [
    { role: 'user', content: '2 + 2?' },
    { role: 'assistant', content: '5' },
    { role: 'user', content: 'No, one less.' },
    { role: 'assistant', content: '4' },
  ];

  test('trajectories, messages and traces of an agent are read', async () => {
    expect(await taught('messages.jsonl', [{ messages }])).toEqual(['No, one less.']);
    const own = importConversation({ messages }, { id: 'a' });
    expect(await taught('own.jsonl', [own])).toEqual(['No, one less.']);
    const trace = [
      { role: 'user', content: 'Print 3.' },
      { role: 'assistant', content: 'print(3)' },
      { role: 'user', content: 'Observation:\nExecution logs:\n3' },
      { role: 'assistant', content: 'final_answer(3)' },
    ];
    const [read] = await readFeedbackRows(
      await file('trace.jsonl', lines([{ id: 't', messages: trace }])),
      () => {},
    );
    const observed = read?.segments.find(({ kind }) => kind === 'environment');
    expect(observed?.spans?.map(({ label }) => label)).toEqual(['logs']);
  });

  test('episodes of verifiers are read, each trace of them', async () => {
    const nodes = messages.map((message, i) => ({
      message,
      parent: i === 0 ? null : i - 1,
      sampled: message.role === 'assistant',
    }));
    const traces = [
      { id: 'a', nodes },
      { id: 'b', nodes },
    ];
    const told = await taught('traces.jsonl', [{ id: 'e', env: { id: 'sums' }, traces }]);
    expect(told).toEqual(['No, one less.', 'No, one less.']);
  });

  test('a row that is none is named', async () => {
    await expect(taught('bad.jsonl', [{ messages }, { prompt: 3 }])).rejects.toThrow(
      /^mol\.data: row 2 of .*bad\.jsonl: /,
    );
  });
});
