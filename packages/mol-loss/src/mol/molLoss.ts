import { show } from '../base/assertNumber.ts';
import { MolLossError, type MolLossErrorCode } from '../base/errors.ts';
import { assertPerToken, readFields } from '../base/readFields.ts';
import type { CeMixture } from './mixture.ts';
import type { MolComponent } from './molComponent.ts';
import { LOGITS_OPTIONS } from './molLogitsOptions.ts';
import { molMetrics, nllMetrics, termCodes } from './molMetrics.ts';
import { type MolTokens, readData } from './molTokens.ts';
import {
  COMPONENTS,
  type MolWeightsOptions,
  type MolWeightsResult,
  molWeights,
  WEIGHTS_OPTIONS,
} from './molWeights.ts';
import { type Component, endOfRun, ROLE_CODES } from './roles.ts';

/** Per-token values computed elsewhere, for instance by a head that never builds [tokens, vocabulary]. */
export interface MolLossData extends MolTokens {
  /** `[N]`, log-prob of each target under the model being trained: CE is its negative. */
  logprobs: ArrayLike<number>;
  /** `[N]`, full-vocabulary divergence to the frozen base at each position; read only where the role has KL. */
  kl: ArrayLike<number>;
  /** `[N]`, log-prob of each target under the base; only for the metrics of forgetting. */
  refLogprobs?: ArrayLike<number> | undefined;
}

/** The data of a mixture of cross-entropies alone. */
export type MolCeData = Omit<MolLossData, 'kl'> & { kl?: ArrayLike<number> | undefined };

export interface MolLossResult {
  loss: number;
  /** `[N]`, d loss / d logprobs: minus the coefficient where the role has CE (environment), 0 elsewhere. */
  logprobGradient: Float64Array;
  /** `[N]`, d loss / d kl: the coefficient where the role has KL (assistant, general), 0 elsewhere. */
  klGradient: Float64Array;
  /** `[N]`, CE or KL of each token that takes part, without its coefficient; 0 elsewhere. */
  terms: Float64Array;
  components: Record<Component, MolComponent>;
  metrics: Record<string, number>;
}

/**
 * Mixture of losses from per-token values: cross-entropy where the environment speaks, KL to the frozen base elsewhere.
 *
 *     L = sum_t coefficient[t] * (role has CE ? -logprobs[t] : kl[t])        coefficients: see `molWeights`
 *
 * With `alpha` the environment has CE and the rest KL; `mixture` gives each role one of the two.
 * Roles are those of the *target* token: what is predicted, not what is read.
 *
 * @param data - `[N]` arrays. Values at tokens without a role are never read, so NaN there does no harm.
 * @returns the loss and its two gradients, to be fed back to whatever computed `logprobs` and `kl`.
 * @throws {MolLossError} `shape`, `option`, `unknown-name`; `not-finite` names the first bad token and its role.
 *
 * @example
 * const { loss, logprobGradient, klGradient } = molLoss(
 *   { logprobs: [-2, -1, -3], kl: [0, 0.5, 0.1], roles: ['environment', 'assistant', 'ignore'] },
 *   { alpha: 0.1 },
 * );
 * loss; // 2.05
 * logprobGradient; // Float64Array [-1, 0, 0]
 * klGradient; // Float64Array [0, 0.1, 0]
 */
export function molLoss(data: MolLossData, options: MolWeightsOptions): MolLossResult;
export function molLoss(
  data: MolCeData,
  options: MolWeightsOptions & { mixture: CeMixture },
): MolLossResult;
export function molLoss(data: MolCeData, options: MolWeightsOptions): MolLossResult {
  const given = readFields('molLoss', options, {
    known: { ...WEIGHTS_OPTIONS, ...LOGITS_OPTIONS },
  });
  for (const name of Object.keys(LOGITS_OPTIONS)) refuseLogitsOption(name, given);
  const tokens = readData('molLoss', data);
  const { logprobs, kl, refLogprobs } = tokens;
  const weights = molWeights(tokens, given);
  const { coefficients, active, codes, terms: mixture } = weights;
  assertPerToken('molLoss', { logprobs }, codes.length);
  const hasKl = Object.values(mixture).some(({ term }) => term === 'kl');
  if (hasKl || kl !== undefined) assertPerToken('molLoss', { kl }, codes.length);
  if (refLogprobs !== undefined) assertPerToken('molLoss', { refLogprobs }, codes.length);
  const values = new Float64Array(codes.length);
  const terms = new Float64Array(codes.length);
  const logprobGradient = new Float64Array(codes.length);
  const klGradient = new Float64Array(codes.length);
  const cross = termCodes(mixture, 'ce');
  for (let from = 0, to = 0; from < codes.length; from = to) {
    to = endOfRun(codes, from);
    const code = codes[from]!;
    const ce = cross[code] === 1;
    const forgets = refLogprobs !== undefined && code === ROLE_CODES.general;
    const gradient = ce ? logprobGradient : klGradient;
    const sign = ce ? -1 : 1;
    for (let i = from; i < to; i++) {
      if (active[i] === 0) continue;
      const logprob = logprobs[i]!;
      const coefficient = coefficients[i]!;
      if (!isLogprob(logprob)) throw notLogprob(tokens, i, { name: 'logprobs', code });
      if (forgets && !isLogprob(refLogprobs[i]!)) {
        throw notLogprob(tokens, i, { name: 'refLogprobs', code });
      }
      const term = ce ? -logprob : kl![i]!; // a mixture with KL has it: checked above
      if (!isTerm(term, coefficient))
        throw notTerm(tokens, i, { term, name: ce ? 'CE' : 'KL', code });
      values[i] = term;
      if (coefficient === 0) continue; // a weight of 0 switches the component off: measured, never trained
      terms[i] = term;
      gradient[i] = sign * coefficient;
    }
  }
  const components = summarise(weights, values);
  const loss = COMPONENTS.reduce((sum, name) => sum + components[name].loss, 0);
  const metrics = {
    ...molMetrics(weights, loss, { components, values }),
    ...nllMetrics(weights, logprobs, refLogprobs),
  };
  return { loss, logprobGradient, klGradient, terms, components, metrics };
}

