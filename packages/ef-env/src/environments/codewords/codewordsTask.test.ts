import { describe, expect, test } from 'vitest';
import { createRandom } from '../../base/random.ts';
import { collect } from '../../episode/collect.ts';
import { chainSplit, type Split } from './chainSplit.ts';
import { codewords } from './codewords.ts';
import { codewordsTask } from './codewordsTask.ts';
import { definitionsTask } from './definitionsTask.ts';
import { DOMAIN_WORDS, FREE_WORDS, LARGE_LEXICON, LEXICON } from './lexicon.ts';
import { miscTask } from './miscTask.ts';
import { applyOperations, OPERATION_NAMES } from './operations.ts';
import { plainTask } from './plainTask.ts';

describe('chainSplit', () => {
  test('a quarter of the two-word chains is held out, half of it for test', () => {
    const count: Record<Split, number> = { train: 0, validation: 0, test: 0 };
    for (const a of DOMAIN_WORDS) for (const b of DOMAIN_WORDS) count[chainSplit([a, b])] += 1;
    expect(count).toMatchInlineSnapshot(`
      {
        "test": 30,
        "train": 198,
        "validation": 28,
      }
    `);
    expect(count.validation + count.test).toBeGreaterThan(256 * 0.2);
    expect(count.validation + count.test).toBeLessThan(256 * 0.3);
  });

  test('one-word chains are for training', () => {
    expect(DOMAIN_WORDS.map((word) => chainSplit([word]))).toEqual(Array(16).fill('train'));
  });
});

describe('codewordsTask', () => {
  test.each(['train', 'validation', 'test'] as const)('draws only %s chains', (split) => {
    const random = createRandom(1);
    for (let i = 0; i < 300; i++) {
      const { digits, words } = codewordsTask(random, { split, minWords: 2 });
      expect(chainSplit(words)).toBe(split);
      expect(digits).toMatch(/^\d{4}$/);
      expect(words.length).toBeGreaterThanOrEqual(2);
      expect(words.length).toBeLessThanOrEqual(3);
    }
  });

  test('draws the words that it is given, which `codewords` has to know', async () => {
    const words = Object.keys(LARGE_LEXICON);
    const random = createRandom(2);
    const tasks = Array.from({ length: 300 }, () =>
      codewordsTask(random, { split: 'train', words }),
    );
    expect(new Set(tasks.flatMap((task) => task.words)).size).toBe(32);
    const task = tasks.find((one) => !DOMAIN_WORDS.includes(one.words[0]!))!; // half of them
    const policy = { generate: async () => [] };
    const play = { tasks: [task], seed: 0, maxTokens: 1 };
    await expect(collect(codewords(), policy, play)).rejects.toThrow(/is not in the lexicon/);
    expect(() => codewords({ lexicon: { rav: 'up' as 'rev' } })).toThrow(
      "codewords: lexicon: 'rav' means 'up', which is no operation.",
    );
  });

  test('throws `option` for a held-out one-word chain', () => {
    expect(() =>
      codewordsTask(createRandom(1), { split: 'test', maxWords: 1, minWords: 1 }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[EfEnvError: codewordsTask: minWords and maxWords must be 1 <= min <= max, and max >= 2 for held-out chains, got 1 and 1 for 'test'. One-word chains are all in 'train'.]`,
    );
  });
});

describe('operations', () => {
  test('each does to 4876 what its name says', () => {
    const results = OPERATION_NAMES.map((name) => `${name} ${applyOperations([name], '4876')[0]}`);
    expect(results.join(', ')).toBe(
      'rev 6784, left 8764, right 6487, ends 6874, inc 5987, dec 3765, flip 5123, pairs 8467',
    );
  });

  test('the lexicon has two words per operation, apart from the free words', () => {
    for (const name of OPERATION_NAMES) {
      expect(Object.values(LEXICON).filter((meaning) => meaning === name)).toHaveLength(2);
    }
    expect(new Set([...DOMAIN_WORDS, ...FREE_WORDS]).size).toBe(40);
    for (const name of OPERATION_NAMES) {
      expect(Object.values(LARGE_LEXICON).filter((meaning) => meaning === name)).toHaveLength(4);
    }
    expect(LARGE_LEXICON).toMatchObject(LEXICON);
  });
});

describe('skill tasks', () => {
  test("have the format of the base model's training data", () => {
    const random = createRandom(3);
    expect([
      plainTask(random),
      definitionsTask(random, { words: FREE_WORDS }),
      definitionsTask(random, { words: DOMAIN_WORDS }),
      miscTask(random),
    ]).toMatchInlineSnapshot(`
      [
        {
          "answer": "6994",
          "question": "0350 flip ends pairs",
          "solution": "<think>
      0350 flip 9649 ends 9649 pairs 6994
      </think>

      6994",
        },
        {
          "answer": "4397",
          "question": "Here pol left, pov inc. 6328 pov pol",
        },
        {
          "answer": "0635",
          "question": "Here det left, rav dec, gev rev, pif pairs. 3506 det det",
        },
        {
          "answer": "9",
          "question": "last 6769",
        },
      ]
    `);
  });
});
