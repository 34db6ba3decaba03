import { adamw, adamw8bit, muon, type Optimizer } from '@molrl/tensor-gpu';
import type { Variable } from '@tensorflow/tfjs-core';

/** Which optimizer, and its numbers. */
export interface OptimizerChoice {
  /** Default `'adamw'`. */
  optim?: 'adamw' | 'muon' | 'adamw_8bit' | undefined;
  learningRate: number;
  /** Of AdamW. Default `[0.9, 0.98]`. */
  betas?: readonly [number, number] | undefined;
  /** Decoupled decay of matrices; norms and biases have none. Default 0. */
  weightDecay?: number | undefined;
}

/** What Hugging Face leaves out of the weight decay. */
const decays = (name: string): boolean => !/norm|bias/i.test(name);

/** Muon is for the matrices inside. */
const isHiddenMatrix = (name: string, { rank }: Variable): boolean =>
  rank === 2 && !/embed_tokens|lm_head/.test(name);

export function createOptimizer(
  parameters: Record<string, Variable>,
  { optim = 'adamw', learningRate, betas = [0.9, 0.98], weightDecay = 0 }: OptimizerChoice,
): Optimizer {
  const shared = { learningRate, weightDecay, decays };
  if (optim === 'adamw_8bit') return adamw8bit(parameters, { ...shared, betas });
  if (optim === 'adamw') return adamw(parameters, { ...shared, betas });
  return muon(parameters, {
    ...{ ...shared, adamw: { betas }, matrices: isHiddenMatrix },
    adjustLearningRate: 'match_rms_adamw', // the learning rates of AdamW fit
  });
}
