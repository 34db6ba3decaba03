import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../base/random.ts';
import type { Policy } from '../episode/policy.ts';
import { mathEqual } from '../judges/maths/compare/mathEqual.ts';
import type { MathGrade } from '../judges/maths/graders/gradeMath.ts';
import { benchmarkPreset } from './benchmarkPreset.ts';
import { evaluate } from './evaluate.ts';
import { majorityAtK } from './majorityAtK.ts';
import { majorityVote } from './majorityVote.ts';
import { gPassAtK, passAtK } from './passAtK.ts';
import { readBenchmark } from './readBenchmark.ts';

/** The right answer first, then wrong ones; the last sample is as long as allowed and says nothing. */
const policy: Policy = {
  generate: async (prompts, { numGenerations = 1, maxTokens }) =>
    prompts.flatMap((prompt) =>
      Array.from({ length: numGenerations }, (_, i) => {
        const sum = eval2(prompt.at(-1)!.text);
        const text = i === numGenerations - 1 ? '<think>' : `So \\boxed{${i < 2 ? sum : sum + i}}.`;
        return {
          speaker: 'assistant' as const,
          kind: 'policy' as const,
          turn: 0,
          text,
          tokens: { ids: Array(i === numGenerations - 1 ? maxTokens : 3).fill(0) },
        };
      }),
    ),
};
const eval2 = (text: string): number => {
  const [a, b] = /(\d+) \+ (\d+)\?/.exec(text)!.slice(1).map(Number);
  return a! + b!;
};

const benchmark = readBenchmark(
  '{"question": "1 + 1?", "answer": "1 and 1 #### 2"}\n{"problem": "2 + 3?", "answer": 5, "unique_id": "five"}\n',
  { name: 'sums' },
);

test('evaluate reports avg, pass, maj and g-pass with intervals, truncation and parse failures', async () => {
  const result = await evaluate(policy, benchmark, { n: 4, k: [1, 4], maxTokens: 8, seed: 1 });
  expect(result.metrics['avg@4']).toEqual({ mean: 0.5, low: 0.5, high: 0.5 });
  expect(result.metrics['pass@1']?.mean).toBeCloseTo(0.5);
  expect(result.metrics['pass@4']?.mean).toBe(1);
  expect(result.metrics['maj@4']?.mean).toBe(1);
  expect(result.metrics['g-pass@4/0.5']?.mean).toBeCloseTo(1);
  expect(result.metrics['g-pass@4/1']?.mean).toBe(0);
  expect(result).toMatchObject({ truncated: 0.25, unparsed: 0.25 });
  expect(result.problems[1]).toEqual({
    id: 'five',
    correct: [true, true, false, false],
    answers: ['5', '5', '7', null],
  });
});

test('pass@k and g-pass@k agree with counting', () => {
  // all choices of 2 out of 4 samples of which 2 are right: 1 both right, 4 one, 1 none
  expect(passAtK(4, 2, 2)).toBeCloseTo(5 / 6);
  expect(gPassAtK(4, 2, 2, 0)).toBeCloseTo(5 / 6);
  expect(gPassAtK(4, 2, 2, 0.5)).toBeCloseTo(5 / 6);
  expect(gPassAtK(4, 2, 2, 1)).toBeCloseTo(1 / 6);
});

test('a majority joins equal answers and shares ties', () => {
  const random = createRandom(0);
  expect(
    majorityAtK(
      { answers: ['1/2', '0.5', '3', null], correct: [false, false, true, false] },
      4,
      random,
    ),
  ).toBe(0);
  expect(majorityAtK({ answers: ['1/2', '3'], correct: [false, true] }, 2, random)).toBe(0.5);
  expect(
    majorityAtK({ answers: ['3', '3', '4'], correct: [true, true, false] }, 1, random),
  ).toBeCloseTo(2 / 3, 12);
});

test('maj@k equals the count over every choice', () => {
  const answers = ['5', '5', '7', '7', '5.0', null, '9'];
  const correct = [true, true, false, false, true, false, false];
  for (let k = 1; k <= 7; k++) {
    let [total, choices] = [0, 0];
    for (let chosen = 0; chosen < 2 ** 7; chosen++) {
      const at = [...answers.keys()].filter((i) => chosen & (1 << i));
      if (at.length !== k) continue;
      const votes = ['5', '7', '9'].map(
        (said) => at.filter((i) => Number(answers[i] ?? -1) === Number(said)).length,
      );
      const most = Math.max(...votes);
      if (most > 0 && votes[0] === most) total += 1 / votes.filter((n) => n === most).length;
      choices += 1;
    }
    expect(majorityAtK({ answers, correct }, k, createRandom(0))).toBeCloseTo(total / choices, 12);
  }
});

