import { rltfSelfDistillationLoss } from '@molrl/mol-loss';
import { packedBatch, scoreTargets, selectTargets } from '@molrl/qwen3';
import type { Learner, Sequence } from '../learner.ts';
import { ownTokens } from './episodes.ts';
import { type LiveGradient, type OpenMethod, type Played, untaught } from './liveMethod.ts';
import { policyTerm } from './policyTerm.ts';
import { turnAdvantages } from './turnAdvantages.ts';

/**
 * RLTF-SD: two-turn GRPO, and the second attempt trained under the first prompt.
 *
 *     L = L_RL - 0.1 sum (r1 - mean of r0) log pi(y1 | x0)        both over the tokens of the policy loss
 */
export const secondAttempt: OpenMethod = (learner) =>
  untaught({ turns: 2, gradient: (played) => underFirstPrompt(learner, played) });

async function underFirstPrompt(learner: Learner, played: Played): Promise<LiveGradient> {
  const attempts = played.episodes.flatMap((episode) => episode.attempts);
  const plain = attempts.map(({ prompt, said }) => ownTokens(learner, prompt, said));
  const again = secondAttempts(learner, played);
  const sequences = [...plain, ...again.map(({ sequence }) => sequence)];
  const batch = packedBatch(sequences);
  const targets = selectTargets(batch, sequences);
  const scored = await scoreTargets(learner.model, batch, targets);
  const { logprobs } = scored;

  const split = targets.sequenceIds.findIndex((id) => id >= plain.length);
  const end = split < 0 ? logprobs.length : split; // tokens of the policy loss come first
  const advantages = turnAdvantages(played).flatMap(({ tokens, advantage }) =>
    Array(tokens).fill(advantage),
  );
  const policy = policyTerm({
    logprobs: logprobs.subarray(0, end),
    advantages,
    sequenceIds: targets.sequenceIds.subarray(0, end),
  });
  const distilled = rltfSelfDistillationLoss(
    {
      logprobs: logprobs.subarray(end),
      sequenceIds: targets.sequenceIds.subarray(end).map((id) => id - plain.length),
      advantages: again.map(({ advantage }) => advantage),
    },
    { total: end },
  );
  const gradient = Float64Array.of(...policy.gradient, ...distilled.gradient);
  const metrics = {
    ...policy.metrics,
    ...distilled.metrics,
    loss: policy.loss + distilled.loss,
    'rltf/second_attempts': again.length,
  };
  return { gradients: scored.backward({ logprobs: gradient }), metrics, warnings: [] };
}

/** Each second attempt after the first prompt, with its reward over what its group had without feedback. */
function secondAttempts(
  learner: Learner,
  { episodes }: Played,
): { sequence: Sequence; advantage: number }[] {
  return episodes.flatMap(({ attempts: [first, second], group }) => {
    if (!first || !second) return [];
    const peers = episodes.filter((other) => other.group === group);
    const baseline =
      peers.reduce((sum, { attempts }) => sum + attempts[0]!.reward, 0) / peers.length; // episodes have one
    const sequence = ownTokens(learner, first.prompt, second.said);
    return [{ sequence, advantage: second.reward - baseline }];
  });
}
