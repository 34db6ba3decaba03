import {
  logprobMismatch,
  type PolicyLossCall,
  policyLoss,
  type RolloutCorrectionOptions,
  rolloutCorrection,
} from '@molrl/grpo';
import type { Gradients } from '@molrl/qwen3';
import type { Learner, Sequence } from './learner.ts';
import { type Pass, type PassGradient, passesOf, sumOfPasses } from './passes.ts';
import { score, scoreOnly } from './score.ts';

/** One episode of a batch. */
export interface Attempt {
  /** Its place among the episodes of the batch. */
  episode: number;
  sequence: Sequence;
  advantage: number;
  /** By the sampler, of each trained token. */
  rolloutLogprobs: Float32Array;
  /** Of the distribution it drew from, which a correction is for. Default: those. */
  behaviorLogprobs?: Float32Array | undefined;
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

/**
 * Gradient of the loss over a batch of attempts, with its metrics. The first pass over a batch leaves `oldLogprobs` in the
 * attempts, for further updates on it.
 */
export async function policyGradient(
  learner: Learner,
  attempts: readonly Attempt[],
  options: PolicyGradientOptions,
): Promise<{ gradients: Gradients | undefined; metrics: Record<string, number> }> {
  const passes = passesOf(learner, attempts, options.microBatchSize);
  return sumOfPasses(passes, (pass) => microBatch(learner, pass, options));
}

/** Leaves `oldLogprobs` in the attempts before the first of several updates that see a part of them each. */
export async function rememberOldLogprobs(
  learner: Learner,
  attempts: readonly Attempt[],
  { microBatchSize, temperature }: Pick<PolicyGradientOptions, 'microBatchSize' | 'temperature'>,
): Promise<void> {
  for (const pass of passesOf(learner, attempts, microBatchSize)) {
    const logprobs = await scoreOnly(learner, pass, { of: 'model', temperature });
    eachAttempt(pass.items, (attempt, own) => {
      attempt.oldLogprobs = logprobs.slice(own.start, own.end);
    });
  }
}

/** The tokens of each attempt among those of its pass. */
function eachAttempt(
  attempts: readonly Attempt[],
  use: (attempt: Attempt, own: { start: number; end: number }) => void,
): void {
  let start = 0;
  for (const attempt of attempts) {
    const end = start + attempt.rolloutLogprobs.length;
    use(attempt, { start, end });
    start = end;
  }
}

async function microBatch(
  learner: Learner,
  pass: Pass<Attempt>,
  { loss: call, temperature, rolloutCorrection: correction }: PolicyGradientOptions,
): Promise<PassGradient> {
  const { items: attempts, targets } = pass;
  const { sequenceIds } = targets;
  const scored = await score(learner, pass, {
    temperature,
    ...('beta' in call && call.beta ? { ref: learner.ref } : {}),
    ...(call.entropyCoef || call.topEntropyQuantile ? { entropy: true } : {}),
  });
  const { logprobs, entropies, refLogprobs } = scored;
  // The targets are the sampled tokens, so those of all completions in order.
  const rolloutLogprobs = together(attempts.map((attempt) => attempt.rolloutLogprobs));
  const known = attempts.flatMap(({ oldLogprobs }) => (oldLogprobs ? [oldLogprobs] : []));
  const oldLogprobs = known.length === attempts.length ? together(known) : undefined;
  const drawn = together(
    attempts.map((attempt) => attempt.behaviorLogprobs ?? attempt.rolloutLogprobs),
  );
  const corrected =
    correction &&
    rolloutCorrection(
      { oldLogprobs: oldLogprobs ?? logprobs, rolloutLogprobs: drawn, sequenceIds },
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
    loss,
    means: [
      {
        tokens: logprobs.length,
        metrics: {
          ...metrics,
          ...corrected?.metrics,
          ...(oldLogprobs ? {} : logprobMismatch(logprobs, rolloutLogprobs)),
        },
      },
    ],
  };
}

function remember(attempts: readonly Attempt[], all: TokenValues): void {
  eachAttempt(attempts, (attempt, { start, end }) => {
    attempt.values = {
      logprobs: all.logprobs.slice(start, end),
      refLogprobs: all.refLogprobs?.slice(start, end),
      losses: all.losses.slice(start, end),
      gradients: all.gradients.slice(start, end),
    };
    attempt.oldLogprobs ??= attempt.values.logprobs;
  });
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
