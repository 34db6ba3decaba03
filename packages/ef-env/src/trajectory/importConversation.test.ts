import { describe, expect, test } from 'vitest';
import { parseToolCalls } from '../environments/tools/parseToolCalls.ts';
import { exportConversation } from './exportConversation.ts';
import { importAgentTrace } from './importAgentTrace.ts';
import { importConversation } from './importConversation.ts';
import type { ConversationMessage } from './readMessage.ts';
import { validateTrajectory } from './validateTrajectory.ts';

const row = {
  prompt: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: '0 + 1?' },
    { role: 'assistant', content: '1' },
    { role: 'user', content: '1 + 1?' },
  ],
  completion: [
    { role: 'assistant', content: '3' },
    { role: 'user', content: 'Too large.' },
    { role: 'assistant', content: '2' },
  ],
  reward: 1,
};

test('prompt, attempts and answers of a conversation get their turns', () => {
  const trajectory = importConversation(row, { id: 'a' });
  expect(trajectory.segments.map(({ kind, turn }) => `${kind} ${turn}`)).toEqual([
    'prompt 0',
    'prompt 0',
    'prompt 0',
    'prompt 0',
    'policy 0',
    'environment 0',
    'policy 1',
  ]);
  expect(trajectory.reward).toBe(1);
  expect(() => validateTrajectory(trajectory)).not.toThrow();
});

test('exportConversation gives the row back, and `messages` begin with the first answer', () => {
  expect(exportConversation(importConversation(row, { id: 'a' }))).toEqual({ id: 'a', ...row });
  const messages = [...row.prompt, ...row.completion];
  expect(exportConversation(importConversation({ messages }, { id: 'a' }))).toEqual({
    id: 'a',
    prompt: messages.slice(0, 2),
    completion: messages.slice(2),
    reward: null,
  });
});

test('parts of a message are joined, tool calls are written as text', () => {
  const { segments } = importConversation(
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'How warm ' },
            { type: 'text', text: 'is it?' },
          ],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ function: { name: 'weather', arguments: '{"city": "Ulm"}' } }],
        },
        { role: 'tool', content: '21' },
        { role: 'assistant', content: '21 degrees', tool_calls: null },
      ],
    },
    { id: 'tools' },
  );
  expect(segments.map(({ speaker, kind, text }) => [speaker, kind, text])).toEqual([
    ['user', 'prompt', 'How warm is it?'],
    [
      'assistant',
      'policy',
      '<tool_call>\n{"name": "weather", "arguments": {"city": "Ulm"}}\n</tool_call>',
    ],
    ['tool', 'environment', '21'],
    ['assistant', 'policy', '21 degrees'],
  ]);
});

test.each<[string, string, [string, string][]]>([
  [
    'logs and an error',
    'Observation:\nExecution logs:\né = 5\n\nCall id: call_1\nError:\nNameError: name\nTry again, please.\n',
    [
      ['logs', 'é = 5\n'],
      ['error', 'NameError: name'],
    ],
  ],
  [
    'an error of several lines without logs',
    "Call id: call_2\nError:\nValueError: a\nTry again\nb\nNow let's retry: take care.\n",
    [['error', 'ValueError: a\nTry again\nb']],
  ],
  ['a missing code block', 'Error:\nNo code.\nTry again.\n', [['error', 'No code.']]],
  [
    'prints without a newline at the end, and the last value',
    'Observation:\nExecution logs:\nError:\nnone Last output from code snippet:\n漢 7',
    [
      ['logs', 'Error:\nnone '],
      ['output', '漢 7'],
    ],
  ],
  [
    'nothing printed',
    'Observation:\nExecution logs:\nLast output from code snippet:\nNone',
    [['output', 'None']],
  ],
  ['other words', 'Go on.', []],
])('importAgentTrace marks the informative bytes of %s', (_, observation, expected) => {
  const trajectory = importAgentTrace(
    {
      messages: [
        { role: 'user', content: 'New task:\nCount.' },
        { role: 'assistant', content: '<code>\nx\n</code>' },
        { role: 'user', content: observation },
        { role: 'assistant', content: '<code>\nfinal_answer(5)\n</code>' },
      ],
    },
    { id: 'trace' },
  );
  const raw = Buffer.from(observation);
  const spans = trajectory.segments[2]?.spans ?? [];
  expect(
    spans.map(({ start, end, label }) => [label, raw.subarray(start, end).toString()]),
  ).toEqual(expected);
  expect(() => validateTrajectory(trajectory)).not.toThrow();
});

