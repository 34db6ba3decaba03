import { assertNumber, show } from '../base/assertNumber.ts';
import { MolLossError } from '../base/errors.ts';
import { lookUp } from '../base/lookUp.ts';
import { assertList, type Names, readFields } from '../base/readFields.ts';
import {
  type DivergenceKind,
  type RowTerm,
  rowCrossEntropy,
  rowDivergence,
  rowLogSoftmax,
} from './rowTerms.ts';

export type DivergenceOptions = {
  /** Divides both logits, above 0. Default 1. */
  temperature?: number | undefined;
} & (
  | {
      /** Default `'reverse'`. */
      kind?: Exclude<DivergenceKind, 'jsd'> | undefined;
      jsdBeta?: undefined;
    }
  | {
      kind: 'jsd';
      /** Share of the base in the mixture, 0 to 1. Default 0.5. */
      jsdBeta?: number | undefined;
    }
);

const OPTIONS: Names<DivergenceOptions> = { kind: true, jsdBeta: true, temperature: true };

/** The names of `DivergenceKind`. */
export const DIVERGENCE_KINDS: Readonly<Record<DivergenceKind, true>> = {
  reverse: true,
  forward: true,
  jsd: true,
};

/**
 * log softmax of one row of logits / temperature, in float64. -Infinity stays -Infinity.
 *
 * @param logits - `[V]`.
 * @throws {MolLossError} `option` for a temperature that is not above 0, `not-finite` for NaN or infinity among the logits.
 *
 * @example
 * logSoftmax([0, 0]); // Float64Array [-0.6931, -0.6931]
 */
export function logSoftmax(logits: ArrayLike<number>, temperature: number = 1): Float64Array {
  assertNumber('logSoftmax: temperature', temperature, { above: 0 });
  assertRow('logSoftmax', 'logits', logits);
  return rowLogSoftmax(logits, temperature);
}

/**
 * Cross-entropy of one target.
 *
 *     CE = logsumexp(z) - z[target]        dCE/dz = (p - onehot(target)) / temperature
 *
 * @param logits - `[V]`, student. @param target - index of the target token.
 * @throws {MolLossError} as `logSoftmax`; `option` for a target outside the row; `unknown-name` for an option we do not have.
 *
 * @example
 * crossEntropy([0, 0], 1); // { value: 0.6931, gradient: Float64Array [0.5, -0.5] }
 */
export function crossEntropy(
  logits: ArrayLike<number>,
  target: number,
  options: { temperature?: number | undefined } = {},
): RowTerm {
  const { temperature = 1 } = readFields('crossEntropy', options ?? {}, {
    known: {
      temperature: true,
    },
  });
  assertNumber('crossEntropy: temperature', temperature, { above: 0 });
  assertRow('crossEntropy', 'logits', logits);
  assertNumber('crossEntropy: target', target, {
    integer: true,
    min: 0,
    max: logits.length - 1,
  });
  return rowCrossEntropy(logits, target, temperature);
}

/**
 * Full-vocabulary divergence between student and frozen base at one position; the base gets no gradient.
 *
 *     reverse: sum_v p (log p - log q)                       gradient p ((log p - log q) - value)
 *     forward: sum_v q (log q - log p)                       gradient p - q
 *     jsd:     beta KL(q || m) + (1 - beta) KL(p || m)       m = (1 - beta) p + beta q
 *
 * As in GKD, jsd with beta 0 is forward and with beta 1 reverse: the mixture itself would be 0 there.
 * Equal logits give exactly 0 with gradient exactly 0. Infinite where one gives no mass to what the other can emit
 * (jsd between its ends never).
 *
 * @param logits - `[V]`, student. @param refLogits - `[V]`, base.
 * @throws {MolLossError} `unknown-name` for a kind or an option we do not have; `option` for a temperature that is not
 * above 0 or a `jsdBeta` outside 0 to 1; `shape` for rows of different length; `not-finite` for NaN among the logits.
 *
 * @example
 * divergence([0, 0], [1, 0]).value; // 0.1201
 *
 * @see Lin 1991 for jsd; Agarwal et al. 2023, GKD, for its ends: https://arxiv.org/abs/2306.13649
 * @see Gu et al. 2023, MiniLLM, for reverse against forward: https://arxiv.org/abs/2306.08543
 */
export function divergence(
  logits: ArrayLike<number>,
  refLogits: ArrayLike<number>,
  options: DivergenceOptions = {},
): RowTerm {
  const given = readFields('divergence', options ?? {}, { known: OPTIONS });
  const { kind = 'reverse', jsdBeta = 0.5, temperature = 1 } = given;
  lookUp('divergence: unknown kind', DIVERGENCE_KINDS, kind);
  assertNumber('divergence: jsdBeta', jsdBeta, { min: 0, max: 1 });
  assertNumber('divergence: temperature', temperature, { above: 0 });
  assertRow('divergence', 'logits', logits);
  assertRow('divergence', 'refLogits', refLogits);
  if (refLogits.length !== logits.length) {
    throw new MolLossError(
      'shape',
      `divergence: logits has ${logits.length} values, refLogits ${refLogits.length}. Both are rows of one vocabulary.`,
    );
  }
  return rowDivergence(logits, refLogits, { kind, jsdBeta, temperature });
}

function assertRow(where: string, name: string, row: ArrayLike<number>): void {
  assertList(where, name, row);
  const bad = badLogit(row);
  if (bad === undefined) return;
  throw new MolLossError('not-finite', `${where}: ${name} ${bad}.`);
}

/** What is wrong with a row of logits: NaN, +Infinity, or no token that it could emit. Undefined when nothing is. */
export function badLogit(row: ArrayLike<number>): string | undefined {
  let max = -Infinity;
  for (let v = 0; v < row.length; v++) {
    const logit = row[v]!;
    if (typeof logit !== 'number' || Number.isNaN(logit) || logit === Infinity) {
      return `of token id ${v} is ${show(logit)}`;
    }
    if (logit > max) max = logit;
  }
  return max === -Infinity
    ? 'gives no token any mass: the row is empty or all -Infinity'
    : undefined;
}
