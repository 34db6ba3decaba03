import { checkChoice } from '../base/checkChoice.ts';
import { checkCounts } from '../base/checkCounts.ts';
import { checkSeed } from '../base/checkSeed.ts';
import { EfEnvError } from '../base/errors.ts';
import { mixSeeds } from '../base/random.ts';
import { type OptionNames, readOptions } from '../base/readOptions.ts';
import { checkPolicy } from '../episode/checkPolicy.ts';
import type { Policy } from '../episode/policy.ts';
import { checkStop, cutSegments } from '../episode/stopTexts.ts';
import { gradeMath, type MathGrade } from '../judges/maths/graders/gradeMath.ts';
import type { Segment } from '../trajectory/segment.ts';
import { type Estimate, evaluationMetrics, type GradedProblem } from './evaluationMetrics.ts';
import { gradeSamples, type UngradedSample } from './gradeSamples.ts';
import { PROMPT_PRESETS, type PromptPreset } from './promptPresets.ts';
import type { Benchmark } from './readBenchmark.ts';

export interface EvaluateOptions {
  /** Samples per problem. Default 1. */
  n?: number | undefined;
  /** Sizes for pass@k, maj@k and g-pass@k, each at most n. Default `[n]`. */
  k?: readonly number[] | undefined;
  /** Shares of right samples for g-pass@k. Default `[0.5, 1]`. */
  tau?: readonly number[] | undefined;
  /** Longest completion, in the policy's own unit (tokens). */
  maxTokens: number;
  temperature?: number | undefined;
  /** Samples and intervals are functions of it. No default: two runs would silently be the same. */
  seed: number;
  /** How to ask. Default `'boxed'`. */
  prompt?: PromptPreset | ((problem: string) => string) | undefined;
  /** Texts at which a sample ends, without them: see `stop` of `Policy`. Default: none. */
  stop?: readonly string[] | null | undefined;
  /** How to grade; one that throws spoils its sample only. Default `gradeMath`. */
  grade?: ((gold: string, completion: string) => MathGrade) | undefined;
  /** Problems per call of the policy. Default 32. */
  batch?: number | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: { done: number; total: number }) => void) | undefined;
}

export interface EvaluateResult {
  /** `avg@n`, `pass@k`, `maj@k`, `g-pass@k/tau`, each with a 95 % interval over problems. */
  metrics: Record<string, Estimate>;
  /**
   * Share of samples as long as `maxTokens`, one that ended just there included; `null` where the policy attaches no
   * tokens, which alone can tell.
   */
  truncated: number | null;
  /** Share of samples in which no answer was found. */
  unparsed: number;
  /** Samples whose grader threw, with what it threw; in `metrics` they count as wrong and have no vote. */
  ungraded: UngradedSample[];
  /** Per problem, in order. */
  problems: GradedProblem[];
}

/**
 * Asks a policy every problem n times, without feedback, and grades what it says. `maj@k` joins answers that are
 * mathematically equal, in either direction and through a third one, so that the order of samples does not matter.
 *
 * @throws {EfEnvError} `option` for an empty benchmark, a count below 1, a k that is not 1 .. n or an unknown prompt, `policy` if the policy
 * returns another number of segments than asked for or something else than texts, `task` if the grader throws on every
 * sample.
 *
 * @example
 * const policy: Policy = {
 *   generate: async (prompts) =>
 *     prompts.map(() => ({ speaker: 'assistant', kind: 'policy', turn: 0, text: '\\boxed{2}' })),
 * };
 * const sums = readBenchmark('{"problem": "1 + 1?", "answer": "2"}', { name: 'sums' });
 * const { metrics } = await evaluate(policy, sums, { maxTokens: 16, seed: 0 });
 * metrics['pass@1']; // { mean: 1, low: 1, high: 1 }
 */
