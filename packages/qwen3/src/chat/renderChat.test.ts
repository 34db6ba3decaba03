import { describe, expect, test } from 'vitest';
import { type ChatMessage, renderChat } from './renderChat.ts';

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
