import { MolLossError } from './errors.ts';
import {
  COMPONENTS,
  type MolTokens,
  type MolWeightsOptions,
  type MolWeightsResult,
  molWeights,
} from './molWeights.ts';
import { type Component, ROLE_CODES } from './roles.ts';

/** Per-token values computed elsewhere, for instance by a head that never builds [tokens, vocabulary]. */
export interface MolLossData extends MolTokens {
  /** `[N]`, log-prob of each target under the model being trained: CE is its negative. */
  logprobs: ArrayLike<number>;
  /** `[N]`, full-vocabulary divergence to the frozen base at each position; read only where the role is assistant or general. */
  kl: ArrayLike<number>;
  /** `[N]`, log-prob of each target under the base; only for the metrics of forgetting. */
  refLogprobs?: ArrayLike<number> | undefined;
}

/** One component of the mixture. */
export interface MolComponent {
  /** Its share of the loss, weights included. */
  loss: number;
  /** Plain mean of its term over its tokens, nats; 0 without tokens. */
  mean: number;
  tokens: number;
  /** Sequences that have it. */
  sequences: number;
}

export interface MolLossResult {
  loss: number;
  /** `[N]`, d loss / d logprobs: minus the coefficient on environment tokens, 0 elsewhere. */
  logprobGradient: Float64Array;
  /** `[N]`, d loss / d kl: the coefficient on assistant and general tokens, 0 elsewhere. */
  klGradient: Float64Array;
  /** `[N]`, CE or KL of each token that takes part, without its coefficient; 0 elsewhere. */
  terms: Float64Array;
  components: Record<Component, MolComponent>;
  metrics: Record<string, number>;
}

/**
 * Mixture of losses from per-token values: cross-entropy where the environment speaks, KL to the frozen base elsewhere.
 *
 *     L = sum_t coefficient[t] * (role = environment ? -logprobs[t] : kl[t])        coefficients: see `molWeights`
 *
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
export function molLoss(data: MolLossData, options: MolWeightsOptions): MolLossResult {
  const { logprobs, kl } = data;
  const weights = molWeights(data, options);
  const { coefficients, active, codes } = weights;
  assertSizes(data, codes.length);
  const terms = new Float64Array(codes.length);
  const logprobGradient = new Float64Array(codes.length);
  const klGradient = new Float64Array(codes.length);
  for (let i = 0; i < codes.length; i++) {
    if (active[i] === 0) continue;
    const environment = codes[i] === ROLE_CODES.environment;
    const term = environment ? -logprobs[i]! : kl[i]!;
    if (coefficients[i] === 0) continue; // a weight of 0 switches the component off: not even read
    if (!Number.isFinite(term))
      throw notFinite(data, i, environment ? 'CE' : 'KL', term, codes[i]!);
    terms[i] = term;
    if (environment) logprobGradient[i] = -coefficients[i]!;
    else klGradient[i] = coefficients[i]!;
  }
  const components = summarise(weights, (i) =>
    codes[i] === ROLE_CODES.environment ? -logprobs[i]! : kl[i]!,
  );
  const loss = COMPONENTS.reduce((sum, name) => sum + components[name].loss, 0);
  const metrics = {
    ...molMetrics(weights, loss, components, (i) => kl[i]!),
    ...nllMetrics(weights, logprobs, data.refLogprobs),
  };
  return { loss, logprobGradient, klGradient, terms, components, metrics };
}

function assertSizes(data: MolLossData, size: number): void {
  for (const key of ['logprobs', 'kl', 'refLogprobs'] as const) {
    const values = data[key];
    if (values && values.length !== size) {
      throw new MolLossError('shape', `molLoss: ${size} roles but ${values.length} ${key}.`);
    }
  }
}

/** The error for the first token whose term is not a number. */
export function notFinite(
  { sequenceIds, sequenceLength }: MolTokens,
  i: number,
  term: string,
  value: number,
  code: number,
): MolLossError {
  const role = COMPONENTS.find((name) => ROLE_CODES[name] === code);
  const row = sequenceLength === undefined ? 0 : Math.floor(i / sequenceLength);
  const sequence = sequenceIds?.[i] ?? row;
  return new MolLossError(
    'not-finite',
    `molLoss: ${term} is ${value} at token ${i} (sequence ${sequence}, role ${role}). Look for a target of probability 0, or for NaN in the forward pass.`,
  );
}

/** Loss share, mean and counts of every component. */
export function summarise(
  { coefficients, active, codes, sizes }: MolWeightsResult,
  term: (i: number) => number,
): Record<Component, MolComponent> {
  const entry = (name: Component): MolComponent => {
    let [loss, sum] = [0, 0];
    for (let i = 0; i < codes.length; i++) {
      if (active[i] === 0 || codes[i] !== ROLE_CODES[name]) continue;
      sum += term(i);
      if (coefficients[i] !== 0) loss += coefficients[i]! * term(i);
    }
    const { tokens, sequences } = sizes[name];
    return { loss, mean: tokens === 0 ? 0 : sum / tokens, tokens, sequences };
  };
  return {
    environment: entry('environment'),
    assistant: entry('assistant'),
    general: entry('general'),
  };
}

/** What to log of the mixture. */
export function molMetrics(
  { active, codes }: MolWeightsResult,
  loss: number,
  { environment, assistant, general }: Record<Component, MolComponent>,
  kl: (i: number) => number,
): Record<string, number> {
  const klTokens = assistant.tokens + general.tokens;
  let klMax = 0;
  for (let i = 0; i < codes.length; i++) {
    if (active[i] === 1 && codes[i] !== ROLE_CODES.environment) klMax = Math.max(klMax, kl(i));
  }
  const klSum = assistant.mean * assistant.tokens + general.mean * general.tokens;
  return {
    'mol/loss': loss,
    'mol/ce': environment.mean,
    'mol/kl': klSum / Math.max(1, klTokens),
    'mol/kl_assistant': assistant.mean,
    'mol/kl_general': general.mean,
    'mol/kl_max': klMax,
    'mol/ce_tokens': environment.tokens,
    'mol/kl_tokens': klTokens,
  };
}

/** Mean negative log-prob per role, and on general text against the base: what was forgotten. */
export function nllMetrics(
  { active, codes }: MolWeightsResult,
  logprobs: ArrayLike<number>,
  refLogprobs?: ArrayLike<number>,
): Record<string, number> {
  const metrics: Record<string, number> = {};
  for (const name of COMPONENTS) {
    const tokens = Array.from(codes.keys()).filter(
      (i) => active[i] === 1 && codes[i] === ROLE_CODES[name],
    );
    if (tokens.length === 0) continue;
    const nll = (of: ArrayLike<number>) =>
      tokens.reduce((sum, i) => sum - of[i]!, 0) / tokens.length;
    metrics[`mol/nll_${name}`] = nll(logprobs);
    if (name !== 'general' || !refLogprobs) continue;
    metrics['mol/nll_general_base'] = nll(refLogprobs);
    metrics['mol/forgetting'] = nll(logprobs) - nll(refLogprobs);
  }
  return metrics;
}