function refuseLogitsOption(name: string, given: object): void {
  if (!Object.hasOwn(given, name)) return;
  throw new MolLossError(
    'option',
    `molLoss: has no ${name}: logprobs and kl come ready. Apply it where they are computed, or use molLossFromLogits.`,
  );
}

/** A log-softmax in float32 with logits in the hundreds ends within a few 1e-5 of 0 on either side. */
const ROUNDING = 1e-4;

/** Whether it may be a log-prob; -Infinity is judged as a term. */
const isLogprob = (value: number) => typeof value === 'number' && value <= ROUNDING;

function notLogprob(
  tokens: MolTokens & { logprobs: ArrayLike<number>; refLogprobs?: ArrayLike<number> | undefined },
  i: number,
  { name, code }: { name: 'logprobs' | 'refLogprobs'; code: number },
): MolLossError {
  const value: unknown = tokens[name]?.[i];
  const what = `${name} is ${show(value)}`;
  const number = typeof value === 'number' && !Number.isNaN(value);
  if (!number) return atToken(tokens, i, { what, code, fix: SOURCE });
  const fix = 'A log-prob is at most 0: are these probabilities?';
  return atToken(tokens, i, { what, code, fix, reason: 'option' });
}

const SOURCE = "Look for NaN in the forward pass, or give the token the role 'ignore'.";

/** Whether a term can be trained on, or, with a coefficient of 0, be measured. */
export const isTerm = (term: number, coefficient: number): boolean =>
  Number.isFinite(term) || (coefficient === 0 && term === Infinity);

/** The `not-finite` error of a term that is NaN, or that is trained and infinite. */
export function notTerm(
  tokens: MolTokens,
  i: number,
  { term, name, code }: { term: number; name: 'CE' | 'KL'; code: number },
): MolLossError {
  const fix = 'Look for a target of probability 0, or for NaN in the forward pass.';
  return atToken(tokens, i, { what: `${name} is ${show(term)}`, code, fix });
}

/** An error that names token, sequence and role. */
export function atToken(
  { sequenceIds, sequenceLength }: MolTokens,
  i: number,
  fault: { what: string; code: number; fix: string; reason?: MolLossErrorCode },
): MolLossError {
  const { what, code, fix, reason = 'not-finite' } = fault;
  const role = COMPONENTS.find((name) => ROLE_CODES[name] === code);
  const row = sequenceLength === undefined ? 0 : Math.floor(i / sequenceLength);
  const place = `token ${i} (sequence ${sequenceIds?.[i] ?? row}, role ${role})`;
  return new MolLossError(reason, `molLoss: ${what} at ${place}. ${fix}`);
}

/** Loss share, mean and counts of every component, from the term of every token. */
export function summarise(
  { coefficients, active, codes, sizes }: MolWeightsResult,
  values: Float64Array,
): Record<Component, MolComponent> {
  const [losses, sums] = [new Float64Array(4), new Float64Array(4)];
  for (let from = 0, to = 0; from < codes.length; from = to) {
    to = endOfRun(codes, from);
    const code = codes[from]!;
    let [sum, loss] = [sums[code]!, losses[code]!];
    for (let i = from; i < to; i++) {
      if (active[i] === 0) continue;
      sum += values[i]!;
      if (coefficients[i] !== 0) loss += coefficients[i]! * values[i]!;
    }
    sums[code] = sum;
    losses[code] = loss;
  }
  const entry = (name: Component): MolComponent => {
    const { tokens, sequences } = sizes[name];
    const code = ROLE_CODES[name];
    const mean = tokens === 0 ? 0 : sums[code]! / tokens;
    return { loss: losses[code]!, mean, tokens, sequences };
  };
  return {
    environment: entry('environment'),
    assistant: entry('assistant'),
    general: entry('general'),
  };
}
