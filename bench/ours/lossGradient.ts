import { type PolicyLossCall, policyLoss } from '@molrl/grpo';

const CALLS: Record<string, PolicyLossCall> = {
  dapo: { lossType: 'dapo' },
  'dapo+kl': { lossType: 'dapo', beta: 0.04 },
  gspo: { lossType: 'gspo' },
};

/** A policy loss and its gradient on random log-probs of `rows` x `length` tokens, a tenth of them masked. */
export function lossGradient(spec: {
  loss: string;
  rows: number;
  length: number;
}): () => Promise<void> {
  const { loss, rows, length } = spec;
  const next = uniform(1);
  const size = rows * length;
  const logprobs = Float32Array.from({ length: size }, () => -3 * next());
  const near = () => logprobs.map((x) => Math.min(-1e-3, x + 0.7 * (next() - 0.5)));
  const batch = {
    logprobs,
    oldLogprobs: near(),
    refLogprobs: near(),
    completionMask: Uint8Array.from({ length: size }, () => (next() < 0.9 ? 1 : 0)),
    advantages: Float32Array.from({ length: rows }, () => 2 * next() - 1),
    sequenceLength: length,
  };
  const call = CALLS[loss]!; // cases.ts has these names
  for (let warm = 0; warm < 50; warm++) policyLoss(batch, call); // until the engine has compiled it
  return async () => void policyLoss(batch, call);
}

/** Uniform in [0, 1), the same in every run. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // Numerical Recipes' LCG
    return state / 2 ** 32;
  };
}
