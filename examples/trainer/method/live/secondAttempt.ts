import { rltfSelfDistillationLoss } from '@molrl/mol-loss';
import type { Learner, Sequence } from '../learner.ts';
import { type Pass, type PassGradient, passesOf, sumOfPasses } from '../passes.ts';
import { score } from '../score.ts';
import { firstReward } from './episodeAdvantages.ts';
import {
  type DialogueEpisode,
  type DialogueSequence,
  ownTokens,
  saidAdvantages,
  saidTokens,
} from './episodes.ts';
import {
  type LiveGradient,
  type OpenMethod,
  type Played,
  siblingsOf,
  untaught,
} from './liveMethod.ts';
import { policyTerm, tokensOf } from './policyTerm.ts';
import { turnAdvantages } from './turnAdvantages.ts';

/** An episode with all that was said in it. */
interface SaidRow {
  sequence: DialogueSequence;
  /** Of each turn. */
  advantages: readonly number[];
}

/** A second attempt under the first prompt, although it was written after the feedback. */
interface SecondRow {
  sequence: Sequence;
  advantage: number;
}

/**
 * RLTF-SD: two-turn GRPO, and the second attempt trained under the first prompt.
 *
 *     L = L_RL - 0.1 sum (r1 - mean of r0) log pi(y1 | x0)        both over the tokens of the policy loss
 */
export const secondAttempt: OpenMethod = untaught(2, async (learner, played) => {
  const said = saidRows(learner, played);
  const again = secondRows(learner, played);
  const total = tokensOf(said);
  const rows = [
    ...said.filter(({ advantages }) => advantages.some((advantage) => advantage !== 0)),
    ...again.filter(({ advantage }) => advantage !== 0),
  ];
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

/** The policy loss on the episodes, which come first, and the distillation of the second attempts. */
function bothTerms(
  { items, targets }: Pass<SaidRow | SecondRow>,
  logprobs: Float32Array,
  total: number,
): Omit<PassGradient, 'gradients'> & { gradient: Float64Array } {
  const { sequenceIds } = targets;
  const said = items.flatMap((row) => ('advantages' in row ? [row] : []));
  const split = sequenceIds.findIndex((id) => id >= said.length);
  const end = split < 0 ? logprobs.length : split;
  const advantages = said.flatMap((row) => saidAdvantages(row.sequence, row.advantages));
  const own = { logprobs: logprobs.subarray(0, end), sequenceIds: sequenceIds.subarray(0, end) };
  const policy = policyTerm({ ...own, advantages }, { total });
  const distilled = rltfSelfDistillationLoss(
    {
      logprobs: logprobs.subarray(end),
      sequenceIds: sequenceIds.subarray(end).map((id) => id - said.length),
      advantages: items.flatMap((row) => ('advantage' in row ? row.advantage : [])),
    },
    { total },
  );
  return {
    gradient: Float64Array.of(...policy.gradient, ...distilled.gradient),
    loss: policy.loss + distilled.loss,
    means: [
      { tokens: end, metrics: policy.metrics },
      { tokens: logprobs.length - end, metrics: distilled.metrics },
    ],
  };
}

function saidRows(learner: Learner, played: Played): SaidRow[] {
  const advantages = turnAdvantages(played);
  return played.episodes.map((episode, i) => ({
    sequence: saidTokens(learner, episode),
    advantages: advantages[i]!, // one each
  }));
}

/** Each second attempt after the first prompt, with its reward over what its group had without feedback. */
function secondRows(learner: Learner, played: Played): SecondRow[] {
  return played.episodes.flatMap((episode) => {
    const [first, second] = episode.attempts;
    if (!first || !second) return [];
    const sequence = ownTokens(learner, first.prompt, second.said);
    const baseline = firstMean(siblingsOf(played, episode));
    const advantage = second.reward === null ? 0 : second.reward - baseline;
    return [{ sequence, advantage }];
  });
}

function firstMean(group: readonly DialogueEpisode[]): number {
  const rewards = group.flatMap((episode) => firstReward(episode) ?? []);
  return rewards.reduce((sum, reward) => sum + reward, 0) / Math.max(1, rewards.length);
}
