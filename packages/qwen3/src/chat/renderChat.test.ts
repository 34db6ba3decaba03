import { describe, expect, test } from 'vitest';
import type { ChatMessage } from './chatMessage.ts';
import { renderChat } from './renderChat.ts';

const user = (content: string): ChatMessage => ({ role: 'user', content });
const assistant = (content: string, extra: Partial<ChatMessage> = {}): ChatMessage => ({
  role: 'assistant',
  content,
  ...extra,
});

// The golden chats of the conformance suite cover the template; here is what it is for, in short.
describe('renderChat', () => {
  test('removes earlier thoughts and keeps the last', () => {
    const chat = [user('a'), assistant('<think>\nx\n</think>\n\n1'), user('b'), assistant('2')];
    expect(renderChat(chat)).toBe(
      '<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n1<|im_end|>\n' +
        '<|im_start|>user\nb<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n2<|im_end|>\n',
    );
  });

  test('opens the thought for a model that always thinks, and takes it out of the turn when it is an earlier one', () => {
    const options = { addGenerationPrompt: true, openThought: true, enableThinking: false };
    const asked = '<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n';
    expect(renderChat([user('a')], options)).toBe(`${asked}<think>\n`);
    const chat = [user('a'), assistant('<think>\nx\n</think>\n\n1'), user('b')];
    expect(renderChat(chat, options)).toBe(
      `${asked}1<|im_end|>\n<|im_start|>user\nb<|im_end|>\n<|im_start|>assistant\n<think>\n`,
    );
    const bare = [user('a'), assistant('x\n</think>\n\n1'), user('b')]; // as sampled, without its opening
    expect(renderChat(bare, options)).toBe(renderChat(chat, options));
    expect(renderChat([user('a')], { openThought: true })).not.toContain('<think>');
  });

  test('strips newlines around thoughts, no other white space', () => {
    const chat = [user('x'), assistant('\t y\n', { reasoning_content: '\n  lead \t\n' })];
    expect(renderChat(chat)).toContain('<think>\n  lead \t\n</think>\n\n\t y\n<|im_end|>');
  });

  test('writes calls, answers of tools and signatures as Python prints JSON', () => {
    const call = { function: { name: 'add', arguments: { a: [1, 2.5], b: 'é<' } } };
    const chat = [
      user('?'),
      assistant('', { tool_calls: [call] }),
      { role: 'tool', content: '3' } as const,
      { role: 'tool', content: '4' } as const,
    ];
    const text = renderChat(chat, {
      tools: [{ name: 'add' }],
      addGenerationPrompt: true,
      enableThinking: false,
    });
    expect(text).toContain('<tools>\n{"name": "add"}\n</tools>');
    expect(text).toContain(
      '<tool_call>\n{"name": "add", "arguments": {"a": [1, 2.5], "b": "é<"}}\n</tool_call>',
    );
    expect(text).toContain(
      '<|im_start|>user\n<tool_response>\n3\n</tool_response>\n<tool_response>\n4\n</tool_response><|im_end|>\n',
    );
    expect(text.endsWith('<|im_start|>assistant\n<think>\n\n</think>\n\n')).toBe(true);
  });
});

const call = { function: { name: 'add', arguments: { a: 1, text: null } } };
const rendered = (message: object, options: object = {}): string =>
  renderChat([user('?'), message as ChatMessage, user('!')], options);

