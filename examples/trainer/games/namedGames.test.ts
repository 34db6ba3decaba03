import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collect, createRandom, type Policy, type Trajectory } from '@molrl/ef-env';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fakeServer } from '../../../packages/ef-env/src/environments/openEnv/fakeServer.ts';
import { fakeRewardServer } from '../../../packages/ef-env/src/environments/openReward/fakeRewardServer.ts';
import { checkSettings } from '../config/checkSettings.ts';
import type { Game } from './game.ts';
import { openGame } from './openGame.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'molrl-named-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const file = async (name: string, content: string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};
const rowsFile = (name: string, row: object): Promise<string> =>
  file(name, Array.from({ length: 20 }, () => JSON.stringify(row)).join('\n'));

/** Says one text after the other. */
const saying = (texts: readonly string[]): Policy => ({
  generate: async (prompts) =>
    prompts.map((segments) => {
      const turn = segments.filter(({ kind }) => kind === 'policy').length;
      return { speaker: 'assistant', kind: 'policy', turn, text: texts[turn] ?? 'nothing' };
    }),
});

async function play(game: Game, texts: readonly string[]): Promise<[number | null, boolean]> {
  const [task] = game.heldOut(1);
  const [episode] = await collect(game.environment, saying(texts), {
    ...{ tasks: [task!], seed: 1, maxTokens: 99 }, // there is a held-out row
  });
  return [episode!.reward, game.isRight(episode!, task!)]; // one task
}

const said = (episode: Trajectory): string => episode.segments.map(({ text }) => text).join('\n');

test('an environment without a word is refused before the first stage, not when its turn comes', async () => {
  const data = await rowsFile('prompts.jsonl', { prompt: 'Say yes.', answer: 'yes' });
  const reward = await file('reward.mjs', 'export default (texts) => texts.map(() => 0);\n');
  const stages = ['sft', 'live'];
  const settings = checkSettings({ environment: 'prompt', data, reward, stages });
  await expect(openGame(settings)).rejects.toThrow(
    '`live` needs an environment that answers in words',
  );
});

