import { type LanguageModel, packedBatch, type RefInput, selectTargets } from '@molrl/qwen3';
import type { Learner, Sequence } from '../learner.ts';
import { type Pass, packingFor, passesOf } from '../passes.ts';
import type { TeacherContext } from './contexts.ts';
import { episodeAdvantages, firstReward } from './episodeAdvantages.ts';
import { ownTokens } from './episodes.ts';
import { type Class, type Played, siblingsOf } from './liveMethod.ts';

/** A first attempt as the student reads it, and as a teacher does who was told about it. */
export interface BothRow {
  sequence: Sequence;
  /** Undefined: the teacher knows nothing that the student did not. */
  told: Sequence | undefined;
  /** GRPO's. */
  advantage: number;
}

/** The first attempts of all episodes, in their order. */
export function readBoth(learner: Learner, played: Played, context: TeacherContext): BothRow[] {
  const advantages = episodeAdvantages(played, firstReward);
  return played.episodes.map((episode, i) => {
    const { prompt, said } = episode.attempts[0]!; // episodes have one
    const more = context(episode, siblingsOf(played, episode));
    return {
      sequence: ownTokens(learner, prompt, said),
      told: more && ownTokens(learner, more, said),
      advantage: advantages[i]!, // one each
    };
  });
}

export const isTold = ({ told }: BothRow): boolean => told !== undefined;

/** Passes in which all rows have a teacher or none has, so that a teacher reads only what it was told about. */
export function* passesOfBoth(
  learner: Pick<Learner, 'model' | 'tokensPerPass'>,
  rows: readonly BothRow[],
): Generator<Pass<BothRow>> {
  yield* passesOf(learner, rows.filter(isTold));
  yield* passesOf(
    learner,
    rows.filter((row) => !isTold(row)),
  );
}

/** What `scoreTargets` is asked for, to have the teacher read a pass of `passesOfBoth`; nothing where there is none. */
export function askTeacher(
  { items }: Pass<BothRow>,
  { ref, adapter }: Class['teacher'],
): { ref: LanguageModel; refInput: RefInput } | undefined {
  const sequences = items.flatMap(({ told }) => told ?? []);
  if (sequences.length === 0) return undefined;
  const batch = packedBatch(sequences, packingFor(ref));
  return { ref, refInput: { batch, targets: selectTargets(batch, sequences), adapter } };
}

/** Share of rows with a teacher. */
export const toldFraction = (rows: readonly BothRow[]): Record<string, number> => ({
  'self_distillation/reprompt_sample_fraction':
    rows.filter(isTold).length / Math.max(1, rows.length),
});
