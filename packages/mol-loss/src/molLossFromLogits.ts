import { crossEntropy, type DivergenceKind, divergence, logSoftmax } from './divergence.ts';
import { MolLossError } from './errors.ts';
import { lookUp } from './lookUp.ts';
import { type MolComponent, molMetrics, nllMetrics, notFinite, summarise } from './molLoss.ts';
import { COMPONENTS, type MolTokens, type MolWeightsOptions, molWeights } from './molWeights.ts';
import { type Component, ROLE_CODES } from './roles.ts';

/** Logits of student and base, rows of one target token each. */
export interface MolLogitsData extends MolTokens {
  /** `[N*V]`, student. */
  logits: ArrayLike<number>;
  /** `[N*V]`, frozen base; read only where the role is assistant or general. */
  refLogits: ArrayLike<number>;
  /** `[N]`, target ids; read only where the role is environment. */
  targets: ArrayLike<number>;
}

export interface MolLogitsOptions extends MolWeightsOptions {
  /** Default `'reverse'`. */
  divergence?: DivergenceKind | undefined;
  /** Share of the base in the mixture of `jsd`. Default 0.5. */
  jsdBeta?: number | undefined;
  /** Divides both logits in both terms. Default 1. */
  temperature?: number | undefined;
  /** Divides both logits further, in the divergence only. Default 1. */
  klTemperature?: number | undefined;
  /** Multiply the divergence by klTemperature^2, as in distillation. Default false. */
  scaleByKlTemperature?: boolean | undefined;
}

export interface MolLogitsResult {
  loss: number;
  /** `[N*V]`, d loss / d logits. */
  gradient: Float64Array;
  /** `[N]`, CE or KL of each token that takes part, without its coefficient; 0 elsewhere. */
  terms: Float64Array;
  /** `[N]`, factor of each term. */
  coefficients: Float64Array;
  components: Record<Component, MolComponent>;
  metrics: Record<string, number>;
}

/**
 * Mixture of losses straight from logits, for small vocabularies, tests and other tensor libraries.
 * Prefer `molLoss` where a head gives per-token values: [tokens, vocabulary] then never exists.
 *
 *     environment: CE of the target        assistant, general: divergence(student, base) over the whole vocabulary
 *
 * @throws {MolLossError} `shape`, `option`, `unknown-name`; `not-finite` names the first bad token and its role.
 *
 * @example
 * const { loss, gradient } = molLossFromLogits(
 *   { logits: [0, 0, 1, 0], refLogits: [0, 0, 1, 0], targets: [1, 0], roles: ['environment', 'general'] },
 *   { alpha: 1 },
 * );
 * loss; // 0.6931
 * gradient; // Float64Array [0.5, -0.5, 0, 0]
 */
export function molLossFromLogits(data: MolLogitsData, options: MolLogitsOptions): MolLogitsResult {
  const { temperature = 1, klTemperature = 1, scaleByKlTemperature = false } = options;
  const { divergence: kind = 'reverse', jsdBeta } = options;
  lookUp('molLossFromLogits', 'divergence', { reverse: 0, forward: 0, jsd: 0 }, kind);
  const weights = molWeights(data, options);
  const { coefficients, active, codes } = weights;
  const width = vocabularyOf(data, codes.length);
  const klScale = scaleByKlTemperature ? klTemperature ** 2 : 1;

  const values = new Float64Array(codes.length);
  const logprobs = new Float64Array(codes.length);
  const refLogprobs = new Float64Array(codes.length);
  const terms = new Float64Array(codes.length);
  const gradient = new Float64Array(data.logits.length);
  for (let i = 0; i < codes.length; i++) {
    if (active[i] === 0) continue;
    const student = row(data.logits, i, width);
    const environment = codes[i] === ROLE_CODES.environment;
    const target = data.targets[i]!;
    if (environment && !(target >= 0 && target < width)) {
      throw new MolLossError(
        'option',
        `molLossFromLogits: target ${target} of token ${i} is outside the vocabulary of ${width}.`,
      );
    }
    const base = row(data.refLogits, i, width);
    const term = environment
      ? crossEntropy(student, target, { temperature })
      : divergence(student, base, { kind, jsdBeta, temperature: temperature * klTemperature });
    const scale = environment ? 1 : klScale;
    values[i] = term.value * scale;
    if (target >= 0 && target < width) {
      logprobs[i] = logSoftmax(student, temperature)[target]!;
      refLogprobs[i] = logSoftmax(base, temperature)[target]!;
    }
    if (coefficients[i] === 0) continue;
    if (!Number.isFinite(term.value))
      throw notFinite(data, i, environment ? 'CE' : 'KL', term.value, codes[i]!);
    terms[i] = values[i]!;
    const factor = coefficients[i]! * scale;
    for (let v = 0; v < width; v++) gradient[i * width + v] = factor * term.gradient[v]!;
  }
  const components = summarise(weights, (i) => values[i]!);
  const loss = COMPONENTS.reduce((sum, name) => sum + components[name].loss, 0);
  const metrics = {
    ...molMetrics(weights, loss, components, (i) => values[i]!),
    ...nllMetrics(weights, logprobs, refLogprobs),
  };
  return { loss, gradient, terms, coefficients, components, metrics };
}

function vocabularyOf(data: MolLogitsData, tokens: number): number {
  const width = data.logits.length / Math.max(1, tokens);
  const { logits, refLogits, targets } = data;
  if (!Number.isInteger(width) || refLogits.length !== logits.length || targets.length !== tokens) {
    throw new MolLossError(
      'shape',
      `molLossFromLogits: ${tokens} roles need as many targets (${targets.length}) and N*V logits ` +
        `(${logits.length}) as refLogits (${refLogits.length}).`,
    );
  }
  return width;
}

function row(values: ArrayLike<number>, i: number, width: number): ArrayLike<number> {
  if (Array.isArray(values)) return values.slice(i * width, (i + 1) * width);
  if (ArrayBuffer.isView(values)) {
    const typed = values as Float32Array; // any typed array has subarray
    return typed.subarray(i * width, (i + 1) * width);
  }
  return Array.from({ length: width }, (_, v) => values[i * width + v]!);
}