describe('contents as programs send them', () => {
  test.each([
    { content: null },
    {},
    { content: undefined },
    { content: [] },
    { content: '' },
    { content: [{ type: 'text', text: '' }] },
  ])('no text beside a call: %j', (content) => {
    expect(rendered({ role: 'assistant', ...content, tool_calls: [call] })).toContain(
      '<|im_start|>assistant\n<tool_call>\n{"name": "add", "arguments": {"a": 1, "text": null}}\n</tool_call><|im_end|>',
    );
  });

  test('a thought beside no text is kept while it counts', () => {
    const chat = [
      user('?'),
      { role: 'assistant', content: null, reasoning_content: 'hm' },
    ] as const;
    expect(renderChat(chat)).toContain('<think>\nhm\n</think>\n\n<|im_end|>');
  });

  test.each(['system', 'user', 'assistant', 'tool'])('text parts of %s are joined', (role) => {
    const content = ['a', 'b'].map((text) => ({ type: 'text', text }));
    expect(rendered({ role, content })).toBe(rendered({ role, content: 'ab' }));
    expect(renderChat([{ role, content } as ChatMessage])).toBe(
      renderChat([{ role, content: 'ab' } as ChatMessage]),
    );
  });

  test('arguments that are an empty text, as servers send for a call without any, are {}', () => {
    const bare = (args: unknown) =>
      rendered({ role: 'assistant', tool_calls: [{ name: 'f', arguments: args }] });
    expect(bare(' ')).toBe(bare({}));
    expect(bare('{"a":1}')).toContain('"arguments": {"a":1}}');
  });

  test('small numbers print as in Python', () => {
    const numbers = {
      role: 'assistant',
      tool_calls: [{ name: 'f', arguments: [1e-7, 0.00012, 2.5e-12] }],
    };
    expect(rendered(numbers)).toContain('[1e-07, 0.00012, 2.5e-12]');
  });

  const circle: unknown[] = [];
  circle.push(circle);
  test.each([
    [null, 'message 1'],
    ['hi', 'message 1'],
    [
      { role: 'function', content: '' },
      "role must be one of 'system', 'user', 'assistant', 'tool'",
    ],
    [{ role: 'Assistant', content: '' }, "Did you mean 'assistant'?"],
    [{ content: '' }, 'role'],
    [{ role: 'user', content: 7 }, 'message 1 (user): content'],
    [{ role: 'user', content: { text: 'a' } }, 'message 1 (user): content'],
    [
      { role: 'user', content: [{ type: 'image_url' }] },
      'content[0] must be { type: \'text\', text }, got type "image_url"',
    ],
    [{ role: 'user', content: ['a'] }, 'content[0]'],
    [{ role: 'tool', content: { t: 22 } }, 'message 1 (tool): content'],
    [{ role: 'tool', content: null }, 'message 1 (tool): content'],
    [{ role: 'tool' }, 'message 1 (tool): content'],
    [{ role: 'tool', content: 3 }, 'message 1 (tool): content'],
    [{ role: 'assistant', content: '', reasoning_content: ['a'] }, 'reasoning_content'],
    [{ role: 'assistant', content: '', function_call: { name: 'a' } }, 'function_call'],
    [{ role: 'assistant', content: '', reasoning: 'why' }, 'reasoning = "why"'],
    [{ role: 'assistant', content: '', thinking: 'why' }, 'Call it reasoning_content'],
    [{ role: 'user', content: '', reasoning_content: 'why' }, 'only the assistant thinks'],
    [{ role: 'assistant', tool_calls: call }, 'tool_calls must be a list'],
    [{ role: 'assistant', tool_calls: [null] }, 'tool_calls[0] must be { name, arguments }'],
    [
      { role: 'assistant', tool_calls: ['add'] },
      'tool_calls[0] must be { name, arguments }, got "add"',
    ],
    [{ role: 'assistant', tool_calls: [{ function: null }] }, 'tool_calls[0]: name'],
    [{ role: 'assistant', tool_calls: [{ name: 'f' }] }, 'tool_calls[0] (f) has no arguments'],
    [{ role: 'assistant', tool_calls: [{ arguments: {} }] }, 'tool_calls[0]: name'],
    [
      { role: 'assistant', tool_calls: [{ name: 'f', arguments: { n: 1n } }] },
      'must be plain JSON, got 1n',
    ],
    [{ role: 'assistant', tool_calls: [{ name: 'f', arguments: Number.NaN }] }, 'plain JSON'],
    [
      { role: 'assistant', tool_calls: [{ name: 'f', arguments: new Map() }] },
      'plain JSON, got a Map',
    ],
    [{ role: 'assistant', tool_calls: [{ name: 'f', arguments: circle }] }, 'contains itself'],
    [{ role: 'user', content: '', tool_calls: [call] }, 'only the assistant calls'],
  ])('%# is an error that names the message', (message, text) => {
    expect(() => rendered(message as object)).toThrow(
      expect.objectContaining({ code: 'option', message: expect.stringContaining(text) }),
    );
  });

  test.each([
    [{ add_generation_prompt: true }, "Did you mean 'addGenerationPrompt'?"],
    [{ enableThinking: 'false' }, 'enableThinking must be true or false'],
    [{ tools: { name: 'f' } }, 'tools must be a list'],
    [{ tools: [{ n: 1n }] }, 'tools[0] must be plain JSON'],
  ])('options that cannot be: %#', (options, text) => {
    expect(() => rendered(user('x'), options)).toThrow(text);
    expect(() => renderChat(null as never)).toThrow('messages must be a list, got null');
  });
});
