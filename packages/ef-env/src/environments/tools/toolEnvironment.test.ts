// Above 300 lines: every case is played with the same few tools.
import { describe, expect, test } from 'vitest';
import { collect } from '../../episode/collect.ts';
import type { Policy } from '../../episode/policy.ts';
import { rewardEach } from '../../rewards/rewardEach.ts';
import { rubric } from '../../rewards/rubric.ts';
import { toolSchemas } from '../../text/toolSchemas.ts';
import { toolsPrompt } from '../../text/toolsPrompt.ts';
import type { Tool } from './tool.ts';
import { type ToolEnvironmentOptions, toolEnvironment } from './toolEnvironment.ts';

interface Row {
  prompt: string;
  answer: string;
}
const ROW: Row = { prompt: '6 times 7?', answer: '42' };

/** Says the given texts, one a turn. */
const says = (...texts: string[]): Policy => ({
  generate: async (prompts) =>
    prompts.map((segments) => {
      const turn = segments.filter(({ kind }) => kind === 'policy').length;
      return { speaker: 'assistant', kind: 'policy', turn, text: texts[turn] ?? 'no more' };
    }),
});

const callOf = (name: string, args: unknown): string =>
  `<tool_call>\n${JSON.stringify({ name, arguments: args })}\n</tool_call>`;

const multiply: Tool<string[]> = {
  name: 'multiply',
  description: 'The product of two numbers.',
  parameters: {
    type: 'object',
    properties: { a: { type: 'number' }, b: { type: 'number' } },
    required: ['a', 'b'],
    additionalProperties: false,
  },
  call: ({ a, b }: { a: number; b: number }, { state }) => {
    state.push(`${a} * ${b}`);
    return a * b;
  },
};

async function play(texts: string[], options: Partial<ToolEnvironmentOptions<Row, string[]>> = {}) {
  const env = toolEnvironment<Row, string[]>({
    tools: [multiply],
    state: () => [],
    score: (answer, { task }) => Number(answer === task.answer),
    ...options,
  });
  const settings = { tasks: [ROW], seed: 0, maxTokens: 99, maxTurns: 4 };
  const [trajectory] = await collect(env, says(...texts), settings);
  return trajectory!;
}

/** What the tools said. */
const answers = (trajectory: Awaited<ReturnType<typeof play>>): string[] =>
  trajectory.segments.flatMap(({ speaker, text }) => (speaker === 'tool' ? [text] : []));

