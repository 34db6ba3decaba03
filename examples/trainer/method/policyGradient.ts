import {
  logprobMismatch,
  type PolicyLossCall,
  policyLoss,
  type RolloutCorrectionOptions,
  rolloutCorrection,
} from '@molrl/grpo';
import { addGradients, type Gradients, packedBatch, selectTargets } from '@molrl/qwen3';
import type { Learner, Sequence } from './learner.ts';
import { microBatches } from './microBatches.ts';
import { score } from './score.ts';

/** One episode of a batch. */
export interface Attempt {
  /** Its place among the episodes of the batch. */
  episode: number;
  sequence: Sequence;
  advantage: number;
  /** By the sampler, of each trained token. */
  rolloutLogprobs: Float32Array;
  /** By the trainer before the first update on this batch; absent in the first: the ratio is 1. */
  oldLogprobs?: Float32Array | undefined;
  /** What the loss saw of each trained token in the first pass over the batch. */
  values?: TokenValues | undefined;
}

/** Of each trained token of an episode, in order. */
export interface TokenValues {
  /** By the trainer, and by the base where the loss asks for it. */
  logprobs: Float32Array;
  refLogprobs?: Float32Array | undefined;
  losses: Float64Array;
  /** Of the step's loss, for the token's log-prob. */
  gradients: Float64Array;
}

export interface PolicyGradientOptions {
  loss: PolicyLossCall;
  /** That the attempts were sampled at: log-probs and ratios are of that distribution, as in TRL. Default 1. */
  temperature?: number | undefined;
  /** Correct for what the sampler's log-probs differ by. Default: no correction. */
  rolloutCorrection?: RolloutCorrectionOptions | undefined;
  /** Attempts per forward and backward pass: the gradient is the same, the memory is not. */
  microBatchSize: number;
}

/** The prompt of a group is computed once for all its completions. */
const PACKING = { sharePrefixes: true } as const;

/**
 * Gradient of the loss over a batch of attempts, with its metrics. The first pass over a batch leaves `oldLogprobs` in the
 * attempts, for further updates on it.
 */
export async function policyGradient(
  learner: Learner,
  attempts: readonly Attempt[],
  options: PolicyGradientOptions,
): Promise<{ gradients: Gradients | undefined; metrics: Record<string, number> }> {
  let gradients: Gradients | undefined;
  const parts: { tokens: number; metrics: Record<string, number> }[] = [];
  const limits = { items: options.microBatchSize, tokens: learner.tokensPerPass, ...PACKING };
  for (const part of microBatches(attempts, limits, ({ sequence }) => sequence)) {
    const own = await microBatch(learner, part, options);
    gradients = addGradients(gradients, own.gradients);
    parts.push(own);
  }
  return { gradients, metrics: joined(parts) };
}

/** Leaves `oldLogprobs` in the attempts before the first of several updates that see a part of them each. */
export async function rememberOldLogprobs(
  learner: Learner,
  attempts: readonly Attempt[],
  { microBatchSize, temperature }: Pick<PolicyGradientOptions, 'microBatchSize' | 'temperature'>,
): Promise<void> {
  const limits = { items: microBatchSize, tokens: learner.tokensPerPass, ...PACKING };
  for (const part of microBatches(attempts, limits, ({ sequence }) => sequence)) {
    const sequences = part.map(({ sequence }) => sequence);
    const batch = packedBatch(sequences, PACKING);
    const targets = selectTargets(batch, sequences);
    const scored = await score(learner, { batch, sequences, targets }, { temperature });
    scored.dispose();
    let at = 0;
    for (const attempt of part) {
      const end = at + attempt.rolloutLogprobs.length;
      attempt.oldLogprobs = scored.logprobs.slice(at, end);
      at = end;
    }
  }
}

async function microBatch(
  learner: Learner,
  attempts: readonly Attempt[],
  { loss: call, temperature, rolloutCorrection: correction }: PolicyGradientOptions,
) {
  const sequences = attempts.map(({ sequence }) => sequence);
  const batch = packedBatch(sequences, PACKING);
  const targets = selectTargets(batch, sequences);
  const { sequenceIds } = targets;
  const scored = await score(
    learner,
    { batch, targets, sequences },
    {
      temperature,
      ...('beta' in call && call.beta ? { ref: learner.ref } : {}),
      ...(call.entropyCoef || call.topEntropyQuantile ? { entropy: true } : {}),
    },
  );
  const { logprobs, entropies, refLogprobs } = scored;
  // The targets are the sampled tokens, so those of all completions in order.
  const rolloutLogprobs = together(attempts.map((attempt) => attempt.rolloutLogprobs));
  const known = attempts.flatMap(({ oldLogprobs }) => (oldLogprobs ? [oldLogprobs] : []));
  const oldLogprobs = known.length === attempts.length ? together(known) : undefined;
  const corrected =
    correction &&
    rolloutCorrection(
      { oldLogprobs: oldLogprobs ?? logprobs, rolloutLogprobs, sequenceIds },
      correction,
    );
  const { loss, gradient, perTokenLoss, entropyGradient, metrics } = policyLoss(
    {
      logprobs,
      oldLogprobs,
      refLogprobs,
      entropies,
      advantages: attempts.map(({ advantage }) => advantage),
      importanceWeights: corrected?.weights,
      sequenceIds,
    },
    call,
  );
  if (attempts.some(({ values }) => !values))
    remember(attempts, { logprobs, refLogprobs, losses: perTokenLoss, gradients: gradient });
  return {
    gradients: scored.backward({ logprobs: gradient, entropies: entropyGradient }),
    tokens: logprobs.length,
    metrics: {
      loss,
      ...metrics,
      ...corrected?.metrics,
      ...(oldLogprobs ? {} : logprobMismatch(logprobs, rolloutLogprobs)),
    },
  };
}

function remember(attempts: readonly Attempt[], all: TokenValues): void {
  let at = 0;
  for (const attempt of attempts) {
    const end = at + attempt.rolloutLogprobs.length;
    attempt.values = {
      logprobs: all.logprobs.slice(at, end),
      refLogprobs: all.refLogprobs?.slice(at, end),
      losses: all.losses.slice(at, end),
      gradients: all.gradients.slice(at, end),
    };
    attempt.oldLogprobs ??= attempt.values.logprobs;
    at = end;
  }
}

function together(arrays: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}

/** Losses add up to the step's, extremes stay extremes, the rest are means over tokens. */
function joined(
  parts: readonly { tokens: number; metrics: Record<string, number> }[],
): Record<string, number> {
  const [only] = parts;
  if (parts.length === 1 && only) return only.metrics;
  const all = parts.reduce((sum, { tokens }) => sum + tokens, 0);
  const result: Record<string, number> = {};
  for (const { tokens, metrics } of parts) {
    for (const [name, value] of Object.entries(metrics)) {
      const before = result[name];
      if (name === 'loss') result[name] = (before ?? 0) + value;
      else if (name.endsWith('/max')) result[name] = Math.max(before ?? value, value);
      else if (name.endsWith('/min')) result[name] = Math.min(before ?? value, value);
      else result[name] = (before ?? 0) + (value * tokens) / all;
    }
  }
  return result;
}