test('maj@k of many samples is an estimate that repeats', () => {
  const answers = Array.from({ length: 40 }, (_, i) => (i < 24 ? '1' : `${i}`));
  const correct = answers.map((answer) => answer === '1');
  const [a, b] = [1, 1].map((seed) => majorityAtK({ answers, correct }, 9, createRandom(seed)));
  expect(a).toBe(b);
  expect(a).toBeGreaterThan(0.95);
});

test('truncation is unknown where the policy attaches no tokens', async () => {
  const silent: Policy = {
    generate: async (prompts) =>
      prompts.map(() => ({ speaker: 'assistant', kind: 'policy', turn: 0, text: '\\boxed{2}' })),
  };
  const result = await evaluate(silent, benchmark, {
    ...benchmarkPreset('open-r1'),
    maxTokens: 8,
    seed: 1,
  });
  expect(result).toMatchObject({ truncated: null, unparsed: 0 });
  expect(result.metrics['pass@1']?.mean).toBe(0.5);
});

test('throws for a k beyond n and a policy that says too little', async () => {
  await expect(
    evaluate(policy, benchmark, { n: 2, k: [3], maxTokens: 8, seed: 1 }),
  ).rejects.toThrowErrorMatchingInlineSnapshot(
    `[EfEnvError: evaluate: k must be a list of integers in 1 .. n, got [3] with n = 2.]`,
  );
  await expect(
    evaluate({ generate: async () => [] }, benchmark, { maxTokens: 8, seed: 1 }),
  ).rejects.toThrow(/asked for 2 \* 1 completions/);
});

describe('run-on text', () => {
  const SAID =
    '9 + 9 = 18\n#### 18\n\nQuestion: Tom has 3 apples and buys 4.\nAnswer: 3 + 4 = 7\n#### 7';
  const gsm8k = benchmarkPreset('lighteval/gsm8k');
  const sum = readBenchmark([{ question: '9 + 9?', answer: '18' }], { name: 'sum' });
  const says = (text: string, ids?: number[]): Policy & { asked: unknown[] } => {
    const asked: unknown[] = [];
    return {
      asked,
      generate: async (prompts, { stop }) => {
        asked.push(stop);
        const tokens = ids && { ids };
        return prompts.map(() => ({
          speaker: 'assistant',
          kind: 'policy',
          turn: 0,
          text,
          ...(tokens && { tokens }),
        }));
      },
    };
  };

  test("the preset has lighteval's stop text and size, and grades what stands before it", () => {
    expect(gsm8k).toMatchObject({ stop: ['Question:'], maxTokens: 256 });
    expect(benchmarkPreset('open-r1')).toMatchObject({ maxTokens: 4096 });
    expect(benchmarkPreset('open-r1')).not.toHaveProperty('stop');
    expect(gsm8k.grade('18', SAID)).toMatchObject({ correct: true });
    expect(gsm8k.grade('7', SAID)).toMatchObject({ correct: false });
    expect(gsm8k.grade('18', `<think>Question: what?</think>${SAID}`)).toMatchObject({
      correct: true,
    });
  });

  test('the policy is told where to stop, and cut where it does not', async () => {
    const policy = says(SAID);
    const grade = (_: string, completion: string) => ({
      correct: true,
      answer: completion,
      from: null,
    });
    const result = await evaluate(policy, sum, {
      maxTokens: 256,
      seed: 0,
      stop: ['Question:'],
      grade,
    });
    expect(policy.asked).toEqual([['Question:']]);
    expect(result.problems[0]!.answers).toEqual(['9 + 9 = 18\n#### 18\n\n']);
  });

  test('a sample that goes on after a stop is not truncated', async () => {
    const options = { maxTokens: 3, seed: 0, stop: ['Question:'] };
    expect(await evaluate(says(SAID, [1, 2, 3]), sum, options)).toMatchObject({ truncated: 0 });
    expect(await evaluate(says('18', [1, 2, 3]), sum, options)).toMatchObject({ truncated: 1 });
  });

  test.each(['Question:', [''], [5]])('throws `option` for stop = %j', async (stop) => {
    const options = { maxTokens: 3, seed: 0, stop: stop as string[] };
    await expect(evaluate(says('18'), sum, options)).rejects.toMatchObject({
      code: 'option',
      message: expect.stringMatching(
        /^evaluate: stop must be a list of texts that are not empty, got /,
      ),
    });
  });
});

