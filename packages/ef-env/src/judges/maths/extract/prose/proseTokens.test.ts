import { expect, test } from 'vitest';
import { proseTokens } from './proseTokens.ts';
import { MAY_BE_FOREIGN } from './scanProse.ts';

test('every letter that the usual scanner does not know is seen to be foreign', () => {
  const latin = /[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u1e00-\u1eff\u0391-\u03c9]/u;
  const missed: string[] = [];
  for (let code = 0; code <= 0x10ffff; code++) {
    const letter = String.fromCodePoint(code);
    if (/[\p{L}\p{M}]/u.test(letter) && !latin.test(letter) && !MAY_BE_FOREIGN.test(letter))
      missed.push(code.toString(16));
  }
  expect(missed).toEqual([]);
});

test('words of other alphabets are words', () => {
  const kinds = (text: string): string[] => proseTokens(text).map(({ kind }) => kind);
  expect(kinds('ответ 5')).toEqual(['word', 'value']);
  expect(kinds('答案 是 5')).toEqual(['word', 'word', 'value']);
  expect(kinds('answer 5')).toEqual(['word', 'value']);
});
