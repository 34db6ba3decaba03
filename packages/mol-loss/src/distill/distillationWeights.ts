import { assertNumber, show } from '../base/assertNumber.ts';
import { MolLossError } from '../base/errors.ts';
import { lookUp } from '../base/lookUp.ts';
import { assertList, assertPerToken, type Names } from '../base/readFields.ts';

/** Whose tokens they are, and how much each counts. */
export interface DistillationTokens {
  /** `[N]`, the row of `hasTeacher` that each token belongs to. */
  sequenceIds: ArrayLike<number>;
  /** `[rows]`, 1 where something stood in the teacher's context that the student did not see; 0: the row takes no part. */
  hasTeacher: ArrayLike<number>;
  /** `[N]`, 0 on tokens that take no part, such as the first ones of an answer. Default: all do. */
  tokenMask?: ArrayLike<number> | undefined;
  /** `[N]`, of the sampled tokens, now and when they were sampled: give both for a ratio, capped by `isClip`. */
  logprobs?: ArrayLike<number> | undefined;
  oldLogprobs?: ArrayLike<number> | undefined;
  /** `[N]`, further factors of each token's term, taken as they are. */
  importanceWeights?: ArrayLike<number> | undefined;
}

export interface DistillationWeightsOptions {
  /** Highest ratio `exp(logprobs - oldLogprobs)`; the ratio gets no gradient. Default 2 (SDPO, TRL). */
  isClip?: number | undefined;
  /** `'token'`: mean over all tokens that take part (SDPO's code, default); `'sequence'`: mean over rows of token means (TRL). */
  normalizer?: 'token' | 'sequence' | undefined;
  /** Whether rows without a teacher are in the denominator: `'left-out'` (SDPO, default) or `'counted'` (TRL). */
  inactiveRows?: 'left-out' | 'counted' | undefined;
  /** `size` of the whole batch, when this call sees a part of it: the sum of the parts' sizes. Default: this call's own. */
  total?: number | undefined;
}

export interface DistillationWeights {
  /** `[N]`, factor of each token's term in the loss; 0: it takes no part, and nothing is read there. */
  weights: Float64Array;
  /** `[N]`, the factor without the denominator: capped ratio times importance weight. */
  factors: Float64Array;
  /** What this call's sum is divided by: tokens or rows. */
  size: number;
  metrics: Record<string, number>;
  /** What is wrong with the batch in plain words, for instance a teacher that is silent in most rows. */
  warnings: string[];
}

/** Names of `DistillationTokens`. */
export const TOKEN_FIELDS: Names<DistillationTokens> = {
  sequenceIds: true,
  hasTeacher: true,
  tokenMask: true,
  logprobs: true,
  oldLogprobs: true,
  importanceWeights: true,
};

/** Names of `DistillationWeightsOptions`. */
export const WEIGHTS_FIELDS: Names<DistillationWeightsOptions> = {
  isClip: true,
  normalizer: true,
  inactiveRows: true,
  total: true,
};

/** Log ratios beyond this are one that has diverged (SDPO's code, TRL). */
const LOG_RATIO = 20;

/**
 * The factor of every token's divergence, known before the divergences are.
 *
 *     weight[i] = hasTeacher[row] * mask * min(exp(clip(log s - log old, +-20)), isClip) * importanceWeight / size
 */
