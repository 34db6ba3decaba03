// Long because it is one table: what plain JavaScript, JSON and misspelt names hand over where types do not reach.
import { describe, expect, test } from 'vitest';
import { readRows } from './data/readRows.ts';
import { codeEnvironment } from './environments/code/codeEnvironment.ts';
import { typescriptEnvironment } from './environments/code/typescriptEnvironment.ts';
import { codewords } from './environments/codewords/codewords.ts';
import { gymSampler } from './environments/gym/gymSampler.ts';
import { gymTask } from './environments/gym/gymTask.ts';
import { reasoningGym } from './environments/gym/reasoningGym.ts';
import { openEnv } from './environments/openEnv/openEnv.ts';
import { openEnvClient } from './environments/openEnv/openEnvClient.ts';
import { openReward } from './environments/openReward/openReward.ts';
import { openRewardClient } from './environments/openReward/openRewardClient.ts';
import { promptEnvironment } from './environments/promptEnvironment.ts';
import { quiz } from './environments/quiz.ts';
import { bm25 } from './environments/retrieval/bm25.ts';
import { retrievalEnvironment } from './environments/retrieval/retrievalEnvironment.ts';
import { stages } from './environments/stages/stages.ts';
import { parseToolCalls } from './environments/tools/parseToolCalls.ts';
import { toolEnvironment } from './environments/tools/toolEnvironment.ts';
import { collect } from './episode/collect.ts';
import { collectDialogue } from './episode/collectDialogue.ts';
import { collectFailing } from './episode/collectFailing.ts';
import { type DialogueStepResult, defineDialogue } from './episode/defineDialogue.ts';
import { defineEnvironment } from './episode/defineEnvironment.ts';
import { episodeMetrics } from './episode/episodeMetrics.ts';
import type { Policy } from './episode/policy.ts';
import { benchmarkPreset } from './evaluation/benchmarkPreset.ts';
import { evaluate } from './evaluation/evaluate.ts';
import { majorityVote } from './evaluation/majorityVote.ts';
import { readBenchmark } from './evaluation/readBenchmark.ts';
import { checkArithmetic } from './judges/arithmetic/checkArithmetic.ts';
import { javascriptSandbox } from './judges/sandbox/javascript/javascriptSandbox.ts';
import { pythonSandbox } from './judges/sandbox/python/pythonSandbox.ts';
import { rubric } from './rewards/rubric.ts';
import { parseAnswer } from './text/parseAnswer.ts';
import { toolsPrompt } from './text/toolsPrompt.ts';
import { exportConversation } from './trajectory/exportConversation.ts';
import { importConversation } from './trajectory/importConversation.ts';
import type { Trajectory } from './trajectory/trajectory.ts';

const says = (text: string): Policy => ({
  generate: async (prompts) =>
    prompts.map(() => ({ speaker: 'assistant', kind: 'policy', turn: 0, text })),
});
const options = { tasks: [{ question: '1 + 1?', answer: '2' }], seed: 0, maxTokens: 1 };
const dialogue = (said: unknown) =>
  defineDialogue<unknown, null, 'planner' | 'solver'>({
    name: 'pair',
    roles: ['planner', 'solver'],
    reset: () => ({ views: { planner: 'Plan.', solver: 'Solve.' }, state: null }),
    step: () => said as DialogueStepResult<'planner'>,
  });
const stage = { name: 'plan', prompt: () => 'Plan.' } as const;
const tool = { name: 'now', description: 'The time.', parameters: {}, call: () => 1 };
const problem = readBenchmark([{ problem: '1 + 1?', answer: 2 }], { name: 'sums' });
const asked = { seed: 0, maxTokens: 1 };
const sandbox = javascriptSandbox(); // starts no worker before it runs something
const documents = [{ id: 'a', text: 'alpha' }];

