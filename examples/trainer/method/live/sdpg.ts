import { type SdpgOptions, sdpgLoss } from '@molrl/mol-loss';
import { scoreTargets } from '@molrl/qwen3';
import type { Learner } from '../learner.ts';
import type { TeacherContext } from './contexts.ts';
import type { LiveGradient, OpenMethod, Played } from './liveMethod.ts';
import { perToken, policyTerm } from './policyTerm.ts';
import { readBoth } from './teacherAdvantages.ts';
import { openTeacher, type Teacher } from './teachers.ts';

/**
 * SDPG: dual-clip GRPO, an exact KL to oneself told more, and a pull to the base.
 *
 *     L = L_GRPO + beta KL(pi(.|x) || pi(.|c, x)) + alpha / 2 (log pi - log base)^2
 */
export const sdpg =
  (options: SdpgOptions & { context: TeacherContext }): OpenMethod =>
  (learner) => {
    const teacher = openTeacher('live', learner);
    return {
      turns: 1,
      gradient: (played) => regularised(learner, played, { ...options, teacher }),
      follow: teacher.follow,
      memory: teacher.memory,
      dispose: teacher.dispose,
    };
  };

async function regularised(
  learner: Learner,
  played: Played,
  { context, teacher, ...options }: SdpgOptions & { context: TeacherContext; teacher: Teacher },
): Promise<LiveGradient> {
  const both = readBoth(learner, played, { context, adapter: teacher.adapter });
  const { batch, targets, refInput, hasTeacher } = both;
  const { sequenceIds } = targets;
  const base = await scoreTargets(learner.ref, batch, targets);
  base.dispose();
  const { logprobs, kl, backward } = await scoreTargets(learner.model, batch, targets, {
    ...{ ref: teacher.ref, kl: 'reverse', refInput },
  });
  const advantages = perToken(both.advantages, sequenceIds);
  const policy = policyTerm({ logprobs, advantages, sequenceIds }, { lossType: 'ppo' });
  const teacherMask = sequenceIds.map((id) => hasTeacher[id]!); // ids index the rows
  const pulls = sdpgLoss(
    { kl, logprobs, refLogprobs: base.logprobs, advantages, teacherMask },
    options,
  );
  const gradient = policy.gradient.map((slope, i) => slope + pulls.gradient[i]!);
  const metrics = { ...policy.metrics, ...pulls.metrics, loss: policy.loss + pulls.loss };
  return {
    gradients: backward({ logprobs: gradient, kl: pulls.klGradient }),
    metrics,
    warnings: [],
  };
}
