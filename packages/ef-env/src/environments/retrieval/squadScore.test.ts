import { describe, expect, test } from 'vitest';
import { exactMatch, tokenF1 } from './squadScore.ts';

describe('exactMatch and tokenF1', () => {
  test.each([
    ['an article, case and punctuation do not count', ['The Eiffel-Tower'], 'eiffeltower!', 1, 1],
    ['any reference may match', ['one', 'two'], 'Two', 1, 1],
    ['words in common give F1', ['a b c d'], 'b c x', 0, (2 * 2) / (3 + 3)],
    ['a word counts as often as it is in the reference', ['b'], 'b b b', 0, 0.5],
    ['nothing in common gives 0', ['Paris'], 'London', 0, 0],
    ['an article inside a word stays', ['ña thé'], 'ñ th', 0, 0],
    ['an empty answer is not the answer', ['Paris'], '...', 0, 0],
  ])('%s', (_, golds, answer, exact, f1) => {
    expect(exactMatch(golds, answer)).toBe(exact);
    expect(tokenF1(golds, answer)).toBeCloseTo(f1, 14);
  });
});
