import { unlikelyTokenAdvantages } from '@molrl/mol-loss';
import type { Learner } from '../learner.ts';
import { passesOf, sumOfPasses } from '../passes.ts';
import { score } from '../score.ts';
import { episodeAdvantages, firstReward } from './episodeAdvantages.ts';
import { ownTokens } from './episodes.ts';
import { type LiveGradient, type OpenMethod, type Played, untaught } from './liveMethod.ts';
import { perToken, policyTerm, tokensOf } from './policyTerm.ts';

/** What a method with feedback must beat: `'grpo'` on the rewards alone, or a fixed negative advantage on unlikely tokens. */
export const withoutFeedback = (kind: 'grpo' | 'unlikely'): OpenMethod =>
  untaught(1, (learner, played) => plain(learner, played, kind));

async function plain(
  learner: Learner,
  played: Played,
  kind: 'grpo' | 'unlikely',
): Promise<LiveGradient> {
  const { temperature } = played;
  const advantages = episodeAdvantages(played, firstReward);
  const rows = played.episodes.map(({ attempts: [first] }, i) => ({
    sequence: ownTokens(learner, first!.prompt, first!.said), // episodes have one
    advantage: advantages[i]!,
  }));
  const total = tokensOf(rows);
  const trained = kind === 'grpo' ? rows.filter(({ advantage }) => advantage !== 0) : rows;
  let pushed = 0;
  const { gradients, metrics } = await sumOfPasses(passesOf(learner, trained), async (pass) => {
    const { logprobs, backward } = await score(learner, pass, { temperature });
    const { sequenceIds } = pass.targets;
    const ofRow = pass.items.map(({ advantage }) => advantage);
    const own = kind === 'grpo' ? perToken(ofRow, sequenceIds) : unlikelyTokenAdvantages(logprobs);
    const policy = policyTerm({ logprobs, advantages: own, sequenceIds }, { total });
    pushed += own.reduce((count, advantage) => count + Number(advantage !== 0), 0);
    return {
      gradients: backward({ logprobs: policy.gradient }),
      loss: policy.loss,
      means: [{ tokens: logprobs.length, metrics: policy.metrics }],
    };
  });
  return { gradients, metrics: { loss: 0, ...metrics, 'policy/trained_fraction': pushed / total } };
}
