import { expect, test } from 'vitest';
import { lastCodeBlock } from './lastCodeBlock.ts';

const LANGUAGES = ['ts', ''];

test.each([
  ['the last block counts', '```ts\na\n```\n```ts\nb\n```', 'b\n'],
  ['a block in the thought does not', '<think>```ts\na\n```</think>```\nb\n```', 'b\n'],
  ['another language does not', '```ts\na\n```\n```json\n{}\n```', 'a\n'],
  ['a block that is not closed goes to the end', '```TS\na\nb', 'a\nb'],
  ['line ends are kept', '```ts\r\na\r\nb\r\n```\r\n', 'a\r\nb\r\n'],
  ['a longer fence holds shorter ones', '````ts\n```\na\n```\n````', '```\na\n```\n'],
  ['tildes are fences, not closed by backquotes', '~~~ts\n```\n~~~', '```\n'],
  ['an empty block is empty', '```ts\n```', ''],
])('%s', (_, completion, code) => {
  const block = lastCodeBlock(completion, LANGUAGES);
  expect(block?.code).toBe(code);
  expect(completion.slice(block?.start).startsWith(code)).toBe(true);
});

test('no block gives null', () => {
  expect(lastCodeBlock('const a = 1', LANGUAGES)).toBeNull();
  expect(lastCodeBlock('<think>```ts\na\n```', LANGUAGES)).toBeNull();
});
