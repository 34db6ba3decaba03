import { groupAdvantages } from '@molrl/grpo';
import { echoLoss, rltfFeedbackLoss } from '@molrl/mol-loss';
import { packedBatch, scoreTargets, selectTargets } from '@molrl/qwen3';
import type { Learner } from '../learner.ts';
import { dialogueTokens } from './episodes.ts';
import { type LiveGradient, type OpenMethod, type Played, untaught } from './liveMethod.ts';
import { perToken, policyTerm } from './policyTerm.ts';
import { turnAdvantages } from './turnAdvantages.ts';

/**
 * Joint cross-entropy on observations: the policy loss on what the model said, and in the same step the likelihood of what
 * the environment answered.
 *
 * - `'echo'`: one advantage an episode, CE with a denominator of its own
 * - `'rltf-fm'`: an advantage a turn, with the later turn discounted; CE summed as the policy loss is
 */
export const observations =
  (kind: 'echo' | 'rltf-fm'): OpenMethod =>
  (learner) =>
    untaught({ turns: 2, gradient: (played) => joint(learner, played, kind) });

async function joint(
  learner: Learner,
  played: Played,
  kind: 'echo' | 'rltf-fm',
): Promise<LiveGradient> {
  const sequences = played.episodes.map((episode) => dialogueTokens(learner, episode));
  const batch = packedBatch(sequences);
  const targets = selectTargets(batch, sequences);
  const { roles, sequenceIds } = targets;
  const scored = await scoreTargets(learner.model, batch, targets);
  const { logprobs } = scored;

  const said = indices(roles, 'assistant');
  const heard = indices(roles, 'environment');
  const at = (from: ArrayLike<number>, list: readonly number[]) => list.map((i) => from[i]!);
  const ids = at(sequenceIds, said);
  const advantages =
    kind === 'echo'
      ? perToken(episodeAdvantages(played), ids)
      : turnAdvantages(played).flatMap(({ tokens, advantage }) => Array(tokens).fill(advantage));
  const policy = policyTerm({ logprobs: at(logprobs, said), advantages, sequenceIds: ids });
  const words = { logprobs: at(logprobs, heard) };
  const ce =
    kind === 'echo'
      ? echoLoss({ ...words, observationMask: heard.map(() => 1) })
      : rltfFeedbackLoss(words, { total: said.length });

  const gradient = new Float64Array(logprobs.length);
  said.forEach((i, k) => {
    gradient[i] = policy.gradient[k]!;
  });
  heard.forEach((i, k) => {
    gradient[i] = ce.gradient[k]!;
  });
  const metrics = { ...policy.metrics, ...ce.metrics, loss: policy.loss + ce.loss };
  return { gradients: scored.backward({ logprobs: gradient }), metrics, warnings: [] };
}

/** GRPO's, from the reward that the episode ended with. */
function episodeAdvantages({ episodes, numGenerations }: Played): ArrayLike<number> {
  const rewards = episodes.map(({ attempts }) => attempts.at(-1)!.reward); // episodes have one
  return groupAdvantages(rewards, { numGenerations });
}

const indices = (roles: readonly string[], wanted: string): number[] =>
  roles.flatMap((role, i) => (role === wanted ? [i] : []));
