import { createRandom, mixSeeds } from '../base/random.ts';
import { bootstrapMean } from './intervals.ts';
import { majorityAtK } from './majorityAtK.ts';
import { gPassAtK, passAtK } from './passAtK.ts';

/** A mean over problems with the interval that holds it in 95 % of repetitions over other problems. */
export interface Estimate {
  mean: number;
  low: number;
  high: number;
}

/** The samples of a problem. */
export interface GradedProblem {
  id: string;
  correct: boolean[];
  answers: (string | null)[];
}

/** Bootstrap resamples of the problems; one set serves every metric, so that they can be compared. */
const RESAMPLES = 1000;

export interface EvaluationMetricsOptions {
  /** Samples of each problem. */
  n: number;
  /** Sizes of the draws. */
  k: readonly number[];
  /** Shares of `g-pass@k/tau`. */
  tau: readonly number[];
  /** Of the resamples and draws. */
  seed: number;
}

/** `avg@n`, `pass@k`, `maj@k` and `g-pass@k/tau` of graded problems. */
export function evaluationMetrics(
  results: readonly GradedProblem[],
  { n, k, tau, seed }: EvaluationMetricsOptions,
): Record<string, Estimate> {
  const right = results.map(({ correct }) => correct.filter(Boolean).length);
  const random = createRandom(mixSeeds(seed, 'bootstrap'));
  const resamples = Array.from({ length: RESAMPLES }, () =>
    Uint32Array.from(results, () => random.integer(results.length)),
  );
  const metrics: Record<string, Estimate> = {};
  const add = (name: string, values: number[]): void => {
    const [low, high] = bootstrapMean(values, resamples, 0.95).interval;
    metrics[name] = { mean: values.reduce((a, b) => a + b, 0) / values.length, low, high };
  };
  add(
    `avg@${n}`,
    right.map((c) => c / n),
  );
  for (const size of k) {
    const draws = createRandom(mixSeeds(seed, 'maj', size));
    add(
      `pass@${size}`,
      right.map((c) => passAtK(n, c, size)),
    );
    add(
      `maj@${size}`,
      results.map(({ answers, correct }) => majorityAtK({ answers, correct }, size, draws)),
    );
    for (const share of tau) {
      add(
        `g-pass@${size}/${share}`,
        right.map((c) => gPassAtK(n, c, size, share)),
      );
    }
  }
  return metrics;
}