describe('an option of the wrong kind is refused before anything is played', () => {
  test.each<[string, RegExp, () => unknown]>([
    [
      'collect',
      /tasks must be an array/,
      () => collect(quiz(), says(''), { ...options, tasks: {} as never }),
    ],
    [
      'collect',
      /completed must be an array, got string/,
      () => collect(quiz(), says(''), { ...options, completed: 'run.jsonl' as never }),
    ],
    [
      'collect',
      /seed must be an integer, got undefined/,
      () => collect(quiz(), says(''), { ...options, seed: undefined as never }),
    ],
    [
      'collect',
      /seed must be an integer, got NaN/,
      () => collect(quiz(), says(''), { ...options, seed: Number.NaN }),
    ],
    ['collect', /generate, got undefined/, () => collect(quiz(), undefined as never, options)],
    [
      'collect',
      /played by collectDialogue/,
      () => collect(dialogue({}) as never, says(''), options),
    ],
    [
      'collectDialogue',
      /played by collect\./,
      () => collectDialogue(quiz() as never, says(''), options),
    ],
    [
      'collectDialogue',
      /no policy for the role 'planner'/,
      () => collectDialogue(dialogue({}), undefined as never, options),
    ],
    [
      'rubric',
      /'right' must be a reward function/,
      () => rubric({ right: { weight: 1 } as never }),
    ],
    [
      'promptEnvironment',
      /reward must be .* Several rewards: rubric/,
      () => promptEnvironment({ reward: { right: () => [1] } as never }),
    ],
    ['toolEnvironment', /names of their own, got no tools/, () => toolEnvironment({} as never)],
    [
      'toolEnvironment',
      /now must have a function call, got undefined/,
      () => toolEnvironment({ tools: [{ ...tool, call: undefined as never }] }),
    ],
    [
      'toolEnvironment',
      /now must have parameters, .* got \[\]/,
      () => toolEnvironment({ tools: [{ ...tool, parameters: [] as never }] }),
    ],
    [
      'toolEnvironment',
      /toolTimeout must be above 0, got -1/,
      () => toolEnvironment({ tools: [tool], toolTimeout: -1 }),
    ],
    [
      'toolEnvironment',
      /maxCallsPerTurn must be above 0, got 0/,
      () => toolEnvironment({ tools: [tool], maxCallsPerTurn: 0 }),
    ],
    [
      'stages',
      /context must be one of 'all', 'results', got "result"/,
      () =>
        stages<object, { plan: string }>({
          name: 's',
          stages: [stage],
          score: () => 1,
          context: 'result' as never,
        }),
    ],
    [
      'retrievalEnvironment',
      /score must be one of 'exact', 'f1'/,
      () => retrievalEnvironment({ source: documents, score: 'em' as never }),
    ],
    [
      'retrievalEnvironment',
      /feedback must be one of/,
      () => retrievalEnvironment({ source: documents, feedback: 'full' as never }),
    ],
    [
      'retrievalEnvironment',
      /documents \{ id, text \}, got none/,
      () => retrievalEnvironment({ source: [] }),
    ],
    [
      'retrievalEnvironment',
      /got \{"id":"b"\}/,
      () => retrievalEnvironment({ source: [...documents, { id: 'b' } as never] }),
    ],
    ['bm25', /convention must be one of/, () => bm25(['a'], { convention: 'okapi' as never })],
    [
      'codewords',
      /feedback must be one of 'step', 'none'/,
      () => codewords({ feedback: 'full' as never }),
    ],
    ['reasoningGym', /feedback must be one of/, () => reasoningGym({ feedback: 'all' as never })],
    ['reasoningGym', /scoring must be one of/, () => reasoningGym({ scoring: 'gym' as never })],
    [
      'typescriptEnvironment',
      /feedback must be one of/,
      () =>
        typescriptEnvironment({
          compiler: { check: () => {} } as never,
          feedback: 'full' as never,
        }),
    ],
    [
      'openEnv',
      /transport must be one of/,
      () => openEnv({ url: 'http://127.0.0.1', action: () => ({}), transport: 'grpc' as never }),
    ],
    [
      'openReward',
      /rewards must be one of/,
      () => openReward({ url: 'http://127.0.0.1', rewards: 'all' as never }),
    ],
    ['openReward', /url must be like/, () => openRewardClient({} as never)],
    [
      'openReward',
      /secrets must be texts/,
      () => openRewardClient({ url: 'http://127.0.0.1', secrets: { key: 1 } as never }),
    ],
    ['gymTask', /seed must be an integer/, () => gymTask('gcd', {} as never)],
    ['gymSampler', /seed must be an integer/, () => gymSampler({} as never)],
    [
      'gymSampler',
      /level must be an integer >= 0, got -1/,
      () => gymSampler({ seed: 0, level: -1 }),
    ],
    [
      'gymSampler',
      /weights must be positive/,
      () => gymSampler({ seed: 0, weights: { gcd: Infinity } }),
    ],
    [
      'evaluate',
      /batch must be an integer >= 1, got 0/,
      () => evaluate(says(''), problem, { ...asked, batch: 0 }),
    ],
    [
      'evaluate',
      /maxTokens must be an integer/,
      () => evaluate(says(''), problem, { seed: 0 } as never),
    ],
    [
      'evaluate',
      /seed must be an integer/,
      () => evaluate(says(''), problem, { maxTokens: 1 } as never),
    ],
    [
      'evaluate',
      /Make one of rows with readBenchmark/,
      () => evaluate(says(''), [] as never, asked),
    ],
    [
      'evaluate',
      /k must be a list of integers in 1 .. n, got 2/,
      () => evaluate(says(''), problem, { ...asked, n: 2, k: 2 as never }),
    ],
    [
      'evaluate',
      /tau must be shares in 0 .. 1, got 50/,
      () => evaluate(says(''), problem, { ...asked, tau: [50] }),
    ],
    [
      'evaluate',
      /prompt must be one of/,
      () => evaluate(says(''), problem, { ...asked, prompt: 'box' as never }),
    ],
    ['readRows', /got no content/, () => readRows(undefined as never)],
    ['readRows', /got format "csv"/, () => readRows({ content: 'a,b', format: 'csv' as never })],
    ['typescriptEnvironment', /compiler must be made by/, () => typescriptEnvironment({} as never)],
    ['openEnv', /action must be a function/, () => openEnv({ url: 'http://127.0.0.1' } as never)],
    [
      'stages',
      /score must be a function/,
      () =>
        stages<object, { plan: string }>({ name: 's', stages: [stage], context: 'all' } as never),
    ],
    [
      'stages',
      /prompt must be a function .* for 'plan'/,
      () =>
        stages<object, { plan: string }>({
          name: 's',
          stages: [{ name: 'plan' } as never],
          score: () => 1,
          context: 'all',
        }),
    ],
    ['readBenchmark', /name must be a text/, () => readBenchmark([], {} as never)],
  ])('%s: %s', async (caller, message, run) => {
    const refused = expect((async () => run())()).rejects;
    await refused.toThrow(message);
    await refused.toMatchObject({ code: 'option', message: expect.stringMatching(`^${caller}: `) });
  });
});

