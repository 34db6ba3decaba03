import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseToolCalls } from './parseToolCalls.ts';

const callOf = (name: string, args: unknown): string =>
  `<tool_call>\n${JSON.stringify({ name, arguments: args })}\n</tool_call>`;

describe('parseToolCalls', () => {
  const names = fc.string({ minLength: 1 });
  const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

  test('finds every call that was written, whatever its arguments hold', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(names, fc.dictionary(fc.string(), fc.jsonValue())), { maxLength: 4 }),
        (calls) => {
          const texts = calls.map(([name, args]) => callOf(name, args));
          const parsed = parseToolCalls(
            `<think>${texts.join('')}</think>Let me see.${texts.join(' and ')}`,
          );
          expect(parsed).toEqual(calls.map(([name, args]) => ({ name, arguments: plain(args) })));
        },
      ),
    );
  });

  test('a call cut before its end mark is read, a thought that never ends has no calls', () => {
    const whole = callOf('a', { x: 1 });
    expect(parseToolCalls(whole.replace('</tool_call>', ''))).toEqual([
      { name: 'a', arguments: { x: 1 } },
    ]);
    expect(parseToolCalls(`<think>${whole}`)).toEqual([]);
    expect(parseToolCalls('<tool_call>{"name": "a"}</tool_call>')).toEqual([
      { name: 'a', arguments: {} },
    ]);
  });

  test.each([
    ['HTML', { html: '<s>x</s>' }],
    ['the end of a thought', { q: 'what is </think>?' }],
    ['the end of a call', { q: '</tool_call>' }],
    ['another call', { q: '</tool_call><tool_call>{"name": "b"}' }],
    ['a fence', { q: '```\n</think>\n```' }],
  ])('a call is read by its JSON: %s', (_, args) => {
    expect(parseToolCalls(callOf('a', args))).toEqual([{ name: 'a', arguments: args }]);
    expect(parseToolCalls(`<think>Hm.</think>${callOf('a', args)}<|im_end|>`)).toHaveLength(1);
  });

  test('a call without its end mark ends with its JSON, a broken one is named', () => {
    expect(parseToolCalls('<tool_call>{"name": "a"} Let me wait.')).toEqual([
      { name: 'a', arguments: {} },
    ]);
    expect(parseToolCalls('<tool_call>{"name": "a"}}</tool_call>')).toEqual([
      { error: expect.stringMatching(/^the call is not JSON/) },
    ]);
  });

  test('any text is read without throwing', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const call of parseToolCalls(`<tool_call>${text}`)) {
          expect('error' in call || typeof call.name === 'string').toBe(true);
        }
      }),
    );
  });
});