export async function evaluate(
  policy: Policy,
  benchmark: Benchmark,
  options: EvaluateOptions,
): Promise<EvaluateResult> {
  const given = readOptions('evaluate', options, EVALUATE_OPTIONS);
  const {
    n = 1,
    k = [n],
    tau = [0.5, 1],
    maxTokens,
    temperature,
    seed,
    signal,
    onProgress,
  } = given;
  const { prompt = 'boxed', batch = 32, stop = [], grade = byMaths } = given;
  const problems = benchmark?.problems;
  checkOptions(policy, problems, given);
  const ask = typeof prompt === 'function' ? prompt : PROMPT_PRESETS[prompt];
  const results: EvaluateResult['problems'] = [];
  const ungraded: UngradedSample[] = [];
  let [truncated, counted, unparsed] = [0, 0, 0];

  for (let start = 0; start < problems.length; start += batch) {
    signal?.throwIfAborted();
    const part = problems.slice(start, start + batch);
    const said = await policy.generate(
      part.map(({ problem }) => [{ speaker: 'user', kind: 'prompt', turn: 0, text: ask(problem) }]),
      {
        numGenerations: n,
        maxTokens,
        temperature,
        ...(stop.length > 0 && { stop }),
        signal,
        seed: mixSeeds(seed, 'evaluate', start),
        seeds: part.flatMap(({ id }) => Array.from({ length: n }, (_, i) => mixSeeds(seed, id, i))),
      },
    );
    checkSaid(said, part.length, n);
    const cut = cutSegments(said, stop);
    part.forEach((problem, p) => {
      const samples = cut.slice(p * n, (p + 1) * n);
      const graded = gradeSamples(
        problem,
        samples.map(({ text }) => text),
        grade,
      );
      // What goes on after a stop is longer than the sample that counts
      const whole = samples.filter((sample, i) => sample === said[p * n + i]);
      const lengths = samples.flatMap(({ tokens }) => tokens?.ids.length ?? []);
      counted += lengths.length;
      truncated += whole.filter(
        ({ tokens, contextFull }) => contextFull || (tokens?.ids.length ?? 0) >= maxTokens,
      ).length;
      unparsed +=
        graded.answers.filter((answer) => answer === null).length - graded.ungraded.length;
      ungraded.push(...graded.ungraded);
      results.push({ id: problem.id, correct: graded.correct, answers: graded.answers });
    });
    onProgress?.({ done: results.length, total: problems.length });
  }
  const samples = problems.length * n;
  if (ungraded.length === samples) {
    throw new EfEnvError(
      'task',
      `evaluate: grade threw on all ${samples} samples, first: ${ungraded[0]!.error}`, // samples >= 1
    );
  }
  return {
    metrics: evaluationMetrics(results, { n, k, tau, seed }),
    truncated: counted === 0 ? null : truncated / counted,
    unparsed: unparsed / samples,
    ungraded,
    problems: results,
  };
}

const byMaths = (gold: string, completion: string): MathGrade => gradeMath(gold, completion);

const EVALUATE_OPTIONS = {
  n: 'optional',
  k: 'optional',
  tau: 'optional',
  maxTokens: 'required',
  temperature: 'optional',
  seed: 'required',
  prompt: 'optional',
  stop: 'optional',
  grade: 'optional',
  batch: 'optional',
  signal: 'optional',
  onProgress: 'optional',
} as const satisfies OptionNames<EvaluateOptions>;

function checkSaid(said: readonly Segment[], problems: number, n: number): void {
  if (said?.length !== problems * n) {
    throw new EfEnvError(
      'policy',
      `evaluate: asked for ${problems} * ${n} completions, the policy returned ${said?.length}.`,
    );
  }
  const mute = said.findIndex((segment) => typeof segment?.text !== 'string');
  if (mute < 0) return;
  const got = JSON.stringify(said[mute]);
  throw new EfEnvError('policy', `evaluate: a completion must have a text, got ${got} at ${mute}.`);
}

function checkOptions(
  policy: Policy,
  problems: Benchmark['problems'],
  options: EvaluateOptions,
): void {
  const { n = 1, k = [n], tau = [], batch = 1, maxTokens, seed, prompt = 'boxed' } = options;
  checkPolicy('evaluate', policy);
  checkCounts('evaluate', { n, batch, maxTokens });
  checkSeed('evaluate', seed);
  checkStop('evaluate', options.stop ?? []);
  if (typeof prompt !== 'function') {
    checkChoice('evaluate: prompt', prompt, Object.keys(PROMPT_PRESETS));
  }
  const within = (size: number): boolean => Number.isInteger(size) && size >= 1 && size <= n;
  if (!Array.isArray(problems) || problems.length === 0) {
    const got = problems === undefined ? 'none' : 'an empty list';
    throw new EfEnvError(
      'option',
      `evaluate: needs a benchmark with problems, got ${got}. Make one of rows with readBenchmark.`,
    );
  }
  if (!Array.isArray(k) || !k.every(within)) {
    throw new EfEnvError(
      'option',
      `evaluate: k must be a list of integers in 1 .. n, got ${JSON.stringify(k)} with n = ${n}.`,
    );
  }
  if (Array.isArray(tau) && tau.every((share) => share >= 0 && share <= 1)) return;
  throw new EfEnvError(
    'option',
    `evaluate: tau must be shares in 0 .. 1, got ${[tau].flat().join(', ')}.`,
  );
}
