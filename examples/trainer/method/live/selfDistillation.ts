import { type DistillationWeightsOptions, distillationLoss } from '@molrl/mol-loss';
import { packedBatch, scoreTargets, selectTargets } from '@molrl/qwen3';
import type { Learner } from '../learner.ts';
import type { TeacherContext } from './contexts.ts';
import { ownTokens } from './episodes.ts';
import { type LiveGradient, type OpenMethod, type Played, siblingsOf } from './liveMethod.ts';
import { openTeacher, type Teacher, type TeacherKind } from './teachers.ts';

export interface SelfDistillationOptions {
  /** What the teacher is told. */
  context: TeacherContext;
  /** Whose weights it has. */
  teacher: TeacherKind;
  /** Over the whole vocabulary: `'reverse'` is KL(student || teacher), `'jsd'` at 0.5. */
  divergence: 'reverse' | 'forward' | 'jsd';
  /** Mask and denominator; see `distillationLoss`. */
  weights?: DistillationWeightsOptions | undefined;
  /** Attempts per episode; only hindsight needs more than 1. Default 1. */
  turns?: number | undefined;
}

/**
 * Self-distillation: the teacher re-reads the student's own tokens, after what it was told about them.
 *
 *     L = mean over tokens with a teacher of D(pi(. | x, y<t) || pi'(. | x, c, y<t))
 *
 * One method of papers each by context, teacher and divergence: SDPO, SDFT, OPSD, feedback distillation.
 */
export const selfDistillation =
  (options: SelfDistillationOptions): OpenMethod =>
  (learner) => {
    const teacher = openTeacher(options.teacher, learner);
    return {
      turns: options.turns ?? 1,
      gradient: (played) => distil(learner, played, { ...options, teacher }),
      follow: teacher.follow,
      memory: teacher.memory,
      dispose: teacher.dispose,
    };
  };

async function distil(
  learner: Learner,
  played: Played,
  options: Omit<SelfDistillationOptions, 'teacher'> & { teacher: Teacher },
): Promise<LiveGradient> {
  const { context, teacher, divergence, weights } = options;
  const told = played.episodes.map((episode) => context(episode, siblingsOf(played, episode)));
  const hasTeacher = told.map((segments) => Number(segments !== undefined));
  // Rows without a teacher are in the mask, so that their share is told, but are not computed.
  const rows = played.episodes.flatMap((episode, row) => {
    const [first] = episode.attempts;
    const segments = told[row];
    return first && segments ? [{ first, segments, row }] : [];
  });
  if (rows.length === 0) {
    const { metrics, warnings } = distillationLoss({
      divergences: [],
      sequenceIds: [],
      hasTeacher,
    });
    return { gradients: undefined, metrics, warnings };
  }
  const students = rows.map(({ first }) => ownTokens(learner, first.prompt, first.said));
  const readers = rows.map(({ first, segments }) => ownTokens(learner, segments, first.said));
  const batch = packedBatch(students);
  const targets = selectTargets(batch, students);
  const refBatch = packedBatch(readers);
  const { kl, backward } = await scoreTargets(learner.model, batch, targets, {
    ref: teacher.ref,
    kl: divergence,
    refInput: {
      ...{ batch: refBatch, targets: selectTargets(refBatch, readers), adapter: teacher.adapter },
    },
  });
  const sequenceIds = Array.from(targets.sequenceIds, (id) => rows[id]!.row); // ids index the rows
  const result = distillationLoss({ divergences: kl, sequenceIds, hasTeacher }, weights);
  const gradients = backward({ kl: result.divergenceGradient });
  const metrics = { loss: result.loss, ...result.metrics };
  return { gradients, metrics, warnings: result.warnings };
}