test.each([
  ['no answer', { prompt: 'hi' }],
  ['a strange role', { messages: [{ role: 'robot', content: '' }] }],
  ['no content', { messages: [{ role: 'user', content: null }] }],
  ['an image', { messages: [{ role: 'user', content: [{ type: 'image' }] }] }],
  ['a reward that is no number', { prompt: 'a', completion: 'b', reward: Number.NaN }],
])('throws `format` for a conversation with %s', (_, bad) => {
  expect(() => importConversation(bad, { id: 'x' })).toThrowErrorMatchingSnapshot();
});

describe('messages as data sets store them', () => {
  const call = (args: unknown) => ({
    role: 'assistant',
    tool_calls: [{ function: { name: 'weather', arguments: args } }],
  });
  const user = { role: 'user', content: 'Weather?' };
  const written = (...messages: unknown[]): string[] =>
    importConversation({ messages: messages as ConversationMessage[] }, { id: 'x' }).segments.map(
      ({ text }) => text,
    );
  const block = (args: string) =>
    `<tool_call>\n{"name": "weather", "arguments": ${args}}\n</tool_call>`;

  test.each<[string, unknown, string]>([
    [
      'an object',
      { city: 'Tartu', days: [1, 2], at: { t: null } },
      '{"city": "Tartu", "days": [1, 2], "at": {"t": null}}',
    ],
    ['a text', '{"city": "Tartu"}', '{"city": "Tartu"}'],
    ['an empty text', '', '{}'],
    ['nothing', undefined, '{}'],
    ['null', null, '{}'],
  ])('arguments as %s have the blanks of the template, and can be read back', (_, args, text) => {
    expect(written(user, call(args))[1]).toBe(block(text));
    expect(parseToolCalls(block(text))).toEqual([{ name: 'weather', arguments: JSON.parse(text) }]);
  });

  test('a thought that is kept apart is written as the template does', () => {
    const thought = { role: 'assistant', reasoning_content: '\nbecause\n' };
    expect(written(user, { ...thought, content: '\nx' })[1]).toBe(
      '<think>\nbecause\n</think>\n\nx',
    );
    expect(written(user, { ...thought, content: null })[1]).toBe('<think>\nbecause\n</think>\n\n');
    expect(written(user, { ...call({}), ...thought })[1]).toBe(
      `<think>\nbecause\n</think>\n\n${block('{}')}`,
    );
    expect(written(user, { role: 'assistant', content: 'x', reasoning_content: '' })[1]).toBe('x');
    for (const name of ['reasoning', 'thinking']) {
      const message = {
        role: 'assistant',
        content: 'x',
        reasoning_content: null,
        [name]: 'because',
      };
      expect(written(user, message)[1]).toBe('<think>\nbecause\n</think>\n\nx');
    }
  });

  test("OpenAI's first form of calls, and bare ones", () => {
    const said = written(
      user,
      { role: 'assistant', content: '', function_call: { name: 'weather', arguments: '{}' } },
      { role: 'function', name: 'weather', content: '22' },
      { role: 'assistant', content: 'I ask.', tool_calls: [{ name: 'weather', arguments: {} }] },
    );
    expect(said.slice(1)).toEqual([block('{}'), '22', `I ask.\n${block('{}')}`]);
  });

  test.each<[string, unknown, RegExp]>([
    ['null', null, /must be \{ role, content \}, got null/],
    ['a text', 'hi', /must be \{ role, content \}, got "hi"/],
    [
      'tool_calls that are no list',
      { role: 'assistant', tool_calls: { name: 'a' } },
      /tool_calls that are no list/,
    ],
    [
      'a call that is null',
      { role: 'assistant', tool_calls: [null] },
      /a tool call without a name: null/,
    ],
    [
      'a call without a name',
      { role: 'assistant', tool_calls: [{ function: {} }] },
      /a tool call without a name/,
    ],
    ['arguments that are no JSON', call({ a: new Map() }), /calls weather: arguments\.a is a Map/],
    [
      'an object as content',
      { role: 'tool', content: { t: 22 } },
      /has content \{"t":22\}: write it as text/,
    ],
    ['a number as content', { role: 'tool', content: 22 }, /has content 22: write it as text/],
    [
      'nothing to say',
      { role: 'assistant', content: null },
      /has role 'assistant' and content null/,
    ],
  ])('%s is an error that names the message', (_, message, words) => {
    const read = () => written(user, message);
    expect(read).toThrow(words);
    expect(read).toThrow(/^importConversation: message 1 of 'x' /);
  });

  test.each<[unknown, RegExp]>([
    [null, /must be a row, got null/],
    [{ messages: 5 }, /messages of 'x' must be a text or a list of messages, got number/],
    [{ prompt: 'a', completion: {} }, /completion of 'x' must be a text or a list/],
  ])('a row %j is an error', (bad, words) => {
    expect(() => importConversation(bad as never, { id: 'x' })).toThrow(words);
  });
});
