import { MolLossError } from '../base/errors.ts';
import { assertList, readFields } from '../base/readFields.ts';
import { rowAt } from '../base/rowAt.ts';
import { type DistillationResult, summary } from './distillationLoss.ts';
import { DISTILLATION_FIELDS, type DistillationOptions, readTerm } from './distillationOptions.ts';
import {
  type DistillationTokens,
  distillationWeights,
  TOKEN_FIELDS,
} from './distillationWeights.ts';
import { supportTerm } from './supportTerm.ts';

/** Log-probs of the compared tokens. */
export interface DistillationLogprobData extends DistillationTokens {
  /** `[N * K]`, of each position's support, over the whole vocabulary. K: the vocabulary, the top k, or 1. */
  studentLogprobs: ArrayLike<number>;
  /** `[N * K]`, the teacher's, of the same tokens. */
  teacherLogprobs: ArrayLike<number>;
}

export interface DistillationLogprobResult extends Omit<DistillationResult, 'divergenceGradient'> {
  /** `[N * K]`, d loss / d studentLogprobs, each a free variable as for autograd. */
  gradient: Float64Array;
  /** `[N]`, divergence of each token that takes part; 0 elsewhere. */
  terms: Float64Array;
}

/**
 * Distillation from log-probs of a support: the whole vocabulary, the top k of the student or the teacher, or the token
 * that was sampled.
 *
 *     reverse  sum_k s (log s - log t)       forward  sum_k t (log t - log s)       sampled  sg(log s - log t) log s
 *     jsd      (1 - b) sum_k s (log s - log m) + b sum_k t (log t - log m),   m = (1 - b) s + b t
 *
 * @throws {MolLossError} as `distillationLoss`.
 *
 * @example
 * const data = { sequenceIds: [0], hasTeacher: [1], studentLogprobs: [-1], teacherLogprobs: [-3] };
 * const { gradient } = distillationLossFromLogprobs(data, { support: 'sampled' });
 * gradient; // Float64Array [2]
 */
export function distillationLossFromLogprobs(
  data: DistillationLogprobData,
  options: DistillationOptions,
): DistillationLogprobResult {
  const where = 'distillationLossFromLogprobs';
  const given = readFields(where, options, { known: DISTILLATION_FIELDS });
  const divergence = readTerm(where, given);
  const fields = { ...TOKEN_FIELDS, studentLogprobs: true, teacherLogprobs: true } as const;
  const tokens = readFields(where, data, { what: 'field', known: fields });
  const weighted = distillationWeights(where, tokens, given);
  const { weights } = weighted;
  const width = supportWidth(where, tokens, weights.length);
  if (divergence.support === 'sampled' && width !== 1 && weights.length > 0) {
    throw new MolLossError(
      'shape',
      `${where}: support 'sampled' has one token a position, got ${width}.`,
    );
  }
  const terms = new Float64Array(weights.length);
  const gradient = new Float64Array(tokens.studentLogprobs.length);
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue;
    const student = rowAt(tokens.studentLogprobs, i, width);
    const teacher = rowAt(tokens.teacherLogprobs, i, width);
    const term = supportTerm(student, teacher, divergence);
    terms[i] = term.value;
    for (let k = 0; k < width; k++) gradient[i * width + k] = weights[i]! * term.gradient[k]!;
  }
  return { ...summary(where, terms, { ...weighted, tokens }), gradient, terms };
}

/** K, after checks of shapes. */
function supportWidth(where: string, data: DistillationLogprobData, tokens: number): number {
  const { studentLogprobs, teacherLogprobs } = data;
  assertList(where, 'studentLogprobs', studentLogprobs);
  assertList(where, 'teacherLogprobs', teacherLogprobs);
  const width = studentLogprobs.length / Math.max(1, tokens);
  if (Number.isInteger(width) && teacherLogprobs.length === studentLogprobs.length) return width;
  throw new MolLossError(
    'shape',
    `${where}: ${tokens} tokens need N*K studentLogprobs (${studentLogprobs.length}) and as many teacherLogprobs (${teacherLogprobs.length}).`,
  );
}
