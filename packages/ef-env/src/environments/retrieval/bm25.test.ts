import { describe, expect, test } from 'vitest';
import golden from '../../../fixtures/bm25.json' with { type: 'json' };
import { bm25 } from './bm25.ts';
import { tokenizeText } from './tokenizeText.ts';

describe('bm25', () => {
  test("gives rank_bm25's scores in that convention", () => {
    for (const { documents, cases } of golden.corpora) {
      for (const { options, query, scores } of cases) {
        const tokenize = (text: string): string[] => text.split(' ').filter(Boolean);
        const index = bm25(documents, { ...options, convention: 'rank_bm25', tokenize });
        const got = index.scores(query);
        for (const [i, score] of scores.entries()) expect(got[i]).toBeCloseTo(score, 12);
      }
    }
  });

  test("gives the scores of Lucene's formula, worked by hand", () => {
    // N = 2, both documents have 'a': idf = ln(1 + 0.5 / 2.5); 'b' is in one: ln(1 + 1.5 / 1.5); mean length 3
    const scores = bm25(['a b', 'a c c c']).scores('a b b');
    const [common, rare] = [Math.log(1.2), Math.log(2)];
    const short = 1.2 * (0.25 + (0.75 * 2) / 3);
    const long = 1.2 * (0.25 + (0.75 * 4) / 3);
    expect(scores[0]).toBeCloseTo((common + 2 * rare) / (1 + short), 14);
    expect(scores[1]).toBeCloseTo(common / (1 + long), 14);
  });

  test('finds only documents with a term of the query, equal scores in their order', () => {
    const index = bm25(['red fox', '', 'blue whale', 'red fox', 'red red fox']);
    expect(index.search('red', 9).map(({ index }) => index)).toEqual([4, 0, 3]);
    expect(index.search('red', 1)).toHaveLength(1);
    expect(index.search('?', 9)).toEqual([]);
    expect(bm25([]).search('red', 9)).toEqual([]);
  });

  test('a parameter outside its range throws `option`', () => {
    expect(() => bm25(['a'], { b: 1.5 })).toThrowErrorMatchingInlineSnapshot(
      `[EfEnvError: bm25: k1 must be >= 0 and finite and b within 0 to 1, got k1 = 1.2, b = 1.5. Usual are 1.2 and 0.75.]`,
    );
  });
});

describe('tokenizeText', () => {
  test('folds width and case, keeps accents, splits scripts without blanks by character', () => {
    expect(tokenizeText('ＮＦＫＣ Ｅx-Ample Éa_b')).toEqual(['nfkc', 'ex', 'ample', 'éa', 'b']);
    expect(tokenizeText('e\u0301t\u00e9')).toEqual(['\u00e9t\u00e9']);
    expect(tokenizeText('東京tower ไทย हिन्दी')).toEqual([
      '東',
      '京',
      'tower',
      'ไ',
      'ท',
      'ย',
      'हिन्दी',
    ]);
  });
});
