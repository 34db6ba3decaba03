import { type DivergenceKind, logMixture, type RowTerm } from '../divergence/rowTerms.ts';

/**
 * Which tokens of the vocabulary teacher and student are compared on.
 *
 * - `'full'`: all of them
 * - `'top-k'`: K tokens, both distributions renormalised to them
 * - `'top-k-tail'`: K tokens, and all others together as one more
 * - `'sampled'`: the token that was sampled; reverse only, in the form of REINFORCE
 */
export type Support = 'full' | 'top-k' | 'top-k-tail' | 'sampled';

/** What is computed at each position. */
export interface SupportDivergence {
  support: Support;
  kind: DivergenceKind;
  /** Share of the teacher in the mixture of `jsd`. */
  jsdBeta: number;
}

/**
 * Divergence of a student and a teacher from their log-probs of one position's support, with the gradient with respect to
 * the student's log-probs as free variables: what autograd gives, and what `logitGradient` takes back to the logits.
 *
 * @param student - `[K]`, log-probs over the whole vocabulary.
 */
export function supportTerm(
  student: ArrayLike<number>,
  teacher: ArrayLike<number>,
  divergence: SupportDivergence,
): RowTerm {
  const { support } = divergence;
  if (support === 'full') return divergenceTerm(student, teacher, divergence);
  if (support === 'top-k') return renormalised(student, teacher, divergence);
  if (support === 'top-k-tail') return withTail(student, teacher, divergence);
  const gap = student[0]! - teacher[0]!; // sg(log s - log t) log s
  return { value: gap * student[0]!, gradient: Float64Array.of(gap) };
}

/** From d / d log-probs of some tokens to d / d logits of all: `dz[v] = g[v] - p[v] sum g`. `ids` undefined: all tokens. */
export function logitGradient(
  gradient: Float64Array,
  logprobs: Float64Array,
  ids: ArrayLike<number> | undefined,
): Float64Array {
  const total = gradient.reduce((sum, g) => sum + g, 0);
  const logits = logprobs.map((logprob) => -Math.exp(logprob) * total);
  for (let k = 0; k < gradient.length; k++) logits[ids?.[k] ?? k]! += gradient[k]!;
  return logits;
}

/** Of what a teacher or a student gives any mass; a token of probability 0 adds nothing. */
const weighted = (logWeight: number, value: number): number =>
  logWeight === -Infinity ? 0 : Math.exp(logWeight) * value;

function divergenceTerm(
  s: ArrayLike<number>,
  t: ArrayLike<number>,
  { kind, jsdBeta }: SupportDivergence,
): RowTerm {
  const gradient = new Float64Array(s.length);
  let value = 0;
  for (let k = 0; k < s.length; k++) {
    const [ls, lt] = [s[k]!, t[k]!];
    if (kind === 'forward' || (kind === 'jsd' && jsdBeta === 0)) {
      value += weighted(lt, lt - ls);
      gradient[k] = -weighted(lt, 1);
    } else if (kind === 'reverse' || jsdBeta === 1) {
      value += weighted(ls, ls - lt);
      gradient[k] = weighted(ls, ls - lt + 1);
    } else {
      const lm = logMixture(ls, lt, jsdBeta);
      value += (1 - jsdBeta) * weighted(ls, ls - lm) + jsdBeta * weighted(lt, lt - lm);
      gradient[k] = (1 - jsdBeta) * weighted(ls, ls - lm); // what the mixture adds cancels the derivative of s
    }
  }
  return { value, gradient };
}

/** Shares within the support: `log s[k] - log sum s`, and the gradient back through it. */
function renormalised(
  student: ArrayLike<number>,
  teacher: ArrayLike<number>,
  divergence: SupportDivergence,
): RowTerm {
  const shares = (logs: ArrayLike<number>): Float64Array => {
    const sum = logSum(logs);
    return Float64Array.from(logs, (log) => log - sum);
  };
  const own = shares(student);
  const { value, gradient } = divergenceTerm(own, shares(teacher), divergence);
  return { value, gradient: logitGradient(gradient, own, undefined) };
}

/** A mass this near to 1 has no tail: its logarithm is held there, as TRL does. */
const FULL_MASS = -1e-7;

/** One more token with what the support leaves: `log(1 - sum s)`. */
function withTail(
  student: ArrayLike<number>,
  teacher: ArrayLike<number>,
  divergence: SupportDivergence,
): RowTerm {
  const mass = logSum(student);
  const tail = (logMass: number): number => Math.log(-Math.expm1(Math.min(logMass, FULL_MASS)));
  const ends = [tail(mass), tail(logSum(teacher))] as const;
  const [own, theirs] = [
    [...Array.from(student), ends[0]],
    [...Array.from(teacher), ends[1]],
  ];
  const { value, gradient } = divergenceTerm(own, theirs, divergence);
  const pull = mass < FULL_MASS ? gradient.at(-1)! : 0; // K + 1 entries
  const kept = gradient.slice(0, -1);
  return { value, gradient: kept.map((g, k) => g - pull * Math.exp(student[k]! - ends[0])) };
}

/** log sum exp. */
function logSum(logs: ArrayLike<number>): number {
  let max = -Infinity;
  for (let k = 0; k < logs.length; k++) max = Math.max(max, logs[k]!);
  if (max === -Infinity) return max;
  let sum = 0;
  for (let k = 0; k < logs.length; k++) sum += Math.exp(logs[k]! - max);
  return max + Math.log(sum);
}
