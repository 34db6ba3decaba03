import { assertNumber } from '../base/assertNumber.ts';
import { MolLossError } from '../base/errors.ts';
import { lookUp } from '../base/lookUp.ts';
import { type Names, readFields } from '../base/readFields.ts';
import { EACH, type MixtureOptions, type RoleTerms, readMixture } from './mixture.ts';
import {
  endOfTurn,
  type MolSize,
  type MolTokens,
  readData,
  readTokens,
  sizesOf,
} from './molTokens.ts';
import { type Component, ROLE_CODES } from './roles.ts';

/**
 * What a component's sum is divided by.
 * `'sequence'`: mean over each sequence's tokens of the component, then over the sequences that have it (MoLER);
 * `'token'`: mean over all tokens of the component; `'sequence-joint'`, `'token-joint'`: the same over all components together.
 */
export type Normalizer = 'sequence' | 'token' | 'sequence-joint' | 'token-joint';

/**
 * What the whole batch divides by, when this call sees a part of it: per component, and under `joint` for the normalisers
 * over all of them. Sequences or tokens (with `denominator: 'weight'` their weights) that have it: see `molTotals`.
 */
export type MolTotals = Partial<Record<Component | 'joint', number>>;

interface SizeOptions {
  /** For all components, or one each. Default `'sequence'`. */
  normalizer?: Normalizer | Record<Component, Normalizer> | undefined;
  /** A size is the `'count'` of tokens or the sum of their `'weight'`. Default `'count'`. */
  denominator?: 'count' | 'weight' | undefined;
  /** See `MolTotals`. Default: this call is the whole batch. */
  totals?: MolTotals | undefined;
}

/** The mixture (`alpha`, or each role's term in `mixture`), and what its sums are divided by. */
export type MolWeightsOptions = MixtureOptions & SizeOptions;

export interface MolWeightsResult {
  /** `[N]`, factor of every token's term in the loss. */
  coefficients: Float64Array;
  /** `[N]`, 1 where a token has a role and a weight. */
  active: Uint8Array;
  /** `[N]`, role codes; 0 too where the mixture does not name the role. */
  codes: Uint8Array;
  /** Term and weight of every role that takes part. */
  terms: RoleTerms;
  /** What this call has of each component, and of all of them together: `joint`. */
  sizes: Record<Component | 'joint', MolSize>;
}

export const COMPONENTS: readonly Component[] = ['environment', 'assistant', 'general'];

/** The names of `MolWeightsOptions`. */
export const WEIGHTS_OPTIONS: Names<MolWeightsOptions> = {
  alpha: true,
  mixture: true,
  environmentWeight: true,
  normalizer: true,
  denominator: true,
  totals: true,
};

/**
 * The factor of every token in the mixture, known before any loss is: what a chunked head takes as per-token weights.
 *
 *     L = CE(environment) + alpha.assistant * KL(assistant) + alpha.general * KL(general)
 *     or, with `mixture`, the term that each role has there
 *     coefficient[t] = weight of the role * token weight / (size of its sequence's component * sequences with it)
 *
 * Each component has its own normaliser. One KL component over assistant and general rows together is half of two
 * separate ones: with 8 + 8 rows the same alpha would hold the model half as firmly.
 *
 * @throws {MolLossError} `shape`, `option`, `unknown-name`; `missing` for an `alpha` (or `mixture`) or a total that is needed;
 * `not-finite` for a token weight that is NaN.
 *
 * @example
 * molWeights({ roles: ['environment', 'environment', 'assistant'] }, { alpha: 0.1 }).coefficients;
 * // Float64Array [0.5, 0.5, 0.1]
 */
