import { distillationLoss } from '@molrl/mol-loss';
import { passesOf, sumOfPasses } from '../passes.ts';
import { score } from '../score.ts';
import type { TeacherContext } from './contexts.ts';
import {
  type Class,
  type LiveGradient,
  type OpenMethod,
  type Played,
  taught,
} from './liveMethod.ts';
import { tokensOf } from './policyTerm.ts';
import { askTeacher, isTold, readBoth, toldFraction } from './readBoth.ts';
import type { TeacherKind } from './teachers.ts';

export interface SelfDistillationOptions {
  /** What the teacher is told. */
  context: TeacherContext;
  /** Whose weights it has. */
  teacher: TeacherKind;
  /** Over the whole vocabulary: `'reverse'` is KL(student || teacher), `'jsd'` at 0.5. */
  divergence: 'reverse' | 'forward' | 'jsd';
  /** Denominator: the tokens with a teacher, or the rows; see `distillationLoss`. */
  normalizer: 'token' | 'sequence';
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
export const selfDistillation = (options: SelfDistillationOptions): OpenMethod =>
  taught(options, (both, played) => distil(both, played, options));

async function distil(
  { learner, teacher }: Class,
  played: Played,
  { context, divergence, normalizer }: SelfDistillationOptions,
): Promise<LiveGradient> {
  const { temperature } = played;
  const all = readBoth(learner, played, context);
  const rows = all.filter(isTold);
  const total = normalizer === 'token' ? tokensOf(rows) : rows.length;
  const { gradients, metrics } = await sumOfPasses(passesOf(learner, rows), async (pass) => {
    const asked = { ...askTeacher(pass, teacher)!, kl: divergence, temperature }; // all rows are told
    const { kl, backward } = await score(learner, pass, asked);
    const { sequenceIds } = pass.targets;
    const data = { divergences: kl, sequenceIds, hasTeacher: pass.items.map(() => 1) };
    const { loss, divergenceGradient, metrics } = distillationLoss(data, { normalizer, total });
    return {
      gradients: backward({ kl: divergenceGradient }),
      loss,
      means: [{ tokens: kl.length, metrics }],
    };
  });
  const hasTeacher = all.map((row) => Number(isTold(row)));
  const { warnings } = distillationLoss({ divergences: [], sequenceIds: [], hasTeacher }); // of the whole update
  return { gradients, metrics: { ...metrics, ...toldFraction(all) }, warnings };
}