describe('environments by name', () => {
  test('code: the share of tests that a program passes', async () => {
    const tests = [
      { args: [2], expected: 4 },
      { args: [3], expected: 9 },
    ];
    const data = await rowsFile('code.jsonl', { prompt: 'Square a number.', tests });
    const game = await openGame(checkSettings({ environment: 'code', data }));
    const program = (body: string): string => `\`\`\`js\nconst solve = (n) => ${body};\n\`\`\``;
    expect(await play(game, [program('n * n')])).toEqual([1, true]);
    expect(await play(game, [program('n + n')])).toEqual([0.5, false]);
    await game.close?.();
    const bare = await rowsFile('bare.jsonl', { prompt: 'Square a number.' });
    await expect(openGame(checkSettings({ environment: 'code', data: bare }))).rejects.toThrow(
      /row 1 needs a text `prompt` and a list of `tests`, got the columns prompt/,
    );
  });

  test('tools: a call is answered, the final answer is that of the row', async () => {
    const data = await rowsFile('tools.jsonl', { prompt: '6 * 7?', answer: 42 });
    const parameters = '{ type: "object", properties: { a: { type: "number" } }, required: ["a"] }';
    const tools = await file(
      'tools.mjs',
      `export default [{ name: 'double', description: 'Twice a.', parameters: ${parameters}, call: ({ a }) => 2 * a }];\n`,
    );
    const game = await openGame(checkSettings({ environment: 'tools', data, tools }));
    const call = '<tool_call>\n{"name": "double", "arguments": {"a": 21}}\n</tool_call>';
    expect(await play(game, [call, '42'])).toEqual([1, true]);
    expect(await play(game, [call, '41'])).toEqual([0, false]);
    expect(Object.keys(game.files)).toEqual([data, tools]);
    const none = await file('none.mjs', 'export default 3;\n');
    await expect(
      openGame(checkSettings({ environment: 'tools', data, tools: none })),
    ).rejects.toThrow(/must be a list of tools .* got number/);
  });

  test('retrieval: evidence and answer are rewarded, the answer decides', async () => {
    const task = { question: 'Which city governs Japan?', answers: ['Tokyo'], support: ['tokyo'] };
    const data = await rowsFile('asked.jsonl', task);
    const documents = await file(
      'documents.jsonl',
      '{"id":"fuji","text":"Fuji is a mountain."}\n{"id":"tokyo","text":"Tokyo is the capital of Japan."}\n',
    );
    const game = await openGame(checkSettings({ environment: 'retrieval', data, documents }));
    const search = '<search>capital of Japan</search>';
    expect((await play(game, [search, '<answer>Tokyo</answer>']))[1]).toBe(true);
    expect((await play(game, [search, '<answer>Fuji</answer>']))[1]).toBe(false);
  });

  test('dialogue: what breaks the rule is said, and the model tries again', async () => {
    const data = await rowsFile('asked2.jsonl', { prompt: 'Say a colour.', colours: ['red'] });
    const rule = await file(
      'rule.mjs',
      'export default (answer, { colours }) => colours.includes(answer) || "That is no colour.";\n',
    );
    const game = await openGame(checkSettings({ environment: 'dialogue', data, rule }));
    expect(await play(game, ['dog', 'red'])).toEqual([1, true]);
    expect(await play(game, ['dog', 'cat', 'cow'])).toEqual([0, false]);
    const tasks = [...game.heldOut(1)];
    const options = { tasks, seed: 1, maxTokens: 9 };
    const [episode] = await collect(game.environment, saying(['dog', 'red']), options);
    expect(said(episode!)).toContain('That is no colour.');
  });

  test('codewords-chat: the chains in English; its worked examples are right in its own eyes and tell no code word', async () => {
    const game = await openGame(checkSettings({ environment: 'codewords-chat' }));
    const [task] = game.heldOut(1) as { digits: string; words: string[] }[];
    const options = { tasks: [task!], seed: 1, maxTokens: 9 };
    const [episode] = await collect(game.withFeedback!, saying(['Answer: 1', '']), {
      ...{ ...options, maxTurns: 2 },
    });
    expect(said(episode!)).toContain(`the word ${task!.words[0]} means`);
    expect(game.sftRows).toHaveLength(512);
    const plain = game.sftRows!.find(({ prompt }) => !prompt!.startsWith('Here'))!;
    const digits = /Start with (\d{4})/.exec(plain.prompt!)![1]!;
    const last = plain
      .completion!.match(/^\w+: \w+ \d{4}$/gm)!
      .at(-1)!
      .split(' ')
      .at(-1);
    expect(plain.completion).toMatch(new RegExp(`Answer: ${last}$`));
    expect(digits).not.toBe(last);
  });

  test('gym: worked examples are questions with their right answers', async () => {
    const game = await openGame(checkSettings({ environment: 'gym', families: ['gcd'] }));
    const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
    const rows = game.sftRows!;
    expect(rows).toHaveLength(512);
    for (const { prompt, completion } of rows) {
      expect(Number(completion)).toBe(prompt!.match(/\d+/g)!.map(Number).reduce(gcd));
    }
  });

  test('openenv: a server plays, its reward counts', async () => {
    const server = await fakeServer();
    const game = await openGame(checkSettings({ environment: `openenv:${server.url}` }));
    expect(await play(game, ['Hello there'])).toEqual([1.1, false]); // the echo pays a tenth a letter
  });

  test('openreward: a server plays, its splits are the tasks and its rewards count', async () => {
    const { url } = await fakeRewardServer();
    const guess = (number: number): string =>
      `<tool_call>{"name": "guess", "arguments": {"number": ${number}}}</tool_call>`;
    const settings = { environment: `openreward:${url}/steps`, callRewards: 'sum' };
    const game = await openGame(checkSettings(settings));
    expect(game.heldOut(9)).toEqual([0, 1, 2, 3].map((index) => ({ split: 'test', index })));
    const drawn = [0, 1, 2, 3].map((i) => game.nextTask(createRandom(1), i));
    expect(drawn.map((task) => (task as { split: string }).split)).toEqual(Array(4).fill('train'));
    expect(await play(game, [guess(50), guess(51)])).toEqual([1, true]);
    const first = await openGame(checkSettings({ environment: `openreward:${url}` }));
    expect(await play(first, [guess(50), guess(51)])).toEqual([0.5, false]); // the last one's
    const other = await openGame(checkSettings({ environment: `openreward:${url}/capital` }));
    expect(other.heldOut(9)).toEqual([{ split: 'hard', index: 0 }]); // for validation
    const data = await rowsFile('places.jsonl', { split: 'train', index: 0 });
    const rows = await openGame(checkSettings({ environment: `openreward:${url}/capital`, data }));
    expect(await play(rows, ['Paris'])).toEqual([1, true]);
  });

  test('openreward: what is missing is named', async () => {
    const { url } = await fakeRewardServer({
      misbehave: ({ path }, response) => {
        if (path === '/steps/splits') response.end('[{"name":"all","type":"validation"}]');
        return path === '/steps/splits';
      },
    });
    const environment = `openreward:${url}/steps`;
    await expect(openGame(checkSettings({ environment }))).rejects.toThrow(
      'must have a split for training, it has all (validation). Give --data rows.jsonl with rows like {"split": "all", "index": 0}.',
    );
    const secrets = ['MOLRL_NO_SUCH_SECRET'];
    await expect(openGame(checkSettings({ environment, secrets }))).rejects.toThrow(
      'secrets: MOLRL_NO_SUCH_SECRET must be set in the environment of this process.',
    );
    await expect(openGame(checkSettings({ environment: 'openreward:nowhere' }))).rejects.toThrow(
      'openReward: url must be like http://127.0.0.1:8000',
    );
  });

  test.each(['openenv', 'openreward'])(
    '%s: so many episodes at once as `sessions` says',
    async (kind) => {
      const { url } = kind === 'openenv' ? await fakeServer() : await fakeRewardServer();
      const games = [1, 3].map((sessions) =>
        openGame(checkSettings({ environment: `${kind}:${url}`, sessions })),
      );
      const at = (await Promise.all(games)).map(({ environment }) => environment.concurrency);
      expect(at).toEqual([1, 3]);
    },
  );

  test('a mix: each task is played by its own environment, as often as its weight says', async () => {
    const given = { environment: 'gym+codewords', families: ['gcd'], weights: [3, 1] };
    const game = await openGame(checkSettings(given));
    const random = createRandom(1);
    const drawn = Array.from(
      { length: 400 },
      (_, i) => game.nextTask(random, i) as { part: number },
    );
    const share = drawn.filter(({ part }) => part === 0).length / 400;
    expect(share).toBeGreaterThan(0.7);
    expect(share).toBeLessThan(0.8);
    const chains = (next: typeof game.nextTask) =>
      Array.from({ length: 60 }, (_, i) => next(random, i) as { task: { words?: string[] } })
        .flatMap(({ task }) => task.words?.length ?? [])
        .sort();
    expect(chains(game.nextTask)[0]).toBe(2); // attempts are at two words or three
    expect(chains(game.nextTaskWithFeedback!)[0]).toBe(1); // feedback is given on one as well
    const [gcd, words] = game.heldOut(2) as { part: number; task: { answer?: string } }[];
    expect([gcd?.part, words?.part]).toEqual([0, 1]);
    const options = { tasks: [gcd!, words!], seed: 1, maxTokens: 9 };
    const episodes = await collect(game.environment, saying(['0']), options);
    expect(episodes.map(({ reward }) => reward)).toEqual([0, 0]);
    expect(said(episodes[0]!)).not.toBe(said(episodes[1]!));
    expect(() => checkSettings({ environment: 'gym+codewords', weights: [1] })).toThrow(
      /weights: must be one for each environment \(2\), got 1/,
    );
  });

  test('a curriculum goes up a level at a time, held-out tasks are the hardest', async () => {
    const given = { environment: 'gym', families: ['gcd'], level: 0, lastLevel: 2 };
    const grpo = { updates: 3, prompts: 4 };
    const game = await openGame(checkSettings({ ...given, grpo }));
    const random = createRandom(1);
    const levels = Array.from(
      { length: 12 },
      (_, i) => (game.nextTask(random, i) as { level: number }).level,
    );
    expect(levels).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
    expect(game.heldOut(2)).toMatchObject([{ level: 2 }, { level: 2 }]);
    await expect(openGame(checkSettings({ ...given, level: 3 }))).rejects.toThrow(
      /lastLevel: must be at least level \(3\), got 2/,
    );
  });
});