export function molWeights(tokens: MolTokens, options: MolWeightsOptions): MolWeightsResult {
  const given = readFields('molWeights', options, { known: WEIGHTS_OPTIONS });
  const terms = readMixture('molWeights', given);
  const layout = readTokens('molWeights', readData('molWeights', tokens), terms);
  const { active, codes, tokenWeights, sequences } = layout;
  const { measure, divisorOf } = readDivisors('molWeights', given);
  const totalOf = readTotals(given.totals);
  const { sizes, bySequence } = sizesOf(layout, measure);

  // By sequence and role code, as bySequence: the weight of the role, and what it is divided by.
  const roleWeights = new Float64Array(4);
  const divisors = new Float64Array(bySequence.length);
  for (const component of COMPONENTS) {
    const weight = terms[component]?.weight ?? 0;
    if (weight === 0 || sizes[component].tokens === 0) continue;
    const code = ROLE_CODES[component];
    const { span, unit } = divisorOf[component];
    const total = totalOf(span, sizes[span][unit]);
    const own = span === 'joint' ? 0 : code;
    roleWeights[code] = weight;
    for (let k = 0; k < divisors.length; k += 4) {
      divisors[k + code] = unit === 'sequences' ? bySequence[k + own]! * total : total;
    }
  }
  const coefficients = new Float64Array(codes.length);
  for (let from = 0, to = 0; from < codes.length; from = to) {
    to = endOfTurn(layout, from);
    const weight = roleWeights[codes[from]!]!;
    if (weight === 0) continue;
    const divisor = divisors[4 * sequences.of[from]! + codes[from]!]!;
    if (tokenWeights === undefined) coefficients.fill(weight / divisor, from, to);
    else
      for (let i = from; i < to; i++)
        if (active[i] === 1) coefficients[i] = (weight * tokenWeights[i]!) / divisor;
  }
  return { coefficients, active, codes, terms, sizes };
}

const NORMALIZERS: Record<Normalizer, { joint: boolean; by: 'sequence' | 'token' }> = {
  sequence: { joint: false, by: 'sequence' },
  token: { joint: false, by: 'token' },
  'sequence-joint': { joint: true, by: 'sequence' },
  'token-joint': { joint: true, by: 'token' },
};

const DENOMINATORS = { count: 'tokens', weight: 'weight' } as const;

/** Which size divides each component: its own or the joint one, in which unit. */
export interface Divisors {
  measure: 'count' | 'weight';
  divisorOf: Record<Component, { span: Component | 'joint'; unit: keyof MolSize }>;
}

/** `normalizer` and `denominator` as the sizes they ask for. */
export function readDivisors(
  where: string,
  { normalizer = 'sequence', denominator = 'count' }: Partial<MolWeightsOptions>,
): Divisors {
  const perToken = lookUp(`${where}: unknown denominator`, DENOMINATORS, denominator);
  const names =
    typeof normalizer === 'string'
      ? { environment: normalizer, assistant: normalizer, general: normalizer }
      : readFields(where, normalizer, { what: 'component of normalizer', known: EACH });
  const divisor = (component: Component): Divisors['divisorOf'][Component] => {
    const what = typeof normalizer === 'string' ? 'normalizer' : `normalizer of ${component}`;
    const { joint, by } = lookUp(`${where}: unknown ${what}`, NORMALIZERS, names[component]);
    return { span: joint ? 'joint' : component, unit: by === 'token' ? perToken : 'sequences' };
  };
  const divisorOf = {
    environment: divisor('environment'),
    assistant: divisor('assistant'),
    general: divisor('general'),
  };
  return { measure: denominator, divisorOf };
}

/** The total of a span: what was given for it, or without totals the call's own size. */
function readTotals(
  totals: MolTotals | undefined,
): (span: Component | 'joint', own: number) => number {
  if (totals === undefined) return (_, own) => own;
  const given = readFields('molWeights', totals, {
    what: 'component of totals',
    known: { ...EACH, joint: true },
  });
  for (const [name, total] of Object.entries(given)) {
    assertNumber(`molWeights: totals.${name}`, total, { min: 0 });
  }
  return (span, own) => {
    const total = given[span];
    if (total === undefined) {
      throw new MolLossError(
        'missing',
        `molWeights: totals has no ${span}, of which this call has ${own}. molTotals gives all that is needed.`,
      );
    }
    assertNumber(`molWeights: totals.${span}`, total, { above: 0 });
    return total;
  };
}