test('a path given as the text of a benchmark is told apart from broken JSON', () => {
  expect(() => readBenchmark('aime.jsonl', { name: 'aime' })).toThrowErrorMatchingInlineSnapshot(
    `[EfEnvError: readBenchmark: 'aime' needs rows or the text of a file, got 'aime.jsonl'. A path: readBenchmark(await readRows(path), ...).]`,
  );
});

test.each<[unknown, RegExp]>([
  [undefined, /must return 1 segments .* got undefined/],
  [['2'], /with a text each, got "2" at 0/],
])('a policy that returns %j is named', async (returned, message) => {
  const policy = { generate: async () => returned as never };
  await expect(collect(quiz(), policy, options)).rejects.toThrow(message);
});

test('a reward that meets a column that is not there is named with the columns there are', async () => {
  const wrong = rubric<{ answer: string }>({
    right: (completions, columns) => {
      const { anser } = columns as unknown as { anser: string[] };
      return completions.map((text, i) => Number(text === anser[i]));
    },
  });
  await expect(wrong.score(['a'], [{ answer: 'a' }])).rejects.toThrow(
    /reward 'right' threw: .* The columns of its rows are answer\.$/,
  );
});

test('a reward that returns no array is named', async () => {
  const wrong = rubric({ right: (() => 1) as never });
  await expect(wrong.score(['a'], [{}])).rejects.toThrow(/'right' returned no array/);
});

