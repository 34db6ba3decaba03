import type { Segment, Trajectory } from '@molrl/ef-env';
import type { Learner, Sequence } from '../learner.ts';

/** One attempt of an episode. */
export interface LiveAttempt {
  /** All that stood before it. */
  prompt: readonly Segment[];
  said: Segment;
  /** What the environment said of it. */
  feedback: Segment | undefined;
  /** `null` = not scored: the environment failed, or could not say. */
  reward: number | null;
}

/** An episode of the present policy, with the others at the same task. */
export interface DialogueEpisode {
  attempts: readonly LiveAttempt[];
  trajectory: Trajectory;
  /** Which task it is of. */
  group: number;
}

/** Episodes as attempts; those in which nothing was sampled (an environment that failed) are left out. */
export function readEpisodes(
  trajectories: readonly Trajectory[],
  numGenerations: number,
): DialogueEpisode[] {
  const episodes = trajectories.map((trajectory, i) => ({
    attempts: attemptsOf(trajectory),
    trajectory,
    group: Math.floor(i / numGenerations),
  }));
  return episodes.filter(({ attempts }) => attempts.length > 0);
}

/** What the policy said in an episode, turn by turn. */
export function attemptsOf(trajectory: Trajectory): LiveAttempt[] {
  const { segments } = trajectory;
  return segments.flatMap((said, i) => {
    if (said.kind !== 'policy' || !said.tokens) return [];
    const next = segments[i + 1];
    const feedback = next?.kind === 'environment' ? next : undefined;
    const isLast = segments.findLastIndex(({ kind }) => kind === 'policy') === i;
    const reward = isLast ? lastReward(trajectory, said) : (said.reward ?? 0); // it went on without one
    return [{ prompt: segments.slice(0, i), said, feedback, reward }];
  });
}

/** A rubric scores the episode, not the attempt; what failed has no score, whatever an earlier attempt had. */
function lastReward({ reward, stop }: Trajectory, said: Segment): number | null {
  if (said.reward !== undefined) return said.reward;
  return stop === 'error' || stop === 'timeout' ? null : reward;
}

/** The tokens that were sampled in `said`, after any context: a student reads the prompt, a teacher more. */
export function ownTokens(
  { render }: Pick<Learner, 'render'>,
  context: readonly Segment[],
  said: Segment,
): Sequence {
  const { ids, sampled, segments } = render([...context, said]);
  const own = context.length; // index of `said`
  const roles = Array.from(ids, (_, t) =>
    sampled[t] === 1 && segments[t] === own ? ('assistant' as const) : ('ignore' as const),
  );
  return { ids, roles };
}

/** A sequence in which each token has its turn. */
export type DialogueSequence = Sequence & { turns: Int32Array };

/** A whole episode: what the model sampled, and the words of the environment without the mark that ends its turn. */
export function dialogueTokens(
  { render }: Pick<Learner, 'render'>,
  { trajectory }: DialogueEpisode,
): DialogueSequence {
  const { ids, roles, sampled, segments, turns } = render(trajectory.segments);
  const kinds = roles.map((role, t) => {
    if (sampled[t] === 1) return 'assistant' as const;
    const isContent =
      role === 'environment' && segments[t + 1] === segments[t] && roles[t + 1] === role;
    return isContent ? ('environment' as const) : ('ignore' as const);
  });
  return { ids, roles: kinds, turns };
}

/** An episode up to what the model said last, with all that it said: later attempts stand behind earlier ones once. */
export function saidTokens(
  { render }: Pick<Learner, 'render'>,
  { attempts }: DialogueEpisode,
): DialogueSequence {
  const { prompt, said } = attempts.at(-1)!; // episodes have one
  const { ids, sampled, turns } = render([...prompt, said]);
  return { ids, turns, roles: Array.from(sampled, (own) => (own ? 'assistant' : 'ignore')) };
}

/** The advantage of its turn, at each token that the model said. */
export const saidAdvantages = (
  { roles, turns }: DialogueSequence,
  advantages: readonly number[],
): number[] => roles.flatMap((role, t) => (role === 'assistant' ? advantages[turns[t]!]! : []));
