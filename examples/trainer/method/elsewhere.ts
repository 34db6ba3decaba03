import type { ScoredTargets, ScoreTargetsOptions } from '@molrl/qwen3';
import type { Optimizer } from '@molrl/tensor-gpu';
import type { OptimizerChoice } from './createOptimizer.ts';
import type { Scored } from './scored.ts';
import type { Weights } from './weights.ts';

/** An engine elsewhere that holds the weights of a learner: it computes log-probs, gradients and steps. */
export interface Elsewhere {
  /**
   * As `scoreTargets`. `backward` leaves the gradient where it is until the next step, and gives none.
   *
   * @throws {Error} for what such an engine cannot compute: divergences over the vocabulary, entropies.
   */
  score(scored: Scored, options: ScoreTargetsOptions): Promise<ScoredTargets>;
  /** Log-probs without a way back. */
  scoreOnly(
    scored: Scored,
    options: { of: 'model' | 'base'; temperature?: number | undefined },
  ): Promise<Float32Array>;
  /** A new one, at the present weights. */
  optimizer(choice: OptimizerChoice): Optimizer;
  /** What stands for the present weights in a checkpoint of the run: where they are kept. */
  readWeights(): Promise<Weights>;
  writeWeights(weights: Weights): void;
  /** Writes the adapter as a PEFT folder. */
  fetchAdapter(folder: string): Promise<void>;
}