describe('what an environment gets wrong ends its episode with the reason', () => {
  const play = async (first: unknown, step: unknown): Promise<Trajectory | undefined> => {
    const env = defineEnvironment<object, null>({
      name: 'wrong',
      reset: () => ({ observation: first as string, state: null }),
      step: () => step as { done: true },
    });
    return (await collectFailing(env, says('x'), options as never))[0];
  };
  test.each<[unknown, unknown, RegExp]>([
    [undefined, { done: true }, /^reset: the observation must be .* got nothing/],
    [5, { done: true }, /^reset: what is shown must be a text .* got 5/],
    ['a', undefined, /^step: done must be true or false/],
    ['a', { reward: 1 }, /^step: done must be true or false/],
    ['a', { feedback: 4, done: true }, /^step: what is shown must be a text .* got 4/],
    ['a', { observation: [{ speaker: 'user' }], done: false }, /got \[\{"speaker":"user"\}\]/],
    ['a', { reward: '1', done: true }, /finite numbers, got "1" \(reward\)/],
  ])('observation %j, step %j', async (first, step, error) => {
    expect(await play(first, step)).toMatchObject({
      stop: 'error',
      error: expect.stringMatching(error),
    });
  });

  test.each([{ observations: { judge: 'Hm.' } }, { reward: { judge: 1 } }])(
    'a role that there is not: %j',
    async (said) => {
      const played = collectDialogue(dialogue({ ...said, done: true }), says('x'), options);
      await expect(played).rejects.toThrow("step: the roles are planner, solver, got 'judge'");
    },
  );

  test('a task of no family', async () => {
    const [episode] = await collectFailing(reasoningGym(), says('x'), options as never);
    expect(episode).toMatchObject({ error: expect.stringMatching(/^gymScore: unknown family/) });
  });

  test.each<[object, RegExp]>([
    [{ question: 'Where?', answers: ['x'], support: ['zz'] }, /'zz', which is not in source/],
    [{ question: 'Where?', answers: 'x' }, /answers \(a list\)/],
    [{ prompt: 'Where?', answers: ['x'] }, /needs question/],
  ])('a retrieval task %j', async (task, error) => {
    const env = retrievalEnvironment({ source: documents });
    const [episode] = await collectFailing(env, says('x'), { ...options, tasks: [task as never] });
    expect(episode).toMatchObject({ stop: 'error', error: expect.stringMatching(error) });
  });

  test('a schema of a tool that cannot be applied names the tool', async () => {
    const parameters = { $ref: '#/nowhere' };
    const env = toolEnvironment<object>({ tools: [{ ...tool, parameters }] });
    const call = says('<tool_call>{"name": "now", "arguments": {}}</tool_call>');
    const tasks = [{ prompt: 'When?' }];
    const [episode] = await collectFailing(env, call, { ...options, tasks: tasks as never });
    expect(episode).toMatchObject({
      stop: 'error',
      error: expect.stringMatching(/^toolEnvironment: the parameters of now are no JSON schema/),
    });
  });
});

