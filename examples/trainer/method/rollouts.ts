import type { Trajectory } from '@molrl/ef-env';
import { behaviorMismatch, completionMask } from '@molrl/grpo';
import type { SegmentTokens } from '@molrl/qwen3';
import type { Learner, Sequence } from './learner.ts';

/** The episodes of one update as the loss wants them: one entry per episode, prompt-major. */
export interface Rollouts {
  trajectories: readonly Trajectory[];
  /** All ids that the model sampled in an episode, over its turns. */
  completionIds: readonly number[][];
  /** Log-probs of those ids as the sampler reported them: among the ids that it kept, where it told those. */
  logprobs: readonly Float32Array[];
  /** Those of the distribution that was drawn from, where the sampler reported them too: filters and ids never sampled make it another. */
  behaviorLogprobs: readonly Float32Array[] | undefined;
  /** Tokens the model sampled. */
  lengths: Int32Array;
  /** 1 = cut before an end token. */
  truncated: Uint8Array;
  /** 1 = its tokens are trained; 0 = masked out as truncated, or nothing was sampled. */
  trained: Uint8Array;
}

/** Reads what was sampled out of the episodes. An episode that ended in an error may have nothing. */
export function readRollouts(
  trajectories: readonly Trajectory[],
  options: { eosIds: readonly number[]; maskTruncatedCompletions: boolean },
): Rollouts {
  const turns = trajectories.map(({ segments }) =>
    segments.flatMap(({ kind, tokens }) => (kind === 'policy' && tokens ? [tokens] : [])),
  );
  const completionIds = turns.map((sampled) => sampled.flatMap(({ ids }) => Array.from(ids)));
  const logprobs = turns.map((sampled) =>
    Float32Array.from(sampled.flatMap((tokens) => Array.from(logprobsOf(tokens) ?? []))),
  );
  const unlogged = completionIds.findIndex((ids, i) => ids.length !== logprobs[i]?.length);
  if (unlogged >= 0) {
    throw new Error(
      `grpo: episode ${unlogged} has ${completionIds[unlogged]?.length} sampled ids and ${logprobs[unlogged]?.length} log-probs. The policy must attach both to every segment (\`tokens: { ids, logprobs }\`).`,
    );
  }
  const { mask, sequenceLength, lengths, truncated } = completionMask(completionIds, options);
  return {
    ...{ trajectories, completionIds, logprobs, lengths, truncated },
    behaviorLogprobs: behaviorOf(turns, completionIds),
    trained: Uint8Array.from(lengths, (_, i) => mask[i * sequenceLength] ?? 0), // a row is trained whole or not at all
  };
}

/** Of the distribution that is learned from: among the kept ids, where those are known. */
const logprobsOf = (tokens: SegmentTokens): ArrayLike<number> | undefined =>
  tokens.samplingMask ? tokens.behaviorLogprobs : tokens.logprobs;

/** All of them, or none: half a batch has no mean. */
function behaviorOf(
  turns: readonly (readonly SegmentTokens[])[],
  completionIds: readonly number[][],
): Float32Array[] | undefined {
  const rows = turns.map((sampled) =>
    Float32Array.from(
      sampled.flatMap(({ behaviorLogprobs }) => Array.from(behaviorLogprobs ?? [])),
    ),
  );
  return rows.every(({ length }, i) => length === completionIds[i]!.length) ? rows : undefined;
}

/** How far what was drawn from is from the model's own distribution; nothing where they are the same. */
export function drawnOtherwise({
  logprobs,
  behaviorLogprobs,
}: Pick<Rollouts, 'logprobs' | 'behaviorLogprobs'>): Record<string, number> {
  const flat = (rows: readonly Float32Array[]): number[] => rows.flatMap((row) => [...row]);
  if (behaviorLogprobs === undefined) return {};
  const metrics = behaviorMismatch(flat(logprobs), flat(behaviorLogprobs));
  return metrics['sampling/behavior_logp_difference/max'] === 0 ? {} : metrics;
}

/** An episode with the tokens that the model sampled itself as targets. */
export function trainedSequence(
  { render }: Pick<Learner, 'render'>,
  episode: Trajectory,
): Sequence {
  const { ids, sampled, samplingMask } = render(episode.segments);
  const roles = Array.from(sampled, (own) => (own ? 'assistant' : 'ignore'));
  return { ids, roles, ...(samplingMask && { samplingMask }) };
}

/** Mean of -log p over the sampled tokens, nats: an estimate of the sampler's entropy, without bias. 0 without tokens. */
export function sampledEntropy({ logprobs }: Pick<Rollouts, 'logprobs'>): number {
  let [sum, count] = [0, 0];
  for (const row of logprobs) {
    for (const value of row) sum -= value;
    count += row.length;
  }
  return sum / Math.max(1, count);
}
