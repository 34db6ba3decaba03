import { type SdpgOptions, sdpgLoss } from '@molrl/mol-loss';
import type { ScoreTargetsOptions } from '@molrl/qwen3';
import { sumOfPasses } from '../passes.ts';
import { score, scoreOnly } from '../score.ts';
import type { TeacherContext } from './contexts.ts';
import {
  type Class,
  type LiveGradient,
  type OpenMethod,
  type Played,
  taught,
} from './liveMethod.ts';
import { perToken, policyTerm, tokensOf } from './policyTerm.ts';
import { askTeacher, passesOfBoth, readBoth, toldFraction } from './readBoth.ts';

export interface SdpgMethodOptions extends Omit<SdpgOptions, 'total'> {
  context: TeacherContext;
}

/**
 * SDPG: dual-clip GRPO, an exact KL to oneself told more, and a pull to the base.
 *
 *     L = L_GRPO + beta KL(pi(.|x) || pi(.|c, x)) + alpha / 2 (log pi - log base)^2
 */
export const sdpg = (options: SdpgMethodOptions): OpenMethod =>
  taught({ teacher: 'live' }, (both, played) => regularised(both, played, options));

async function regularised(
  { learner, teacher }: Class,
  played: Played,
  { context, ...options }: SdpgMethodOptions,
): Promise<LiveGradient> {
  const { temperature } = played;
  const rows = readBoth(learner, played, context);
  const total = tokensOf(rows);
  const { gradients, metrics } = await sumOfPasses(passesOfBoth(learner, rows), async (pass) => {
    const refLogprobs = await scoreOnly(learner, pass, { of: 'base', temperature });
    const told = askTeacher(pass, teacher);
    const asked: ScoreTargetsOptions = { temperature, ...(told && { ...told, kl: 'reverse' }) };
    const { logprobs, kl, backward } = await score(learner, pass, asked);
    const { sequenceIds } = pass.targets;
    const advantages = perToken(
      pass.items.map(({ advantage }) => advantage),
      sequenceIds,
    );
    const policy = policyTerm({ logprobs, advantages, sequenceIds }, { total, lossType: 'ppo' });
    const pulls = sdpgLoss(
      {
        ...{ logprobs, refLogprobs, advantages },
        kl: kl ?? new Float32Array(logprobs.length), // no teacher in this pass: no pull to it
      },
      { ...options, total },
    );
    const gradient = policy.gradient.map((slope, i) => slope + pulls.gradient[i]!);
    return {
      gradients: backward({ logprobs: gradient, kl: kl && pulls.klGradient }),
      loss: policy.loss + pulls.loss,
      means: [{ tokens: logprobs.length, metrics: { ...policy.metrics, ...pulls.metrics } }],
    };
  });
  return { gradients, metrics: { ...metrics, ...toldFraction(rows) } };
}
