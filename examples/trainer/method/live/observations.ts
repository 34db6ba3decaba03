import { echoLoss, rltfFeedbackLoss } from '@molrl/mol-loss';
import type { Learner } from '../learner.ts';
import { type Pass, type PassGradient, passesOf, sumOfPasses } from '../passes.ts';
import { score } from '../score.ts';
import { episodeAdvantages, lastReward } from './episodeAdvantages.ts';
import { type DialogueSequence, dialogueTokens, saidAdvantages } from './episodes.ts';
import { type LiveGradient, type OpenMethod, type Played, untaught } from './liveMethod.ts';
import { policyTerm, tokensOf } from './policyTerm.ts';
import { turnAdvantages } from './turnAdvantages.ts';

/**
 * Joint cross-entropy on observations: the policy loss on what the model said, and in the same step the likelihood of what
 * the environment answered.
 *
 * - `'echo'`: one advantage an episode, CE with a denominator of its own
 * - `'rltf-fm'`: an advantage a turn, with the later turn discounted; CE summed as the policy loss is
 */
export const observations = (kind: Kind): OpenMethod =>
  untaught(2, (learner, played) => joint(learner, played, kind));

type Kind = 'echo' | 'rltf-fm';

/** A whole episode. */
interface DialogueRow {
  sequence: DialogueSequence;
  /** Of each turn. */
  advantages: readonly number[];
}

/** Tokens of the update. */
interface Totals {
  said: number;
  heard: number;
}

async function joint(learner: Learner, played: Played, kind: Kind): Promise<LiveGradient> {
  const { temperature } = played;
  const ofTurns = kind === 'echo' ? sameInEveryTurn(played) : turnAdvantages(played);
  const rows = played.episodes.map((episode, i) => ({
    sequence: dialogueTokens(learner, episode),
    advantages: ofTurns[i]!, // one each
  }));
  const totals = { said: tokensOf(rows), heard: tokensOf(rows, 'environment') };
  const { gradients, metrics } = await sumOfPasses(passesOf(learner, rows), async (pass) => {
    const { logprobs, backward } = await score(learner, pass, { temperature });
    const { gradient, ...own } = dialogueTerms(pass, logprobs, { kind, totals });
    return { ...own, gradients: backward({ logprobs: gradient }) };
  });
  return { gradients, metrics };
}

/** GRPO's, from the reward that the episode ended with. */
function sameInEveryTurn(played: Played): number[][] {
  const advantages = episodeAdvantages(played, lastReward);
  return played.episodes.map(({ attempts }, i) => attempts.map(() => advantages[i]!));
}

/** The policy loss on what was said and the CE on what was heard. */
function dialogueTerms(
  { items, targets }: Pass<DialogueRow>,
  logprobs: Float32Array,
  { kind, totals }: { kind: Kind; totals: Totals },
): Omit<PassGradient, 'gradients'> & { gradient: Float64Array } {
  const said = indices(targets.roles, 'assistant');
  const heard = indices(targets.roles, 'environment');
  const at = (from: ArrayLike<number>, list: readonly number[]) => list.map((i) => from[i]!);
  const policy = policyTerm(
    {
      logprobs: at(logprobs, said),
      advantages: items.flatMap((row) => saidAdvantages(row.sequence, row.advantages)),
      sequenceIds: at(targets.sequenceIds, said),
    },
    { total: totals.said },
  );
  const words = { logprobs: at(logprobs, heard) };
  const ce =
    kind === 'echo'
      ? echoLoss({ ...words, observationMask: heard.map(() => 1) }, { total: totals.heard })
      : rltfFeedbackLoss(words, { total: totals.said });
  const gradient = new Float64Array(logprobs.length);
  said.forEach((i, k) => {
    gradient[i] = policy.gradient[k]!;
  });
  heard.forEach((i, k) => {
    gradient[i] = ce.gradient[k]!;
  });
  return {
    gradient,
    loss: policy.loss + ce.loss,
    means: [
      { tokens: said.length, metrics: policy.metrics },
      { tokens: heard.length, metrics: ce.metrics },
    ],
  };
}

const indices = (roles: readonly string[], wanted: string): number[] =>
  roles.flatMap((role, i) => (role === wanted ? [i] : []));
