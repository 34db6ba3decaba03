import { EfEnvError } from '../base/errors.ts';
import { unknownName } from '../base/nearestName.ts';
import { readOptions } from '../base/readOptions.ts';
import { gradeMath, type MathGrade } from '../judges/maths/graders/gradeMath.ts';

/** Whose settings to use; the versions are those of lighteval 0.13.0 and of open-r1's `evaluate.py` at 00b5200. */
export type BenchmarkPresetName =
  | 'open-r1'
  | 'lighteval/math_500'
  | 'lighteval/aime'
  | 'lighteval/gsm8k';

export interface BenchmarkPresetOptions {
  /** The query template as the project has it, with `{prompt}` in it; needed where the query is more than the problem. */
  template?: string | undefined;
}

/** How to ask and how to grade: options of `evaluate`. */
export interface BenchmarkPreset {
  prompt: (problem: string) => string;
  /** What follows the first of `stop` in the answer is not read, whether the policy stopped there or not. */
  grade: (gold: string, completion: string) => MathGrade;
  /** Texts at which a sample ends; absent where the project has none. */
  stop?: readonly string[] | undefined;
  /** The project's generation size, tokens; absent where it leaves that to the model. */
  maxTokens?: number | undefined;
}

interface Settings {
  /** Decimals that count, as the project sets math-verify. */
  precision: number;
  stop?: readonly string[];
  maxTokens?: number;
  /** The query around the problem, or where the project keeps it with its length and 64-bit FNV-1a. */
  query: ((problem: string) => string) | { at: string; length: number; fingerprint: string };
}

/** Facts about the projects' settings; their sentences are not ours to ship. */
const PRESETS: Record<BenchmarkPresetName, Settings> = {
  // huggingface/open-r1, src/open_r1/evaluate.py: math_500, aime24, aime25
  'open-r1': { precision: 5, maxTokens: 4096, query: (problem) => problem },
  'lighteval/math_500': {
    precision: 6,
    maxTokens: 32_768,
    query: {
      at: 'MATH_QUERY_TEMPLATE in lighteval/tasks/tasks/math_500.py',
      length: 210,
      fingerprint: '4a7687de1dca21f5',
    },
  },
  'lighteval/aime': {
    precision: 6,
    query: {
      at: 'MATH_PROMPT_TEMPLATE in lighteval/tasks/tasks/aime.py',
      length: 342,
      fingerprint: '8018bf96bf4a9ccc',
    },
  },
  'lighteval/gsm8k': {
    precision: 5,
    stop: ['Question:'],
    maxTokens: 256,
    query: (problem) => `Question: ${problem}\nAnswer:`,
  },
};

/**
 * The query, the grader's settings, the stop texts and the longest sample of lighteval 0.13.0 or open-r1, so that a
 * figure can be called by their name. The grader is `gradeMath` with their number of decimals. lighteval's longer queries are not in this package: hand
 * over the template, and it is checked against the fingerprint of that version.
 *
 * Their samples: open-r1 and lighteval's math_500, aime24 and aime25 report pass@1 of one sample; aime24_avg the mean of 64;
 * aime24_gpassk draws 48 for k = 16.
 *
 * @throws {EfEnvError} `option` for an unknown name, or a template that is missing or not the one of that version.
 *
 * @example
 * benchmarkPreset('open-r1').prompt('What is 1 + 1?'); // 'What is 1 + 1?'
 * // evaluate(policy, benchmark, { ...benchmarkPreset('lighteval/aime', { template }), n: 64, k: [1], ... })
 *
 * @see https://github.com/huggingface/lighteval
 * @see https://github.com/huggingface/open-r1
 */
export function benchmarkPreset(
  name: BenchmarkPresetName,
  options: BenchmarkPresetOptions = {},
): BenchmarkPreset {
  const { template = '' } = readOptions('benchmarkPreset', options, { template: 'optional' });
  if (!Object.hasOwn(PRESETS, name)) {
    throw new EfEnvError(
      'option',
      `benchmarkPreset: ${unknownName('name', String(name), Object.keys(PRESETS))}`,
    );
  }
  const { precision, query, stop = [], maxTokens } = PRESETS[name];
  return {
    prompt: typeof query === 'function' ? query : checkedQuery(name, query, template),
    grade: (gold, completion) => gradeMath(gold, completion, { precision, stop }),
    ...(stop.length > 0 && { stop }),
    ...(maxTokens !== undefined && { maxTokens }),
  };
}

function checkedQuery(
  name: string,
  { at, length, fingerprint }: { at: string; length: number; fingerprint: string },
  template: string,
): (problem: string) => string {
  const got = fnv1a(template);
  if (got !== fingerprint) {
    throw new EfEnvError(
      'option',
      `benchmarkPreset: the template of ${name} has ${length} characters and fingerprint ${fingerprint}, got ${template.length} and ${got}. It is ${at} of lighteval 0.13.0; other queries go to evaluate as a function.`,
    );
  }
  // Python's str.format: doubled braces are single ones
  return (problem) =>
    template.replace(/\{\{|\}\}|\{prompt\}/g, (part) => (part === '{prompt}' ? problem : part[0]!));
}

/** FNV-1a, 64 bits, of the UTF-8 text, in hexadecimal. */
function fnv1a(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
}
