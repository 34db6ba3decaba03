/** A value in nats and its gradient with respect to the student's logits. */
export interface RowTerm {
  value: number;
  /** `[V]`. */
  gradient: Float64Array;
}

/** What pulls the student to the base at one position. */
export interface RowDivergence {
  kind: DivergenceKind;
  jsdBeta: number;
  temperature: number;
}

/** Which divergence pulls the student to the base. `reverse` = KL(student || base), `forward` = KL(base || student). */
export type DivergenceKind = 'reverse' | 'forward' | 'jsd';

/** `logSoftmax` of a row that was checked. */
export function rowLogSoftmax(logits: ArrayLike<number>, temperature: number): Float64Array {
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

/** `crossEntropy` of a row that was checked. */
export function rowCrossEntropy(
  logits: ArrayLike<number>,
  target: number,
  temperature: number,
): RowTerm {
  const gradient = rowLogSoftmax(logits, temperature);
  const value = -gradient[target]!;
  for (let v = 0; v < gradient.length; v++) gradient[v] = Math.exp(gradient[v]!) / temperature;
  gradient[target]! -= 1 / temperature;
  return { value, gradient };
}

/** `divergence` of rows that were checked. */
export function rowDivergence(
  logits: ArrayLike<number>,
  refLogits: ArrayLike<number>,
  { kind, jsdBeta, temperature }: RowDivergence,
): RowTerm {
  const logP = rowLogSoftmax(logits, temperature);
  const logQ = rowLogSoftmax(refLogits, temperature);
  // The mixture's ends are the student or the base itself, from which nothing diverges: GKD takes the two KLs there.
  if (kind === 'forward' || (kind === 'jsd' && jsdBeta === 0))
    return forward(logP, logQ, temperature);
  if (kind === 'reverse' || jsdBeta === 1) return reverse(logP, logQ, temperature);
  const mixture = logP.map((p, v) => logMixture(p, logQ[v]!, jsdBeta));
  const student = reverse(logP, mixture, temperature);
  const base = reverse(logQ, mixture, temperature).value;
  const value = jsdBeta * base + (1 - jsdBeta) * student.value;
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
  return { value: Math.max(0, value), gradient }; // rounding can give -1e-16
}

function forward(logP: Float64Array, logQ: Float64Array, temperature: number): RowTerm {
  const gradient = new Float64Array(logP.length);
  let value = 0;
  for (let v = 0; v < gradient.length; v++) {
    value += gap(logQ[v]!, logP[v]!);
    gradient[v] = (Math.exp(logP[v]!) - Math.exp(logQ[v]!)) / temperature;
  }
  return { value: Math.max(0, value), gradient }; // as above
}

/** log((1 - beta) p + beta q), from logs; exactly p where they are equal, so that equals have no divergence at all. */
export function logMixture(logP: number, logQ: number, beta: number): number {
  if (logP === logQ) return logP;
  const [a, b] = [logP + Math.log1p(-beta), logQ + Math.log(beta)];
  const max = Math.max(a, b);
  return max === -Infinity ? max : max + Math.log(Math.exp(a - max) + Math.exp(b - max));
}