describe('a grader that throws', () => {
  const sums = readBenchmark(
    [
      { problem: '1 + 1?', answer: '2' },
      { problem: '1 + 2?', answer: '3' },
    ],
    { name: 'sums' },
  );
  const policy: Policy = {
    generate: async (prompts) =>
      prompts.map(() => ({ speaker: 'assistant', kind: 'policy', turn: 0, text: '2' })),
  };
  const grade = (gold: string): MathGrade => {
    if (gold === '3') throw new RangeError('Maximum call stack size exceeded');
    return { correct: true, answer: '2', from: 'whole' };
  };

  test('spoils its sample, not the benchmark, and is named', async () => {
    const result = await evaluate(policy, sums, { maxTokens: 3, seed: 0, grade });
    expect(result.ungraded).toEqual([
      { id: 'sums-2', sample: 0, error: 'Maximum call stack size exceeded' },
    ]);
    expect(result).toMatchObject({
      unparsed: 0,
      problems: [{ correct: [true] }, { correct: [false] }],
    });
    expect(result.metrics['pass@1']?.mean).toBe(0.5);
  });

  test.each([
    ['throws on every sample', () => grade('3'), /grade threw on all 2 samples, first: Maximum/],
    ['gives no verdict', () => ({}) as MathGrade, /first: grade must return \{ correct: boolean/],
    ['is asynchronous', async () => grade('2'), /first: grade must return/],
  ])('rejects where it %s', async (_, always, message) => {
    const options = { maxTokens: 3, seed: 0, grade: always as () => MathGrade };
    await expect(evaluate(policy, sums, options)).rejects.toThrow(message);
  });
});

test.each([
  [['x > 1', '(1, \\infty)', '7', '7', '(1,\\infty)'], 0],
  [['x = 5', 'y = 5', '5', '7', '7'], 0],
  [['5\\text{ cm}', '5\\text{ m}', '5', '7', '7'], 0],
])('maj@k does not depend on the order of %j', (answers, expected) => {
  fc.assert(
    fc.property(fc.shuffledSubarray(answers, { minLength: answers.length }), (shuffled) => {
      const correct = shuffled.map((answer) => answer === '7');
      expect(majorityAtK({ answers: shuffled, correct }, 5, createRandom(0))).toBe(expected);
    }),
    { numRuns: 30 },
  );
});

test('maj@k of drawn choices does not depend on the order either', () => {
  const answers = Array.from({ length: 24 }, (_, i) => (i % 3 === 0 ? null : String(i % 5)));
  const reversed = [...answers].reverse();
  const of = (said: typeof answers) =>
    majorityAtK(
      { answers: said, correct: said.map((answer) => answer === '2') },
      8,
      createRandom(3),
    );
  expect(of(reversed)).toBe(of(answers));
});

describe('majorityVote', () => {
  test('counts spellings, or what is equal', () => {
    const said = ['0.5', '\\frac12', '1/2', '3', '3'];
    expect(majorityVote(said)).toBe('3');
    expect(majorityVote(said, { equal: mathEqual })).toBe('0.5');
    expect(
      majorityVote(['70,000', '3', '70000', '3', '70{,}000', '70000'], { equal: mathEqual }),
    ).toBe('70000');
    expect(majorityVote([null], { equal: mathEqual })).toBeNull();
    expect(majorityVote([])).toBeNull();
  });

  test('a third answer joins two votes, in any order', () => {
    const joins = (a: string, b: string) => a === '5' && b.startsWith('5 ');
    expect(majorityVote(['7', '5 cm', '7', '5 m', '5'], { equal: joins })).toBe('5 cm');
    expect(majorityVote(['5', '7', '5 m', '7', '5 cm'], { equal: joins })).toBe('5');
  });
});
