import type { ScoreTargetsOptions } from '@molrl/qwen3';
import { type Pass, sumOfPasses } from '../passes.ts';
import { score } from '../score.ts';
import type { TeacherContext } from './contexts.ts';
import {
  type Class,
  type LiveGradient,
  type OpenMethod,
  type Played,
  taught,
} from './liveMethod.ts';
import { perToken, policyTerm, tokensOf } from './policyTerm.ts';
import { askTeacher, type BothRow, passesOfBoth, readBoth, toldFraction } from './readBoth.ts';
import type { TeacherKind } from './teachers.ts';

/** The tokens of a pass as a rule for advantages sees them, `[N]` each. */
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
export const teacherAdvantages = (options: TeacherAdvantageOptions): OpenMethod =>
  taught(options, (both, played) => judged(both, played, options));

async function judged(
  { learner, teacher }: Class,
  played: Played,
  { context, advantages: rule }: TeacherAdvantageOptions,
): Promise<LiveGradient> {
  const { temperature, step } = played;
  const rows = readBoth(learner, played, context);
  const total = tokensOf(rows);
  const { gradients, metrics } = await sumOfPasses(passesOfBoth(learner, rows), async (pass) => {
    const asked: ScoreTargetsOptions = { temperature, ...askTeacher(pass, teacher) };
    const { logprobs, refLogprobs, backward } = await score(learner, pass, asked);
    const tokens = judgedTokens(pass, { logprobs, refLogprobs });
    const { sequenceIds } = pass.targets;
    const advantages = rule({ ...tokens, step });
    const policy = policyTerm({ logprobs, advantages, sequenceIds }, { total });
    const gap = mean(logprobs.map((logprob, i) => tokens.teacherLogprobs[i]! - logprob));
    const own = { ...policy.metrics, 'self_distillation/teacher_gap': gap };
    return {
      gradients: backward({ logprobs: policy.gradient }),
      loss: policy.loss,
      means: [{ tokens: logprobs.length, metrics: own }],
    };
  });
  return { gradients, metrics: { ...metrics, ...toldFraction(rows) } };
}

/** A pass of `passesOfBoth` has a teacher at all of its tokens or at none. */
function judgedTokens(
  { items, targets }: Pass<BothRow>,
  { logprobs, refLogprobs }: { logprobs: Float32Array; refLogprobs: Float32Array | undefined },
): Omit<JudgedTokens, 'step'> {
  const advantages = items.map(({ advantage }) => advantage);
  return {
    advantages: perToken(advantages, targets.sequenceIds),
    logprobs,
    teacherLogprobs: refLogprobs ?? logprobs,
    teacherMask: new Uint8Array(logprobs.length).fill(refLogprobs ? 1 : 0),
  };
}

const mean = (values: Float32Array): number =>
  values.reduce((sum, x) => sum + x, 0) / Math.max(1, values.length);
