import { groupAdvantages } from '@molrl/grpo';
import { unlikelyTokenAdvantages } from '@molrl/mol-loss';
import { packedBatch, scoreTargets, selectTargets } from '@molrl/qwen3';
import type { Learner } from '../learner.ts';
import { ownTokens } from './episodes.ts';
import { type LiveGradient, type OpenMethod, type Played, untaught } from './liveMethod.ts';
import { perToken, policyTerm } from './policyTerm.ts';

/** What a method with feedback must beat: `'grpo'` on the rewards alone, or a fixed negative advantage on unlikely tokens. */
export const withoutFeedback =
  (kind: 'grpo' | 'unlikely'): OpenMethod =>
  (learner) =>
    untaught({ turns: 1, gradient: (played) => plain(learner, played, kind) });

async function plain(
  learner: Learner,
  { episodes, numGenerations }: Played,
  kind: 'grpo' | 'unlikely',
): Promise<LiveGradient> {
  const firsts = episodes.map(({ attempts }) => attempts[0]!); // episodes have one
  const ofGroup = groupAdvantages(
    firsts.map(({ reward }) => reward),
    { numGenerations },
  );
  if (kind === 'grpo' && ofGroup.every((advantage) => advantage === 0)) {
    return { gradients: undefined, metrics: { loss: 0 }, warnings: [] };
  }
  const sequences = firsts.map(({ prompt, said }) => ownTokens(learner, prompt, said));
  const batch = packedBatch(sequences);
  const targets = selectTargets(batch, sequences);
  const { logprobs, backward } = await scoreTargets(learner.model, batch, targets);
  const { sequenceIds } = targets;
  const advantages =
    kind === 'grpo' ? perToken(ofGroup, sequenceIds) : unlikelyTokenAdvantages(logprobs);
  const { loss, gradient, metrics } = policyTerm({ logprobs, advantages, sequenceIds });
  const trained = advantages.reduce((count, advantage) => count + Number(advantage !== 0), 0);
  return {
    gradients: backward({ logprobs: gradient }),
    metrics: { ...metrics, loss, 'policy/trained_fraction': trained / logprobs.length },
    warnings: [],
  };
}