describe('toolEnvironment', () => {
  test('answers calls as a tool and scores the first turn without one', async () => {
    const states: string[][] = [];
    const trajectory = await play([callOf('multiply', { a: 6, b: 7 }), '42'], {
      close: (state) => void states.push(state),
    });
    expect(trajectory.segments.slice(1)).toMatchObject([
      { speaker: 'user', kind: 'prompt', text: '6 times 7?' },
      { speaker: 'assistant', kind: 'policy', turn: 0 },
      { speaker: 'tool', kind: 'environment', turn: 0, text: '42' },
      { speaker: 'assistant', kind: 'policy', turn: 1, text: '42', reward: 1 },
    ]);
    expect(trajectory).toMatchObject({ reward: 1, stop: 'done' });
    expect(trajectory.metrics).toEqual({
      'tools/call_frequency': 1,
      'tools/failure_frequency': 0,
      'tools/calls/multiply': 1,
    });
    expect(states).toEqual([['6 * 7']]);
  });

  test('several calls in a turn get a message each, in order, and share the state', async () => {
    const [a, b] = [callOf('multiply', { a: 2, b: 3 }), callOf('multiply', { a: 4, b: 5 })];
    const trajectory = await play([`<think>${a}</think>First ${a}\nthen ${b}`, '1'], {
      score: (_, { state }) => ({ reward: state.length, info: { state } }),
    });
    expect(answers(trajectory)).toEqual(['6', '20']);
    expect(trajectory).toMatchObject({ reward: 2, info: { state: ['2 * 3', '4 * 5'] } });
  });

  test.each<[string, string, string | RegExp]>([
    [
      'no JSON',
      '<tool_call>{"name": "multiply",}</tool_call>',
      /^Error: the call is not JSON: .* A call is \{"name"/,
    ],
    ['no name', '<tool_call>{"tool": "multiply"}</tool_call>', /^Error: the call has no name\./],
    [
      'an unknown tool',
      callOf('multply', {}),
      "Error: there is no tool 'multply'. Did you mean 'multiply'? Tools: multiply.",
    ],
    [
      'arguments that are no object',
      callOf('multiply', [6, 7]),
      'Error: the arguments of multiply must be a JSON object.',
    ],
    [
      'a wrong type',
      callOf('multiply', { a: 6, b: 'seven' }),
      'Error: the arguments of multiply do not fit its schema. /b: Instance type "string" is invalid. Expected "number".',
    ],
    [
      'a missing and an unknown argument',
      callOf('multiply', { a: 6, c: 7 }),
      'Error: the arguments of multiply do not fit its schema. arguments: Instance does not have required property "b". /c: There is no such argument.',
    ],
  ])('says what is wrong with a call and goes on: %s', async (_, call, expected) => {
    const trajectory = await play([call, '42']);
    expect(answers(trajectory)).toEqual([
      typeof expected === 'string' ? expected : expect.stringMatching(expected),
    ]);
    expect(trajectory).toMatchObject({ reward: 1, metrics: { 'tools/failure_frequency': 1 } });
  });

  test('a tool that throws, hangs or returns what is no JSON is told to the policy', async () => {
    const tool = (name: string, call: Tool['call']): Tool<string[]> => ({
      name,
      description: '',
      parameters: {},
      call,
    });
    const aborted: string[] = [];
    const tools = [
      tool('throws', () => {
        throw new Error('disk on fire');
      }),
      tool('rejects', () => Promise.reject('a string')),
      tool('hangs', (_, { signal }) => {
        signal.addEventListener('abort', () => aborted.push('hangs'));
        return new Promise(() => {});
      }),
      tool('huge', () => 10n),
      tool('mute', () => undefined),
      tool('object', async () => ({ found: [1] })),
    ];
    const calls = tools.map(({ name }) => callOf(name, {})).join('\n');
    const trajectory = await play([calls, '42'], { tools, toolTimeout: 20 });
    expect(answers(trajectory)).toEqual([
      'Error: throws failed: disk on fire',
      'Error: rejects failed: a string',
      'Error: hangs took longer than 20 ms.',
      expect.stringMatching(/^Error: huge failed: .*BigInt/),
      'null',
      '{"found":[1]}',
    ]);
    expect(aborted).toEqual(['hangs']);
    expect(trajectory.metrics).toMatchObject({
      'tools/call_frequency': 6,
      'tools/failure_frequency': 4 / 6,
    });
  });

  class Point {
    x = 1;
  }
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  test.each<[string, unknown, string]>([
    ['a text', '', ''],
    ['a text of JSON', '"x"', '"x"'],
    ['nothing', null, 'null'],
    ['a date', new Date(0), '"1970-01-01T00:00:00.000Z"'],
    ['a list', [1, 'a', null, { b: [] }], '[1,"a",null,{"b":[]}]'],
    ['an absent key', { a: undefined, b: 1 }, '{"b":1}'],
    ['toJSON', { toJSON: () => ({ t: 22 }) }, '{"t":22}'],
    ['no prototype', Object.assign(Object.create(null), { t: 22 }), '{"t":22}'],
    ['shared, not circular', [ROW, ROW], JSON.stringify([ROW, ROW])],
    [
      'a Map',
      new Map([['t', 22]]),
      'Error: answer failed: the result is a Map, which JSON cannot tell: hand over a plain object, an array or a text.',
    ],
    [
      'a Set within',
      { found: [new Set([1])] },
      'Error: answer failed: the result.found[0] is a Set, which JSON cannot tell: hand over a plain object, an array or a text.',
    ],
    ['NaN', Number.NaN, 'Error: answer failed: the result is NaN, which JSON does not have.'],
    [
      'infinity within',
      { a: [1, -Infinity] },
      'Error: answer failed: the result.a[1] is -Infinity, which JSON does not have.',
    ],
    [
      'a hole',
      [undefined],
      'Error: answer failed: the result[0] is undefined, which JSON does not have.',
    ],
    [
      'a function',
      () => 1,
      'Error: answer failed: the result is a function, which JSON does not have.',
    ],
    [
      'a symbol',
      Symbol('a'),
      'Error: answer failed: the result is a symbol, which JSON does not have.',
    ],
    [
      'numbers of 32 bits',
      new Float32Array([1, 2.5]),
      'Error: answer failed: the result is a Float32Array, which JSON cannot tell: hand over a plain object, an array or a text.',
    ],
    [
      'bytes',
      Buffer.from('a'),
      'Error: answer failed: the result is a Buffer, which JSON cannot tell: hand over a plain object, an array or a text.',
    ],
    [
      'an object of a class',
      new Point(),
      'Error: answer failed: the result is a Point, which JSON cannot tell: hand over a plain object, an array or a text.',
    ],
    [
      'a date that does not exist',
      new Date(Number.NaN),
      'Error: answer failed: the result is a Date without a value.',
    ],
    ['an Error', new Error('disk on fire'), 'Error: answer failed: disk on fire'],
    ['itself', circle, 'Error: answer failed: the result.self contains itself.'],
  ])('a tool that gives %s', async (_, result, told) => {
    const answer: Tool<string[]> = {
      name: 'answer',
      description: '',
      parameters: {},
      call: () => result,
    };
    const trajectory = await play([callOf('answer', {}), '42'], { tools: [answer] });
    expect(answers(trajectory)).toEqual([told]);
  });

  describe('a turn without a call that could be made is not silently the last one', () => {
    const call = callOf('multiply', { a: 6, b: 7 });
    const json = JSON.stringify({ name: 'multiply', arguments: { a: 6, b: 7 } });
    const open = 'The thought was not closed: write </think> before a call or the answer.';
    const inside = 'Calls inside the thought are not made.';
    const unmarked = 'The call was not made: it must stand between <tool_call> and </tool_call>.';
    test.each([
      ['an open thought', '<think>Hm.', open, { 'thoughts/unclosed': 1 }],
      [
        'a call in it',
        `<think>${call}`,
        `${open} ${inside}`,
        { 'thoughts/unclosed': 1, 'tools/misplaced_calls': 1 },
      ],
      [
        'a call in a closed one',
        `<think>${call}</think>`,
        `There is nothing after the thought. ${inside}`,
        { 'tools/misplaced_calls': 1 },
      ],
      [
        'a block of JSON',
        `I call it.\n\`\`\`json\n${json}\n\`\`\``,
        unmarked,
        { 'tools/misplaced_calls': 1 },
      ],
      ['JSON alone', json, unmarked, { 'tools/misplaced_calls': 1 }],
      [
        'JSON with parameters',
        '{"name": "multiply", "parameters": {}}',
        unmarked,
        { 'tools/misplaced_calls': 1 },
      ],
    ])('%s', async (_, said, told, metrics) => {
      const trajectory = await play([said, '42']);
      expect(trajectory.segments.at(-2)).toMatchObject({ kind: 'environment', text: told });
      expect(trajectory).toMatchObject({ stop: 'done', reward: 1 });
      expect(trajectory.metrics).toEqual({
        'tools/call_frequency': 0,
        'tools/failure_frequency': 0,
        ...metrics,
      });
    });

    test('it is scored as it stands where it is the last', async () => {
      expect(await play(['<think>1', '<think>2', '<think>3', '<think>4'])).toMatchObject({
        stop: 'max-turns',
        reward: 0,
        metrics: { 'thoughts/unclosed': 4 },
      });
    });

    test('a draft in the thought of an answer is counted, other JSON is an answer', async () => {
      const drafted = await play([`<think>${call}</think>42`]);
      expect(drafted).toMatchObject({ reward: 1, metrics: { 'tools/misplaced_calls': 1 } });
      const other = await play(['```json\n{"name": "divide", "arguments": {}}\n```']);
      expect(other).toMatchObject({ stop: 'done', reward: 0 });
      expect(other.metrics).not.toHaveProperty('tools/misplaced_calls');
    });

    test('a call in a block of code with its marks is made', async () => {
      const trajectory = await play([`\`\`\`\n${call}\n\`\`\``, '42']);
      expect(answers(trajectory)).toEqual(['42']);
    });
  });

  test('calls beyond maxCallsPerTurn are refused', async () => {
    const call = callOf('multiply', { a: 1, b: 1 });
    const trajectory = await play([call.repeat(3), 'x'], { maxCallsPerTurn: 2 });
    expect(answers(trajectory)).toEqual([
      '1',
      '1',
      'Error: a turn may have 2 calls, this one was not run.',
    ]);
  });

  test('the time of the step ends the episode, not the collection', async () => {
    const hangs = { ...multiply, call: () => new Promise(() => {}) };
    const env = toolEnvironment<Row, string[]>({ tools: [hangs], state: () => [] });
    const policy = says(callOf('multiply', { a: 1, b: 1 }));
    const options = { tasks: [ROW], seed: 0, maxTokens: 9, stepTimeout: 20 };
    const [trajectory] = await collect(env, policy, options);
    expect(trajectory).toMatchObject({ stop: 'timeout', reward: null });
  });

  test('a score may let the policy try again, and a rubric sees the whole group', async () => {
    const again = await play(['41', '42'], {
      score: (answer, { task }) =>
        answer === task.answer
          ? { reward: 1, feedback: 'Right.' }
          : { reward: 0, feedback: 'Wrong.', done: false },
    });
    expect(again.segments.map(({ text }) => text).slice(2)).toEqual([
      '41',
      'Wrong.',
      '42',
      'Right.',
    ]);
    const scored = await play(['a long answer'], {
      score: () => null,
      rubric: rubric<Row>({ length: rewardEach((answer) => answer.length) }),
    });
    expect(scored).toMatchObject({
      reward: 13,
      metrics: { length: 13, 'tools/call_frequency': 0 },
    });
  });

  test('the system message has a line of JSON per tool, beside that of the prompt or of the caller', async () => {
    const manual = toolsPrompt([multiply]);
    expect(manual).toContain(`\n${JSON.stringify(toolSchemas([multiply])[0])}\n`);
    const system = async (options: Partial<ToolEnvironmentOptions<Row, string[]>>) =>
      (await play(['42'], options)).segments.filter(({ speaker }) => speaker === 'system');
    expect(await system({ system: 'Be kind.' })).toMatchObject([{ text: `Be kind.\n\n${manual}` }]);
    expect(await system({ system: 'Be kind.', describe: null })).toMatchObject([
      { text: 'Be kind.' },
    ]);
    expect(await system({ describe: null })).toEqual([]);
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: '6 times 7?' },
    ];
    expect(await system({ system: 'Be kind.', prompt: () => messages })).toMatchObject([
      { text: `Be brief.\n\n${manual}` },
    ]);
  });

  test('throws `option` for tools of one name', () => {
    expect(() =>
      toolEnvironment<Row, string[]>({ tools: [multiply, multiply] }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[EfEnvError: toolEnvironment: tools must have names of their own, got multiply, multiply.]`,
    );
  });
});
