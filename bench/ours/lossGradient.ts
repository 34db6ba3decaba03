import { type PolicyLossCall, policyLoss } from '@molrl/grpo';
import { molLoss } from '@molrl/mol-loss';
import { uniform } from './benchModel.ts';

const CALLS: Record<string, PolicyLossCall> = {
  dapo: { lossType: 'dapo' },
  'dapo+kl': { lossType: 'dapo', beta: 0.04 },
  grpo: { lossType: 'grpo' },
  dr_grpo: { lossType: 'dr_grpo', maxCompletionLength: 1024 },
  gspo: { lossType: 'gspo' },
  cispo: { lossType: 'cispo', epsilonHigh: 5 },
};

interface LossSpec {
  /** A name in `CALLS`, or `mol`; after `@` the layout: target-aligned. */
  loss: string;
  rows: number;
  length: number;
}

/** A loss and its gradient on random per-token values of `rows` x `length` tokens. */
export function lossGradient(spec: LossSpec): () => Promise<void> {
  const [loss = '', layout] = spec.loss.split('@');
  const run = loss === 'mol' ? molOf(spec) : policyOf(spec, CALLS[loss]!, layout === 'aligned'); // cases.ts has these names
  return async () => void run();
}

/** A tenth of the tokens is masked; target-aligned data leaves them out. */
function policyOf({ rows, length }: LossSpec, call: PolicyLossCall, aligned: boolean): () => void {
  const next = uniform(1);
  const size = rows * length;
  const logprobs = Float32Array.from({ length: size }, () => -3 * next());
  const near = () => logprobs.map((x) => Math.min(-1e-3, x + 0.7 * (next() - 0.5)));
  const tokens = { logprobs, oldLogprobs: near(), refLogprobs: near() };
  const completionMask = Uint8Array.from({ length: size }, () => (next() < 0.9 ? 1 : 0));
  const advantages = Float32Array.from({ length: rows }, () => 2 * next() - 1);
  if (!aligned) {
    const grid = { ...tokens, advantages, completionMask, sequenceLength: length };
    return () => policyLoss(grid, call);
  }
  const trained = (values: Float32Array) => values.filter((_, i) => completionMask[i] === 1);
  const data = {
    logprobs: trained(tokens.logprobs),
    oldLogprobs: trained(tokens.oldLogprobs),
    refLogprobs: trained(tokens.refLogprobs),
    advantages,
    sequenceIds: trained(Float32Array.from({ length: size }, (_, i) => Math.floor(i / length))),
  };
  return () => policyLoss(data, call);
}

/** Turns of 32 tokens: nothing, the environment, the assistant or general text. */
function molOf({ rows, length }: LossSpec): () => void {
  const next = uniform(1);
  const size = rows * length;
  const turns = Uint8Array.from({ length: size / 32 }, () => Math.floor(4 * next()));
  const data = {
    logprobs: Float32Array.from({ length: size }, () => -3 * next()),
    kl: Float32Array.from({ length: size }, next),
    roles: Uint8Array.from({ length: size }, (_, i) => turns[Math.floor(i / 32)]!),
    sequenceLength: length,
  };
  return () => molLoss(data, { alpha: 0.1 });
}
