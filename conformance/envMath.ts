import {
  accuracyReward,
  extractLetter,
  gradeMath,
  gsm8kAnswer,
  hendrycksEqual,
  lastBoxed,
  lastInteger,
  prm800kGrade,
  prm800kNormalize,
  splitTuple,
} from '@molrl/ef-env';
import { countedSuite } from './envSuite.ts';
import type { Golden } from './lossesSuite.ts';
import type { SuiteResult } from './suiteResult.ts';

const CHOICES = ['A', 'B', 'C', 'D'];

/** Long completions are stored as [text, repeat] parts. */
const expand = (pred: string | [string, number][]): string =>
  typeof pred === 'string' ? pred : pred.map(([text, n]) => text.repeat(n)).join('');

/** Own pairs whose truth any sound grader must find. */
export function generatedMath(golden: Golden): SuiteResult {
  return countedSuite('math/generated', 0.99, (check) => {
    for (const { id, cat, gold, pred, truth, firm } of golden.rows) {
      if (!firm) continue;
      const { correct, answer } = gradeMath(gold, expand(pred));
      check(id, correct === truth, `${cat}: ${gold} and ${answer?.slice(0, 60)} gave ${correct}`);
    }
  });
}

/** Every hostile input is answered within a second. */
export function hostileMath(golden: Golden): SuiteResult {
  return countedSuite('math/hostile-time', 1, (check) => {
    for (const { id, cat, note, gold, pred } of golden.rows) {
      if (cat !== 'hostile') continue;
      const start = performance.now();
      gradeMath(gold, expand(pred));
      const took = performance.now() - start;
      check(id, took < 1000, `${note} took ${Math.round(took)} ms`);
    }
  });
}

/** The option names of the reference and ours. */
function gradeOptions(config: Golden): Parameters<typeof gradeMath>[2] {
  const targets = config.match_types?.map((type: string) => (type === 'latex' ? 'latex' : 'plain'));
  return {
    targets,
    strict: config.strict,
    allowSetRelation: config.allow_set_relation_comp,
    ...('precision' in config && { precision: config.precision }),
  };
}

const isLetters = (c: Golden): boolean => c.config.match_types?.includes('NativeLetters') ?? false;

/** The published suites of two projects, and the letter choices of one of them. */
export function publishedPairs({ cases }: Golden): SuiteResult[] {
  const suite = (name: string, source: string): SuiteResult =>
    countedSuite(name, 0.97, (check) => {
      for (const c of cases) {
        if (c.source !== source || isLetters(c)) continue;
        const { correct, answer } = gradeMath(c.gold, c.pred, gradeOptions(c.config));
        check(c.id, correct === c.expected, `read ${answer?.slice(0, 60)}, gave ${correct}`);
      }
    });
  const letters = countedSuite('math/letters', 1, (check) => {
    for (const c of cases.filter(isLetters)) {
      const [gold, pred] = [c.gold, c.pred].map((text) =>
        extractLetter(text, { letters: CHOICES }),
      );
      check(c.id, (gold !== null && gold === pred) === c.expected, `${gold} and ${pred}`);
    }
  });
  return [suite('math/math-verify', 'math-verify'), suite('math/lighteval', 'lighteval'), letters];
}

/** Graders that reproduce one project each, and the 55 cases that are not pairs. */
export function namedGraders({ cases, other }: Golden): SuiteResult[] {
  const pairs = (
    name: string,
    source: string,
    grade: (gold: string, pred: string) => boolean,
  ): SuiteResult =>
    countedSuite(name, 1, (check) => {
      for (const { id, gold, pred, expected, source: from } of cases) {
        if (from === source) check(id, grade(gold, pred) === expected, `${gold} and ${pred}`);
      }
    });
  const extraction = countedSuite('math/extraction', 1, (check) => {
    for (const c of other) {
      const got = EXTRACT[c.kind]!(c);
      check(c.id, holds(c, got), `got ${JSON.stringify(got)}`);
    }
  });
  return [
    pairs('math/hendrycks', 'hendrycks-math', hendrycksEqual),
    pairs('math/prm800k', 'tinker-cookbook', prm800kGrade),
    extraction,
  ];
}

/** What we return for each kind of case. */
const EXTRACT: Record<string, (c: Golden) => unknown> = {
  string_extraction: ({ input, config }) => {
    const letter = extractLetter(input, { letters: config.strings ?? CHOICES });
    if (letter === null) return [];
    return [config.lowercase === false ? letter : letter.toLowerCase(), letter];
  },
  extract_boxed: ({ input }) => lastBoxed(input[0]),
  extract_gsm8k_final_answer: ({ input }) => gsm8kAnswer(input[0]),
  extract_final_int: ({ input }) => lastInteger(input[0]),
  normalize_answer: ({ input }) => prm800kNormalize(input[0]),
  split_tuple: ({ input }) => splitTuple(input[0]),
  grade_answer: ({ input }) => prm800kGrade(input[1], input[0]),
  accuracy_reward: ({ gold, pred }) => accuracyReward(gold, pred),
  reasoning_accuracy_reward: ({
    gold,
    pred,
    reasoning_delimiters: reasoningDelimiters = ['</think>'],
  }) => accuracyReward(gold, pred, { reasoningDelimiters }),
};

function holds(c: Golden, got: unknown): boolean {
  if (c.op === 'contains') return String(got).includes(c.expected);
  if (c.op === 'not_contains') return !String(got).includes(c.expected);
  if (c.op === 'throws') return got === null; // we return null where the reference throws
  return (
    JSON.stringify(got) === JSON.stringify('expected_reward' in c ? c.expected_reward : c.expected)
  );
}

/** Each answer of MATH-500 equals itself, in a box and between dollar signs. */
export function benchmarkAnswers(rows: { id: string; answer: string }[]): SuiteResult {
  return countedSuite('math/math500', 1, (check) => {
    for (const { id, answer } of rows) {
      const layouts = [`So \\boxed{${answer}}.`, `$${answer}$`];
      const ok = layouts.every((completion) => gradeMath(answer, completion).correct);
      check(id, ok, answer);
    }
  });
}
