import { completionMask, rewardToGoAdvantages } from '@molrl/grpo';
import type { Learner, Sequence } from '../learner.ts';
import { passesOf, sumOfPasses } from '../passes.ts';
import { score } from '../score.ts';
import { episodeAdvantages, firstReward } from './episodeAdvantages.ts';
import { ownTokens } from './episodes.ts';
import { type LiveGradient, type OpenMethod, type Played, untaught } from './liveMethod.ts';
import { policyTerm, tokensOf } from './policyTerm.ts';
import { spanRewards } from './spanRewards.ts';

export interface SymbolicFeedbackOptions {
  /** Weight of what the tool said of single tokens, beside the reward. */
  lambda: number;
  /** Discount per token of what a token leads to. At 0 it answers for itself alone. */
  gamma: number;
}

/** A first attempt, and an advantage for each token that was sampled in it. */
interface SpanRow {
  sequence: Sequence;
  advantages: Float64Array;
}

/**
 * RLSF-style: a symbolic tool (a compiler) marks what is wrong, and the tokens there answer for it.
 *
 *     r[t] = sum of the rewards of the spans that token t has a byte in        g[t] = sum over k >= t of gamma^(k-t) r[k]
 *     A[t] = GRPO's A + lambda (g[t] - mean of g[t] over the group's attempts that reach t)
 *
 * Without a span it is GRPO.
 */
export const symbolicFeedback = (options: SymbolicFeedbackOptions): OpenMethod =>
  untaught(1, (learner, played) => marked(learner, played, options));

async function marked(
  learner: Learner,
  played: Played,
  options: SymbolicFeedbackOptions,
): Promise<LiveGradient> {
  const { temperature } = played;
  const { rows, flagged } = spanRows(learner, played, options);
  const total = tokensOf(rows);
  const trained = rows.filter(({ advantages }) => advantages.some((advantage) => advantage !== 0));
  const { gradients, metrics } = await sumOfPasses(passesOf(learner, trained), async (pass) => {
    const { logprobs, backward } = await score(learner, pass, { temperature });
    const { sequenceIds } = pass.targets;
    const advantages = pass.items.flatMap((row) => Array.from(row.advantages));
    const policy = policyTerm({ logprobs, advantages, sequenceIds }, { total });
    return {
      gradients: backward({ logprobs: policy.gradient }),
      loss: policy.loss,
      means: [{ tokens: logprobs.length, metrics: policy.metrics }],
    };
  });
  return { gradients, metrics: { loss: 0, ...metrics, 'rlsf/flagged_fraction': flagged / total } };
}

/** Rows in the order of the episodes, and how many of their tokens a span marked. */
function spanRows(
  learner: Learner,
  played: Played,
  { lambda, gamma }: SymbolicFeedbackOptions,
): { rows: SpanRow[]; flagged: number } {
  const { episodes } = played;
  const ofEpisode = episodeAdvantages(played, firstReward);
  const firsts = episodes.map(({ attempts }) => attempts[0]!); // episodes have one
  const rewards = firsts.map(({ said }) => spanRewards(learner.tokenizer, said));
  const ids = firsts.map(({ said }) => Array.from(said.tokens?.ids ?? []));
  const { mask, sequenceLength } = completionMask(ids, { eosIds: learner.policy.eosIds });
  const tokenRewards = new Float64Array(mask.length);
  for (const [row, own] of rewards.entries()) tokenRewards.set(own, row * sequenceLength);
  const ofToken = rewardToGoAdvantages(
    { tokenRewards, completionMask: mask, sequenceLength },
    { groupIds: episodes.map(({ group }) => group), gamma },
  );
  const rows = firsts.map(({ prompt, said }, row) => {
    const start = row * sequenceLength;
    const own = ofToken.subarray(start, start + ids[row]!.length);
    return {
      sequence: ownTokens(learner, prompt, said),
      advantages: own.map((advantage) => ofEpisode[row]! + lambda * advantage),
    };
  });
  return { rows, flagged: tokenRewards.reduce((n, reward) => n + Number(reward !== 0), 0) };
}
