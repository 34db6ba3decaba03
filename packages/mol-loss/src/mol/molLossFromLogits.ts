import { assertNumber, show } from '../base/assertNumber.ts';
import { MolLossError } from '../base/errors.ts';
import { lookUp } from '../base/lookUp.ts';
import { assertList, readFields } from '../base/readFields.ts';
import { rowAt } from '../base/rowAt.ts';
import { badLogit, DIVERGENCE_KINDS } from '../divergence/divergence.ts';
import { rowCrossEntropy, rowDivergence, rowLogSoftmax } from '../divergence/rowTerms.ts';
import type { MolComponent } from './molComponent.ts';
import { LOGITS_OPTIONS, type MolLogitsOptions } from './molLogitsOptions.ts';
import { atToken, isTerm, notTerm, summarise } from './molLoss.ts';
import { molMetrics, nllMetrics, termCodes } from './molMetrics.ts';
import { type MolTokens, readData } from './molTokens.ts';
import { COMPONENTS, molWeights, WEIGHTS_OPTIONS } from './molWeights.ts';
import { type Component, ROLE_CODES } from './roles.ts';

/** Logits of student and base, rows of one target token each. */
export interface MolLogitsData extends MolTokens {
  /** `[N*V]`, student. */
  logits: ArrayLike<number>;
  /** `[N*V]`, frozen base; read only where the role has KL, and at general. */
  refLogits: ArrayLike<number>;
  /** `[N]`, target ids; read only where the role has CE. */
  targets: ArrayLike<number>;
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
 *     CE of the target, or divergence(student, base) over the whole vocabulary: what `alpha` or `mixture` says of the role
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
  const { divergence, jsdBeta, temperature, klTemperature, scaleByKlTemperature, ...given } =
    readLogitsOptions(options);
  const tokens = readData('molLossFromLogits', data);
  const weights = molWeights(tokens, given);
  const { coefficients, active, codes, terms: mixture } = weights;
  const width = vocabularyOf(tokens, codes.length);
  const klScale = scaleByKlTemperature ? klTemperature ** 2 : 1;
  const pull = { kind: divergence, jsdBeta, temperature: temperature * klTemperature };

  const values = new Float64Array(codes.length);
  const named = new Uint8Array(codes.length); // tokens whose target is in the vocabulary
  const logprobs = new Float64Array(codes.length);
  const refLogprobs = new Float64Array(codes.length);
  const terms = new Float64Array(codes.length);
  const gradient = new Float64Array(tokens.logits.length);
  const crossCodes = termCodes(mixture, 'ce');
  for (let i = 0; i < codes.length; i++) {
    if (active[i] === 0) continue;
    const code = codes[i]!;
    const cross = crossCodes[code] === 1;
    const target = tokens.targets[i]!;
    const student = readRow(tokens, 'logits', { i, width, code });
    if (cross) assertTarget(i, target, width);
    const againstBase = !cross || code === ROLE_CODES.general; // there for what was forgotten too
    const base = againstBase ? readRow(tokens, 'refLogits', { i, width, code }) : undefined;
    const term =
      cross || !base
        ? rowCrossEntropy(student, target, temperature)
        : rowDivergence(student, base, pull);
    const scale = cross ? 1 : klScale;
    values[i] = term.value * scale;
    if (isTarget(target, width)) {
      named[i] = 1;
      logprobs[i] = rowLogSoftmax(student, temperature)[target]!;
      if (base) refLogprobs[i] = rowLogSoftmax(base, temperature)[target]!;
    }
    if (!isTerm(term.value, coefficients[i]!)) {
      throw notTerm(tokens, i, { term: term.value, name: cross ? 'CE' : 'KL', code });
    }
    if (coefficients[i] === 0) continue;
    terms[i] = values[i]!;
    const factor = coefficients[i]! * scale;
    for (let v = 0; v < width; v++) gradient[i * width + v] = factor * term.gradient[v]!;
  }
  const components = summarise(weights, values);
  const loss = COMPONENTS.reduce((sum, name) => sum + components[name].loss, 0);
  const metrics = {
    ...molMetrics(weights, loss, { components, values }),
    ...nllMetrics({ active: named, codes }, logprobs, refLogprobs),
  };
  return { loss, gradient, terms, coefficients, components, metrics };
}

function readLogitsOptions(options: MolLogitsOptions) {
  const where = 'molLossFromLogits';
  const given = readFields(where, options, { known: { ...WEIGHTS_OPTIONS, ...LOGITS_OPTIONS } });
  const { divergence = 'reverse', jsdBeta = 0.5, temperature = 1, klTemperature = 1 } = given;
  const { scaleByKlTemperature = false } = given;
  lookUp(`${where}: unknown divergence`, DIVERGENCE_KINDS, divergence);
  assertNumber(`${where}: jsdBeta`, jsdBeta, { min: 0, max: 1 });
  assertNumber(`${where}: temperature`, temperature, { above: 0 });
  assertNumber(`${where}: klTemperature`, klTemperature, { above: 0, max: 1e100 });
  if (typeof scaleByKlTemperature !== 'boolean') {
    throw new MolLossError(
      'option',
      `${where}: scaleByKlTemperature must be true or false, got ${show(scaleByKlTemperature)}.`,
    );
  }
  return { ...given, divergence, jsdBeta, temperature, klTemperature, scaleByKlTemperature };
}

function vocabularyOf(data: MolLogitsData, tokens: number): number {
  const { logits, refLogits, targets } = data;
  for (const name of ['logits', 'refLogits', 'targets'] as const) {
    assertList('molLossFromLogits', name, data[name]);
  }
  const width = logits.length / Math.max(1, tokens);
  if (!Number.isInteger(width) || refLogits.length !== logits.length || targets.length !== tokens) {
    throw new MolLossError(
      'shape',
      `molLossFromLogits: ${tokens} roles need as many targets (${targets.length}) and N*V logits ` +
        `(${logits.length}) as refLogits (${refLogits.length}).`,
    );
  }
  return width;
}

const isTarget = (target: number, width: number): boolean =>
  Number.isInteger(target) && target >= 0 && target < width;

function assertTarget(i: number, target: number, width: number): void {
  if (isTarget(target, width)) return;
  throw new MolLossError(
    'option',
    `molLossFromLogits: target ${show(target)} of token ${i} is outside the vocabulary of ${width}.`,
  );
}

/** The row of token i, or the error that names the token and the bad logit. */
function readRow(
  data: MolLogitsData,
  name: 'logits' | 'refLogits',
  { i, width, code }: { i: number; width: number; code: number },
): ArrayLike<number> {
  const values = rowAt(data[name], i, width);
  const bad = badLogit(values);
  if (bad === undefined) return values;
  const fix = 'Look for NaN in the forward pass.';
  throw atToken(data, i, { what: `${name} ${bad}`, code, fix });
}
