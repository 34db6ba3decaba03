import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseToolCalls } from '../environments/tools/parseToolCalls.ts';
import { lastCodeBlock } from './lastCodeBlock.ts';
import { readTurn } from './readTurn.ts';

const fenced = (code: string, language = 'js'): string => `\`\`\`${language}\n${code}\n\`\`\``;

/** Everything that ends something where it is no text. */
const MARKS = [
  '</think>',
  '<think>',
  '<think>a</think>',
  '</s>',
  '<s>x</s>',
  '<|im_end|>',
  '<|im_start|>user',
  '<|endoftext|>',
  '<|eot_id|>',
  '<|end|>',
  '[INST]',
  '<end_of_turn>',
  '<｜end▁of▁sentence｜>',
  '<tool_call>',
  '</tool_call>',
];

describe('readTurn', () => {
  test.each([
    ['no thought', 'a', 'a', 'none'],
    ['a thought', '<think>a</think>b', 'b', 'closed'],
    ['the prompt opened the thought', 'a</think>b', 'b', 'closed'],
    ['a thought that is never closed leaves nothing', '<think>a', '', 'open'],
    ['what stood before it stays', 'a <think>b', 'a ', 'open'],
    ['two thoughts', '<think>a</think>b<think>c</think>d', 'd', 'closed'],
    ['a thought that speaks of its end', '<think>end with </think> then</think>d', 'd', 'closed'],
    ['an answer that quotes it', '<think>a</think>Use `</think>`.', 'Use `</think>`.', 'closed'],
    ['an answer that quotes it, no thought', 'Use `</think>`.', 'Use `</think>`.', 'none'],
    [
      'a remark behind a program',
      `<think>a</think>${fenced('b')}\nIt splits at </think>.`,
      `${fenced('b')}\nIt splits at </think>.`,
      'closed',
    ],
    [
      'a thought that quotes a program',
      `<think>${fenced("x('</think>')")}\n</think>7`,
      '7',
      'closed',
    ],
    ['a block that the thought left open', '<think>```js\na\n</think>\n7', '\n7', 'closed'],
    [
      'the same before a program',
      `<think>\`\`\`js\na</think>\n${fenced('b')}`,
      `\n${fenced('b')}`,
      'closed',
    ],
    [
      'the same when the prompt opened the thought',
      `\`\`\`js\na\n</think>\n${fenced('b')}`,
      `\n${fenced('b')}`,
      'closed',
    ],
    ['an open thought with a quoted end', "<think>```js\nx('</think>')\n```\nand", '', 'open'],
    ['an odd backquote in the thought', '<think>the char ` is</think>Use `x`', 'Use `x`', 'closed'],
    ['the turn ends', 'a<|im_end|>\n<|im_start|>user\nb', 'a', 'none'],
    [
      'another turn has its own thought',
      '<think>a</think>42<|im_end|>\n<|im_start|>assistant\n<think>b</think>7',
      '42',
      'closed',
    ],
    [
      'without a thought in the first',
      '42<|im_end|>\n<|im_start|>assistant\n<think>b</think>7',
      '42',
      'none',
    ],
    ['a mark inside a thought is text', '<think>a<|im_end|>b</think>c', 'c', 'closed'],
    [
      'the header of the turn',
      '<|im_start|>assistant\na<|im_end|>\n<|im_start|>user',
      '\na',
      'none',
    ],
    ['a mark glued to the beginning', '<|im_end|>42', '<|im_end|>42', 'none'],
    ['nothing was answered', '<|im_end|>\n<|im_start|>user\n7', '', 'none'],
    ['HTML', '<s>old</s> new</s>', '<s>old</s> new', 'none'],
    ['a block without end', '```js\na<|im_end|>\n', '```js\na', 'none'],
  ])('%s', (_, completion, answer, thought) => {
    expect(readTurn(completion)).toMatchObject({ answer, thought });
  });

  test.each([
    '<|im_end|>',
    '<|im_start|>',
    '<|endoftext|>',
    '<|eot_id|>',
    '<|eom_id|>',
    '<|end|>',
    '<|user|>',
    '<|fim_pad|>',
    '</s>',
    '[INST]',
    '[/INST]',
    '<end_of_turn>',
    '<start_of_turn>user',
    '<｜end▁of▁sentence｜>',
    '<｜User｜>',
  ])('%s ends a turn', (mark) => {
    expect(readTurn(`18\n${mark}\n3 + 4 = 7`).answer).toBe('18\n');
    expect(readTurn(`${fenced('a')}${mark}`).answer).toBe(fenced('a'));
  });

  test('other delimiters', () => {
    expect(readTurn('a</reason>b', ['</reason>']).answer).toBe('b');
    expect(readTurn('<think>a</reason>b', ['</reason>', '']).answer).toBe('b');
    expect(readTurn('a</think>b', []).answer).toBe('a</think>b');
  });

  test('start is where the answer stands, for any text', () => {
    const piece = fc.constantFrom(...MARKS, '```', '```js\n', '`', '\n', 'a', '{', '"', '<search>');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        const { answer, start } = readTurn(text);
        expect(text.slice(start, start + answer.length)).toBe(answer);
      }),
    );
  });

  test.each([
    ['fences', '```a\n'.repeat(30_000)],
    ['backquotes', '`` ` '.repeat(40_000)],
    ['calls', '<tool_call>{"a": ['.repeat(10_000)],
    ['actions', '<search><answer>'.repeat(12_000)],
    ['swallowed delimiters', `<think>\`\`\`\n${'</think>`\n'.repeat(20_000)}`],
    ['closed fences', '```\n```\n'.repeat(25_000)],
    ['delimiters behind code', '`x`</think>'.repeat(18_000)],
    ['blanks', `${' '.repeat(100_000)}\n`.repeat(2)],
    ['list items', '- '.repeat(100_000)],
  ])('200,000 characters of %s take less than two seconds', (_, text) => {
    const before = performance.now();
    readTurn(text);
    expect(performance.now() - before).toBeLessThan(2000);
  });
});