export function distillationWeights(
  where: string,
  tokens: DistillationTokens,
  options: DistillationWeightsOptions,
): DistillationWeights {
  const { isClip = 2, normalizer = 'token', inactiveRows = 'left-out', total } = options;
  assertNumber(`${where}: isClip`, isClip, { above: 0 });
  const byRow = lookUp(
    `${where}: unknown normalizer`,
    { token: false, sequence: true },
    normalizer,
  );
  const counted = lookUp(
    `${where}: unknown inactiveRows`,
    { 'left-out': false, counted: true },
    inactiveRows,
  );
  if (total !== undefined) assertNumber(`${where}: total`, total, { above: 0 });
  const rows = readRows(where, tokens);
  const { factors, capped } = tokenFactors(where, tokens, isClip);
  const { sequenceIds, hasTeacher, tokenMask } = tokens;

  const lengths = new Float64Array(hasTeacher.length); // tokens of each row that the mask keeps
  const kept = (i: number): boolean => tokenMask === undefined || tokenMask[i] !== 0;
  for (let i = 0; i < rows; i++) if (kept(i)) lengths[sequenceIds[i]!]! += 1;
  const taking = Array.from(
    lengths,
    (length, row) => (hasTeacher[row] === 1 || counted) && length > 0,
  );
  const sizes = lengths.map((length, row) => Number(taking[row]) * (byRow ? 1 : length));
  const size = sizes.reduce((sum, own) => sum + own, 0);

  const weights = new Float64Array(rows);
  const divisor = Math.max(1, total ?? size);
  for (let i = 0; i < rows; i++) {
    const row = sequenceIds[i]!;
    if (!kept(i) || hasTeacher[row] !== 1) factors[i] = 0;
    else weights[i] = factors[i]! / divisor / (byRow ? lengths[row]! : 1);
  }
  const active = Array.from(hasTeacher).filter((has) => has === 1).length;
  const metrics = {
    'self_distillation/reprompt_sample_fraction': active / Math.max(1, hasTeacher.length),
    ...(capped !== undefined && { 'self_distillation/is_clip_fraction': capped }),
  };
  return { weights, factors, size, metrics, warnings: inactive(active, hasTeacher.length) };
}

function inactive(active: number, rows: number): string[] {
  if (active * 2 > rows || rows === 0) return [];
  return [
    `The teacher is inactive in ${rows - active} of ${rows} rows: they had no feedback and no successful sibling. Make the tasks easier, sample more attempts a prompt, or let the environment say more.`,
  ];
}

/** N, after checks of shapes. */
function readRows(where: string, tokens: DistillationTokens): number {
  const { sequenceIds, hasTeacher } = tokens;
  assertList(where, 'sequenceIds', sequenceIds);
  assertList(where, 'hasTeacher', hasTeacher);
  for (let i = 0; i < hasTeacher.length; i++) {
    if (hasTeacher[i] === 0 || hasTeacher[i] === 1) continue;
    throw new MolLossError(
      'option',
      `${where}: hasTeacher[${i}] must be 0 or 1, got ${show(hasTeacher[i])}.`,
    );
  }
  for (let i = 0; i < sequenceIds.length; i++) {
    assertNumber(`${where}: sequenceIds[${i}]`, sequenceIds[i], {
      ...{ integer: true, min: 0, max: hasTeacher.length - 1 },
    });
  }
  for (const name of ['tokenMask', 'logprobs', 'oldLogprobs', 'importanceWeights'] as const) {
    if (tokens[name] !== undefined)
      assertPerToken(where, { [name]: tokens[name] }, sequenceIds.length);
  }
  return sequenceIds.length;
}

/** Ratio and importance weight of each token, and the share of ratios that were capped. */
function tokenFactors(
  where: string,
  tokens: DistillationTokens,
  isClip: number,
): { factors: Float64Array; capped: number | undefined } {
  const { logprobs, oldLogprobs, importanceWeights, sequenceIds } = tokens;
  if ((logprobs === undefined) !== (oldLogprobs === undefined)) {
    throw new MolLossError(
      'missing',
      `${where}: a ratio needs logprobs and oldLogprobs, got ${logprobs ? 'logprobs' : 'oldLogprobs'} alone. Give both, or neither.`,
    );
  }
  const factors = Float64Array.from(sequenceIds, (_, i) => importanceWeights?.[i] ?? 1);
  if (logprobs === undefined || oldLogprobs === undefined) return { factors, capped: undefined };
  let capped = 0;
  for (let i = 0; i < factors.length; i++) {
    const log = Math.max(-LOG_RATIO, Math.min(LOG_RATIO, logprobs[i]! - oldLogprobs[i]!));
    const ratio = Math.exp(log);
    if (ratio > isClip) capped += 1;
    factors[i]! *= Math.min(ratio, isClip);
  }
  return { factors, capped: capped / Math.max(1, factors.length) };
}
