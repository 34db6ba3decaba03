import { rltfSelfDistillationLoss } from '@molrl/mol-loss';
import type { Learner, Sequence } from '../learner.ts';
import { type Pass, type PassGradient, passesOf, sumOfPasses } from '../passes.ts';
import { score } from '../score.ts';
import { firstReward } from './episodeAdvantages.ts';
import { type LiveEpisode, ownTokens } from './episodes.ts';
import {
  type LiveGradient,
  type OpenMethod,
  type Played,
  siblingsOf,
  untaught,
} from './liveMethod.ts';
import { perToken, policyTerm, tokensOf } from './policyTerm.ts';
import { turnAdvantages } from './turnAdvantages.ts';

/** An attempt under the prompt that it is trained under. */
interface AttemptRow {
  sequence: Sequence;
  advantage: number;
  /** Under the first prompt, although it was written after the feedback. */
  again: boolean;
}

/**
 * RLTF-SD: two-turn GRPO, and the second attempt trained under the first prompt.
 *
 *     L = L_RL - 0.1 sum (r1 - mean of r0) log pi(y1 | x0)        both over the tokens of the policy loss
 */
export const secondAttempt: OpenMethod = untaught(2, async (learner, played) => {
  const said = attemptRows(learner, played);
  const again = secondRows(learner, played);
  const total = tokensOf(said);
  const rows = [...said, ...again].filter(({ advantage }) => advantage !== 0);
  const { gradients, metrics } = await sumOfPasses(passesOf(learner, rows), async (pass) => {
    const { logprobs, backward } = await score(learner, pass, { temperature: played.temperature });
    const { gradient, ...own } = bothTerms(pass, logprobs, total);
    return { ...own, gradients: backward({ logprobs: gradient }) };
  });
  return {
    gradients,
    metrics: { loss: 0, ...metrics, 'rltf/second_attempts': again.length },
  } satisfies LiveGradient;
});

/** The policy loss on the attempts, which come first, and the distillation of the second ones. */
function bothTerms(
  { items, targets }: Pass<AttemptRow>,
  logprobs: Float32Array,
  total: number,
): Omit<PassGradient, 'gradients'> & { gradient: Float64Array } {
  const { sequenceIds } = targets;
  const split = sequenceIds.findIndex((id) => items[id]!.again);
  const end = split < 0 ? logprobs.length : split;
  const advantages = items.map(({ advantage }) => advantage);
  const own = sequenceIds.subarray(0, end);
  const policy = policyTerm(
    {
      logprobs: logprobs.subarray(0, end),
      advantages: perToken(advantages, own),
      sequenceIds: own,
    },
    { total },
  );
  const second = { logprobs: logprobs.subarray(end), sequenceIds: sequenceIds.subarray(end) };
  const distilled = rltfSelfDistillationLoss({ ...second, advantages }, { total });
  return {
    gradient: Float64Array.of(...policy.gradient, ...distilled.gradient),
    loss: policy.loss + distilled.loss,
    means: [
      { tokens: end, metrics: policy.metrics },
      { tokens: logprobs.length - end, metrics: distilled.metrics },
    ],
  };
}

/** Every attempt as it was made. */
function attemptRows(learner: Learner, played: Played): AttemptRow[] {
  const advantages = turnAdvantages(played);
  return played.episodes.flatMap(({ attempts }, i) =>
    attempts.map(({ prompt, said }, turn) => ({
      sequence: ownTokens(learner, prompt, said),
      advantage: advantages[i]![turn]!, // one each
      again: false,
    })),
  );
}

/** Each second attempt after the first prompt, with its reward over what its group had without feedback. */
function secondRows(learner: Learner, played: Played): AttemptRow[] {
  return played.episodes.flatMap((episode) => {
    const [first, second] = episode.attempts;
    if (!first || !second) return [];
    const sequence = ownTokens(learner, first.prompt, second.said);
    const baseline = firstMean(siblingsOf(played, episode));
    const advantage = second.reward === null ? 0 : second.reward - baseline;
    return [{ sequence, advantage, again: true }];
  });
}

function firstMean(group: readonly LiveEpisode[]): number {
  const rewards = group.flatMap((episode) => firstReward(episode) ?? []);
  return rewards.reduce((sum, reward) => sum + reward, 0) / Math.max(1, rewards.length);
}