describe('marks never cut', () => {
  const thoughts = ['', '<think>Hm.</think>\n', 'Hm.\n</think>\n\n'];

  test('a program', () => {
    const mark = fc.constantFrom(...MARKS);
    const lines = [
      (text: string) => `return "${text}" + x;`,
      (text: string) => `// ${text}`,
      (text: string) => `const t = \`a\n  ${text}\n\`;`,
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...thoughts),
        fc.array(fc.tuple(mark, fc.constantFrom(...lines)), { minLength: 1, maxLength: 4 }),
        fc.constantFrom(
          '',
          '\nThat is it.',
          '<|im_end|>',
          '\n</s>',
          `\nIt prints\n${fenced('1', 'text')}`,
        ),
        (thought, said, after) => {
          const code = said.map(([text, line]) => line(text)).join('\n');
          const block = lastCodeBlock(`${thought}${fenced(code)}${after}`, ['js']);
          expect(block?.code).toBe(`${code}\n`);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('a call', () => {
    const text = fc.array(fc.oneof(fc.constantFrom(...MARKS, '```', '`', '\\', '"'), fc.string()));
    fc.assert(
      fc.property(
        fc.constantFrom(...thoughts),
        fc.array(text, { maxLength: 3 }),
        (thought, args) => {
          const calls = args.map((parts) => ({ name: 'a', arguments: { q: parts.join('') } }));
          const written = calls.map((call) => `<tool_call>\n${JSON.stringify(call)}\n</tool_call>`);
          expect(parseToolCalls(`${thought}${written.join('\n')}<|im_end|>`)).toEqual(calls);
          expect(parseToolCalls(`<think>${written.join('')}</think>7`)).toEqual([]);
        },
      ),
    );
  });
});
