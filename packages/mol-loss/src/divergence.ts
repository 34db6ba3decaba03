/** Which divergence pulls the student to the base. `reverse` = KL(student || base), `forward` = KL(base || student). */
export type DivergenceKind = 'reverse' | 'forward' | 'jsd';

export interface DivergenceOptions {
  /** Default `'reverse'`. */
  kind?: DivergenceKind | undefined;
  /** Share of the base in the mixture of `jsd`. Default 0.5. */
  jsdBeta?: number | undefined;
  /** Divides both logits. Default 1. */
  temperature?: number | undefined;
}

/** A value in nats and its gradient with respect to the student's logits. */
export interface RowTerm {
  value: number;
  /** `[V]`. */
  gradient: Float64Array;
}

/**
 * log softmax of one row of logits / temperature, in float64. -Infinity stays -Infinity.
 *
 * @param logits - `[V]`.
 *
 * @example
 * logSoftmax([0, 0]); // Float64Array [-0.6931, -0.6931]
 */
export function logSoftmax(logits: ArrayLike<number>, temperature: number = 1): Float64Array {
  const out = new Float64Array(logits.length);
  let max = -Infinity;
  for (let v = 0; v < out.length; v++) max = Math.max(max, logits[v]!);
  let sum = 0;
  for (let v = 0; v < out.length; v++) {
    out[v] = (logits[v]! - max) / temperature;
    sum += Math.exp(out[v]!);
  }
  const logSum = Math.log(sum);
  for (let v = 0; v < out.length; v++) out[v]! -= logSum;
  return out;
}

/**
 * Cross-entropy of one target.
 *
 *     CE = logsumexp(z) - z[target]        dCE/dz = (p - onehot(target)) / temperature
 *
 * @param logits - `[V]`, student. @param target - index of the target token.
 *
 * @example
 * crossEntropy([0, 0], 1); // { value: 0.6931, gradient: Float64Array [0.5, -0.5] }
 */
export function crossEntropy(
  logits: ArrayLike<number>,
  target: number,
  options: { temperature?: number | undefined } = {},
): RowTerm {
  const { temperature = 1 } = options;
  const gradient = logSoftmax(logits, temperature);
  const value = -gradient[target]!;
  for (let v = 0; v < gradient.length; v++) gradient[v] = Math.exp(gradient[v]!) / temperature;
  gradient[target]! -= 1 / temperature;
  return { value, gradient };
}

/**
 * Full-vocabulary divergence between student and frozen base at one position; the base gets no gradient.
 *
 *     reverse: sum_v p (log p - log q)                       gradient p ((log p - log q) - value)
 *     forward: sum_v q (log q - log p)                       gradient p - q
 *     jsd:     beta KL(q || m) + (1 - beta) KL(p || m)       m = (1 - beta) p + beta q
 *
 * Equal logits give exactly 0 with gradient exactly 0. Infinite where one gives no mass to what the other can emit
 * (jsd never).
 *
 * @param logits - `[V]`, student. @param refLogits - `[V]`, base.
 *
 * @example
 * divergence([0, 0], [1, 0]).value; // 0.1201
 *
 * @see Lin 1991 for jsd; Gu et al. 2023, MiniLLM, for reverse against forward: https://arxiv.org/abs/2306.08543
 */
export function divergence(
  logits: ArrayLike<number>,
  refLogits: ArrayLike<number>,
  options: DivergenceOptions = {},
): RowTerm {
  const { kind = 'reverse', jsdBeta = 0.5, temperature = 1 } = options;
  const logP = logSoftmax(logits, temperature);
  const logQ = logSoftmax(refLogits, temperature);
  if (kind === 'forward') return forward(logP, logQ, temperature);
  const target = kind === 'jsd' ? logMixture(logP, logQ, jsdBeta) : logQ;
  const student = reverse(logP, target, temperature);
  if (kind === 'reverse') return student;
  const base = reverse(logQ, target, temperature).value;
  const value = Math.max(0, jsdBeta * base + (1 - jsdBeta) * student.value); // rounding can give -1e-17
  return { value, gradient: student.gradient.map((g) => (1 - jsdBeta) * g) };
}

/** p (log p - log q), 0 where p is 0. */
function gap(logP: number, logQ: number): number {
  return logP === -Infinity ? 0 : Math.exp(logP) * (logP - logQ);
}

function reverse(logP: Float64Array, logQ: Float64Array, temperature: number): RowTerm {
  const gradient = new Float64Array(logP.length);
  let value = 0;
  for (let v = 0; v < gradient.length; v++) {
    gradient[v] = gap(logP[v]!, logQ[v]!);
    value += gradient[v]!;
  }
  for (let v = 0; v < gradient.length; v++) {
    if (logP[v] !== -Infinity)
      gradient[v] = (gradient[v]! - Math.exp(logP[v]!) * value) / temperature;
  }
  return { value, gradient };
}

function forward(logP: Float64Array, logQ: Float64Array, temperature: number): RowTerm {
  const gradient = new Float64Array(logP.length);
  let value = 0;
  for (let v = 0; v < gradient.length; v++) {
    value += gap(logQ[v]!, logP[v]!);
    gradient[v] = (Math.exp(logP[v]!) - Math.exp(logQ[v]!)) / temperature;
  }
  return { value, gradient };
}

/** log((1 - beta) p + beta q), from logs. */
function logMixture(logP: Float64Array, logQ: Float64Array, beta: number): Float64Array {
  return logP.map((p, v) => {
    const [a, b] = [p + Math.log(1 - beta), logQ[v]! + Math.log(beta)];
    const max = Math.max(a, b);
    return max === -Infinity ? max : max + Math.log(Math.exp(a - max) + Math.exp(b - max));
  });
}