describe('names that are not known are refused with the nearest one, null is none', () => {
  test.each<[string, string, () => unknown]>([
    ['collect', 'maxTokens', () => collect(quiz(), says(''), { ...options, maxToken: 5 } as never)],
    [
      'collect',
      'maxTokens',
      () => collect(quiz(), says(''), { ...options, max_tokens: 5 } as never),
    ],
    [
      'collectDialogue',
      'groupSize',
      () => collectDialogue(dialogue({}), says(''), { ...options, groupsize: 2 } as never),
    ],
    [
      'evaluate',
      'temperature',
      () => evaluate(says(''), problem, { ...asked, temprature: 1 } as never),
    ],
    ['benchmarkPreset', 'template', () => benchmarkPreset('open-r1', { templte: '' } as never)],
    ['readBenchmark', 'name', () => readBenchmark([], { nam: 'x' } as never)],
    ['majorityVote', 'equal', () => majorityVote([], { equals: () => true } as never)],
    [
      'readRows',
      'limit',
      () => readRows({ content: '{}', format: 'jsonl' }, { limits: 1 } as never),
    ],
    [
      'importConversation',
      'data',
      () => importConversation({ prompt: 'a', completion: 'b' }, { id: 'x', date: 1 } as never),
    ],
    [
      'defineEnvironment',
      'maxTurns',
      () =>
        defineEnvironment({ name: 'a', reset: () => ({}), step: () => ({}), maxturn: 1 } as never),
    ],
    [
      'toolEnvironment',
      'toolTimeout',
      () => toolEnvironment({ tools: [tool], tool_timeout: 5 } as never),
    ],
    [
      'retrievalEnvironment',
      'maxSearches',
      () => retrievalEnvironment({ source: documents, maxSearch: 5 } as never),
    ],
    ['bm25', 'convention', () => bm25(['a'], { conventions: 'lucene' } as never)],
    ['promptEnvironment', 'reward', () => promptEnvironment({ rewards: () => [1] } as never)],
    ['codewords', 'feedback', () => codewords({ feedbak: 'none' } as never)],
    ['gymTask', 'level', () => gymTask('gcd', { seed: 1, levels: 2 } as never)],
    ['gymSampler', 'weights', () => gymSampler({ seed: 1, weight: {} } as never)],
    [
      'openEnv',
      'sessions',
      () => openEnv({ url: 'http://127.0.0.1', action: () => ({}), session: 2 } as never),
    ],
    ['openReward', 'sessions', () => openReward({ url: 'http://127.0.0.1', session: 2 } as never)],
    [
      'openRewardClient',
      'callTimeout',
      () => openRewardClient({ url: 'http://127.0.0.1', callTimeOut: 5 } as never),
    ],
    [
      'openEnvClient',
      'timeout',
      () => openEnvClient({ url: 'http://127.0.0.1', timeOut: 5 } as never),
    ],
    [
      "rubric: 'right'",
      'weight',
      () => rubric({ right: { reward: () => [], wieght: 2 } as never }),
    ],
    ['javascriptSandbox', 'timeout', () => javascriptSandbox({ timeoutMs: 5 } as never)],
    ['pythonSandbox', 'memoryMb', () => pythonSandbox({ memorymb: 512 } as never)],
    ['codeEnvironment', 'reveal', () => codeEnvironment({ sandbox, reveals: 'input' } as never)],
    [
      'run',
      'reveal',
      () => sandbox.run({ mode: 'script', code: '' }, { revael: 'input' } as never),
    ],
  ])('%s: did you mean %s?', async (caller, nearest, run) => {
    await expect((async () => run())()).rejects.toMatchObject({
      code: 'option',
      message: expect.stringMatching(
        `^${caller}: unknown option '\\w+'\\. Did you mean '${nearest}'\\? Known: `,
      ),
    });
  });

  test.each<[string, () => unknown]>([
    ['collect', () => collect(quiz(), says(''), undefined as never)],
    ['evaluate', () => evaluate(says(''), problem, null as never)],
    ['toolEnvironment', () => toolEnvironment(undefined as never)],
    ['gymTask', () => gymTask('gcd', undefined as never)],
    ['openEnv', () => openEnv([] as never)],
    ['openEnvClient', () => openEnvClient(undefined as never)],
    ['openReward', () => openReward(null as never)],
    ['openRewardClient', () => openRewardClient([] as never)],
    ['codeEnvironment', () => codeEnvironment(undefined as never)],
    ['javascriptSandbox', () => javascriptSandbox(null as never)],
    ['run', () => sandbox.run({ mode: 'script', code: '' }, null as never)],
  ])('%s without options', async (caller, run) => {
    const refused = expect((async () => run())()).rejects;
    await refused.toThrow(`${caller}: options must be an object, got `);
  });

  test.each<[string, () => unknown]>([
    ['majorityVote: answers must be an array, got null', () => majorityVote(null as never)],
    [
      'parseToolCalls: action must be a text, got undefined',
      () => parseToolCalls(undefined as never),
    ],
    ['parseAnswer: completion must be a text, got number', () => parseAnswer(5 as never)],
    ['checkArithmetic: text must be a text, got null', () => checkArithmetic(null as never)],
    [
      "checkArithmetic: feedback must be one of 'step', 'full'",
      () => checkArithmetic('', { feedback: 'ful' } as never),
    ],
    ['toolsPrompt: tools must be an array, got object', () => toolsPrompt({} as never)],
    ['episodeMetrics: trajectories must be an array', () => episodeMetrics(null as never)],
    ['exportConversation: segments must be an array', () => exportConversation(null as never)],
    ['bm25: documents must be an array, got string', () => bm25('a' as never)],
    ['stages: stages must be an array', () => stages({ name: 'a', context: 'all' } as never)],
    [
      'readBenchmark: rows must be an array, got null',
      () => readBenchmark(null as never, { name: 'a' }),
    ],
    ['rubric: needs rewards with finite weights, got none', () => rubric(null as never)],
  ])('what is worked on is checked as well: %s', (message, run) => {
    expect(run).toThrowError(expect.objectContaining({ code: 'option' }));
    expect(run).toThrow(message);
  });

  test('null and undefined leave the default', async () => {
    const nothing = {
      groupSize: null,
      maxTurns: undefined,
      temperature: null,
      stop: null,
      signal: null,
    };
    expect(await collect(quiz(), says(''), { ...options, ...nothing } as never)).toHaveLength(1);
    const { metrics } = await evaluate(says('2'), problem, {
      ...asked,
      n: null,
      k: null,
      grade: null,
    } as never);
    expect(metrics['pass@1']?.mean).toBe(1);
  });

  test.each<[string, unknown]>([
    ['maxTokens', 2 ** 32],
    ['maxTokens', '5'],
    ['groupSize', 1.5],
    ['firstTask', -1],
    ['concurrency', Number.NaN],
    ['seed', 2 ** 53],
    ['seed', '0'],
  ])('collect refuses %s = %j', async (name, value) => {
    const refused = expect(
      collect(quiz(), says(''), { ...options, [name]: value } as never),
    ).rejects;
    await refused.toMatchObject({
      code: 'option',
      message: expect.stringContaining(`collect: ${name} must be an integer`),
    });
  });
});
