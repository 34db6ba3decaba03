import { assertLength, notFinite, rowsOf } from '../base/assertTokens.ts';
import { count, positive } from '../base/checks.ts';
import { readFields, readOptions } from '../base/readOptions.ts';
import { shown } from '../base/shown.ts';

export interface SoftValuesData {
  /** `[N*V]`, logits of the policy. `-Infinity` = a token that cannot be said. */
  logits: ArrayLike<number>;
  /** `[N*V]`, logits of the frozen reference. */
  refLogits: ArrayLike<number>;
  /** `[N*V]`, Q of each token. Not read where the policy cannot say it. */
  qValues: ArrayLike<number>;
  /** V. */
  vocabularySize: number;
}

export interface SoftValuesOptions {
  /** Price of leaving the reference, in units of reward per nat. No default; the authors use 0.01. */
  beta: number;
}

const FIELDS = { logits: true, refLogits: true, qValues: true, vocabularySize: true };

/**
 * Soft value of a state under a policy over tokens, and its gradient: what ETPO backs up, and what its policy climbs.
 *
 *     V(s) = sum_w p(w) (Q(w) - beta (log p(w) - log rho(w))) = E_p[Q] - beta KL(p || rho)
 *     dV / dz_v = p_v (a_v - V)        a_v = Q(v) - beta (log p(v) - log rho(v))
 *
 * Highest at p = rho exp(Q / beta) / Z, where it is beta log Z and the gradient is 0. The policy's loss is the mean of -V.
 * The authors' code has `beta log p - Q` without the reference (here: equal `refLogits`) in a comment, and runs the
 * plain mean of it over the vocabulary, whose gradient does not depend on Q: that one is not here.
 *
 * For small vocabularies and foreign tensor libraries; a chunked head does the same without [N, V].
 *
 * @returns `values` `[N]`, and `gradient` `[N*V]`, of each value for its own logits.
 * @throws {GrpoError} `shape`; `option` for a beta that is not above 0; `not-finite` for logits that are NaN or +Infinity, a row
 * without any mass, a token that the policy can say and the reference cannot, and its Q if that is not finite.
 *
 * @example
 * // beta log((e^1 + e^0) / 2) would be 0.6201: this policy still is the reference
 * softValues(
 *   { logits: [0, 0], refLogits: [0, 0], qValues: [1, 0], vocabularySize: 2 },
 *   { beta: 1 },
 * ).values; // Float64Array [0.5]
 *
 * @see Wen et al. 2024, Entropy-Regularized Token-Level Policy Optimization: https://arxiv.org/abs/2402.06700
 */
export function softValues(
  data: SoftValuesData,
  options: SoftValuesOptions,
): { values: Float64Array; gradient: Float64Array } {
  const where = 'softValues';
  const { logits, refLogits, qValues, vocabularySize } = readFields<SoftValuesData>(where, data, {
    what: 'data field',
    known: FIELDS,
    required: ['vocabularySize'],
  });
  const checks = { beta: positive };
  const { beta } = readOptions<SoftValuesOptions>(where, options, { checks, required: ['beta'] });
  count(where, 'vocabularySize', vocabularySize);
  assertLength(where, { logits });
  assertLength(where, { refLogits }, logits.length);
  assertLength(where, { qValues }, logits.length);
  const rows = rowsOf(where, logits.length, vocabularySize);
  const values = new Float64Array(rows);
  const gradient = new Float64Array(logits.length);
  for (let row = 0; row < rows; row++) {
    const start = row * vocabularySize;
    const logP = logSoftmax(where, { logits }, { row, vocabularySize });
    const logRho = logSoftmax(where, { refLogits }, { row, vocabularySize });
    const worth = new Float64Array(vocabularySize);
    for (let v = 0; v < vocabularySize; v++) {
      if (logP[v] === -Infinity) continue;
      worth[v] = qValues[start + v]! - beta * (logP[v]! - logRho[v]!);
      if (!Number.isFinite(worth[v]))
        throw notFinite(`${where}: Q or log rho of id ${v} is ${shown(worth[v])}`, row);
      values[row]! += Math.exp(logP[v]!) * worth[v]!;
    }
    for (let v = 0; v < vocabularySize; v++) {
      const p = Math.exp(logP[v]!);
      if (p > 0) gradient[start + v] = p * (worth[v]! - values[row]!);
    }
  }
  return { values, gradient };
}

function logSoftmax(
  where: string,
  field: Readonly<Record<string, ArrayLike<number>>>,
  { row, vocabularySize }: { row: number; vocabularySize: number },
): Float64Array {
  const [[name, logits]] = Object.entries(field) as [[string, ArrayLike<number>]]; // it has one
  const own = Float64Array.from({ length: vocabularySize }, (_, v) => {
    const logit = logits[row * vocabularySize + v]!;
    if (logit < Infinity) return logit;
    throw notFinite(`${where}: ${name} of id ${v} is ${shown(logit)}`, row);
  });
  const most = own.reduce((a, b) => Math.max(a, b));
  if (most === -Infinity) throw notFinite(`${where}: all ${name} are -Infinity`, row);
  const sum = own.reduce((total, logit) => total + Math.exp(logit - most), 0);
  return own.map((logit) => logit - most - Math.log(sum));
}
