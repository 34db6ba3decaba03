import { groupAdvantages } from '@molrl/grpo';
import { packedBatch, scoreTargets, selectTargets } from '@molrl/qwen3';
import type { Learner } from '../learner.ts';
import type { TeacherContext } from './contexts.ts';
import { ownTokens } from './episodes.ts';
import { type LiveGradient, type OpenMethod, type Played, siblingsOf } from './liveMethod.ts';
import { perToken, policyTerm } from './policyTerm.ts';
import { openTeacher, type Teacher, type TeacherKind } from './teachers.ts';

/** The tokens of an update as a rule for advantages sees them, `[N]` each. */
export interface JudgedTokens {
  /** GRPO's. */
  advantages: Float64Array;
  logprobs: ArrayLike<number>;
  /** The student's own where there is no teacher. */
  teacherLogprobs: ArrayLike<number>;
  /** 0 where there is no teacher. */
  teacherMask: Uint8Array;
  step: number;
}

export interface TeacherAdvantageOptions {
  context: TeacherContext;
  teacher: TeacherKind;
  /** What a token's advantage becomes, such as `rlsdAdvantages` of `@molrl/mol-loss`. */
  advantages(tokens: JudgedTokens): ArrayLike<number>;
}

/** A policy loss whose advantages a teacher has changed, token by token. */
export const teacherAdvantages =
  (options: TeacherAdvantageOptions): OpenMethod =>
  (learner) => {
    const teacher = openTeacher(options.teacher, learner);
    return {
      turns: 1,
      gradient: (played) => judged(learner, played, { ...options, teacher }),
      follow: teacher.follow,
      memory: teacher.memory,
      dispose: teacher.dispose,
    };
  };

async function judged(
  learner: Learner,
  played: Played,
  options: Omit<TeacherAdvantageOptions, 'teacher'> & { teacher: Teacher },
): Promise<LiveGradient> {
  const { context, teacher, advantages: rule } = options;
  const { batch, targets, refInput, hasTeacher, advantages } = readBoth(learner, played, {
    context,
    adapter: teacher.adapter,
  });
  const { logprobs, refLogprobs, backward } = await scoreTargets(learner.model, batch, targets, {
    ...{ ref: teacher.ref, refInput },
  });
  const { sequenceIds } = targets;
  const teacherMask = Uint8Array.from(sequenceIds, (id) => hasTeacher[id]!);
  const own = perToken(advantages, sequenceIds);
  const teacherLogprobs = logprobs.map((logprob, i) =>
    teacherMask[i] ? refLogprobs[i]! : logprob,
  );
  const changed = rule({
    ...{ advantages: own, logprobs, teacherLogprobs, teacherMask, step: played.step },
  });
  const policy = policyTerm({ logprobs, advantages: changed, sequenceIds });
  const gap = teacherLogprobs.reduce((sum, t, i) => sum + t - logprobs[i]!, 0) / logprobs.length;
  const metrics = {
    ...policy.metrics,
    loss: policy.loss,
    'self_distillation/reprompt_sample_fraction': mean(hasTeacher),
    'self_distillation/teacher_gap': gap,
  };
  return { gradients: backward({ logprobs: policy.gradient }), metrics, warnings: [] };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, x) => sum + x, 0) / Math.max(1, values.length);

/** First attempts as student and teacher read them; a row without a teacher is read by itself. */
export function readBoth(
  learner: Learner,
  played: Played,
  { context, adapter }: { context: TeacherContext; adapter: 'on' | 'off' },
) {
  const { episodes, numGenerations } = played;
  const firsts = episodes.map((episode) => episode.attempts[0]!); // episodes have one
  const told = episodes.map((episode) => context(episode, siblingsOf(played, episode)));
  const students = firsts.map(({ prompt, said }) => ownTokens(learner, prompt, said));
  const readers = firsts.map(({ prompt, said }, i) => ownTokens(learner, told[i] ?? prompt, said));
  const batch = packedBatch(students);
  const refBatch = packedBatch(readers);
  const rewards = firsts.map(({ reward }) => reward);
  return {
    batch,
    targets: selectTargets(batch, students),
    refInput: { batch: refBatch, targets: selectTargets(refBatch, readers), adapter },
    hasTeacher: told.map((segments) => Number(segments !== undefined)),
    advantages: groupAdvantages(rewards, { numGenerations }),
  };
}
