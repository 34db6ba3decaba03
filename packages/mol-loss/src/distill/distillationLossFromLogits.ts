import { assertNumber } from '../base/assertNumber.ts';
import { MolLossError } from '../base/errors.ts';
import { lookUp } from '../base/lookUp.ts';
import { assertList, readFields } from '../base/readFields.ts';
import { rowAt } from '../base/rowAt.ts';
import { rowLogSoftmax } from '../divergence/rowTerms.ts';
import { type DistillationResult, summary } from './distillationLoss.ts';
import { DISTILLATION_FIELDS, type DistillationOptions, readTerm } from './distillationOptions.ts';
import {
  type DistillationTokens,
  distillationWeights,
  TOKEN_FIELDS,
} from './distillationWeights.ts';
import { logitGradient, type Support, supportTerm } from './supportTerm.ts';

/** Logits of student and teacher at the same tokens. */
export interface DistillationLogitData extends DistillationTokens {
  /** `[N * V]`. */
  studentLogits: ArrayLike<number>;
  teacherLogits: ArrayLike<number>;
  /** `[N]`, the sampled tokens. */
  targets: ArrayLike<number>;
}

export type DistillationLogitOptions = DistillationOptions & {
  /** K of `'top-k'` and `'top-k-tail'`: SDPO 100, or 20 with rich feedback; tinker's SDFT 20. */
  topK?: number | undefined;
  /** Whose largest tokens they are. Default `'student'` (SDPO, TRL); tinker's SDFT and OPSD have the teacher's. */
  topKOf?: 'student' | 'teacher' | undefined;
};

export interface DistillationLogitResult extends Omit<DistillationResult, 'divergenceGradient'> {
  /** `[N * V]`, d loss / d studentLogits. */
  gradient: Float64Array;
  terms: Float64Array;
}

/**
 * Distillation straight from logits, for small vocabularies, tests and other tensor libraries. Prefer `distillationLoss`
 * where a head gives divergences: [tokens, vocabulary] then never exists.
 *
 * @throws {MolLossError} as `distillationLoss`.
 *
 * @example
 * const { loss, gradient } = distillationLossFromLogits(
 *   { studentLogits: [0, 0], teacherLogits: [0, 1], targets: [0], sequenceIds: [0], hasTeacher: [1] },
 *   { support: 'full', divergence: 'forward' },
 * );
 * loss; // 0.1109
 * gradient; // Float64Array [0.2311, -0.2311]
 */
export function distillationLossFromLogits(
  data: DistillationLogitData,
  options: DistillationLogitOptions,
): DistillationLogitResult {
  const where = 'distillationLossFromLogits';
  const names = { ...DISTILLATION_FIELDS, topK: true, topKOf: true } as const;
  const given = readFields(where, options, { known: names });
  const divergence = readTerm(where, given);
  const { topKOf = 'student' } = given;
  const ofStudent = lookUp(`${where}: unknown topKOf`, { student: true, teacher: false }, topKOf);
  const fields = {
    ...TOKEN_FIELDS,
    studentLogits: true,
    teacherLogits: true,
    targets: true,
  } as const;
  const tokens = readFields(where, data, { what: 'field', known: fields });
  const weighted = distillationWeights(where, tokens, given);
  const { weights } = weighted;
  const width = vocabularyOf(where, tokens, weights.length);
  const topK = readTopK(where, divergence.support, { topK: given.topK, width });

  const terms = new Float64Array(weights.length);
  const gradient = new Float64Array(tokens.studentLogits.length);
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue;
    const student = rowLogSoftmax(rowAt(tokens.studentLogits, i, width), 1);
    const teacher = rowLogSoftmax(rowAt(tokens.teacherLogits, i, width), 1);
    const ids = supportIds(divergence.support, tokens.targets[i]!, {
      topK,
      of: ofStudent ? student : teacher,
    });
    const pick = (logs: Float64Array) => ids?.map((id) => logs[id]!) ?? logs;
    const term = supportTerm(pick(student), pick(teacher), divergence);
    terms[i] = term.value;
    const slopes = logitGradient(term.gradient, student, ids);
    for (let v = 0; v < width; v++) gradient[i * width + v] = weights[i]! * slopes[v]!;
  }
  return { ...summary(where, terms, { ...weighted, tokens }), gradient, terms };
}

/** The tokens compared at a position; undefined: all. */
function supportIds(
  support: Support,
  target: number,
  { topK, of }: { topK: number; of: Float64Array },
): number[] | undefined {
  if (support === 'full') return undefined;
  if (support === 'sampled') return [target];
  const order = Array.from(of.keys()).sort((a, b) => of[b]! - of[a]! || a - b);
  return order.slice(0, topK);
}

function readTopK(
  where: string,
  support: Support,
  { topK, width }: { topK: number | undefined; width: number },
): number {
  const wants = support === 'top-k' || support === 'top-k-tail';
  if (wants) assertNumber(`${where}: topK`, topK, { integer: true, min: 1, max: width });
  else if (topK !== undefined) {
    throw new MolLossError(
      'option',
      `${where}: topK is for 'top-k' and 'top-k-tail', support is '${support}'.`,
    );
  }
  return topK ?? width;
}

/** V, after checks of shapes and targets. */
function vocabularyOf(where: string, data: DistillationLogitData, tokens: number): number {
  const { studentLogits, teacherLogits, targets } = data;
  for (const name of ['studentLogits', 'teacherLogits', 'targets'] as const) {
    assertList(where, name, data[name]);
  }
  const width = studentLogits.length / Math.max(1, tokens);
  const fits = teacherLogits.length === studentLogits.length && targets.length === tokens;
  if (!Number.isInteger(width) || !fits) {
    throw new MolLossError(
      'shape',
      `${where}: ${tokens} tokens need as many targets (${targets.length}) and N*V studentLogits (${studentLogits.length}) as teacherLogits (${teacherLogits.length}).`,
    );
  }
  for (let i = 0; i < tokens; i++) {
    assertNumber(`${where}: targets[${i}]`, targets[i], { integer: true, min: 0, max: width - 1 });
  }
  return width;
}
