import { MolLossError } from './errors.ts';
import { lookUp } from './lookUp.ts';
import { type Component, ROLE_CODES, type Roles, roleCodes } from './roles.ts';

/**
 * What a component's sum is divided by.
 * `'sequence'`: mean over each sequence's tokens of the component, then over the sequences that have it (MoLER);
 * `'token'`: mean over all tokens of the component; `'sequence-joint'`, `'token-joint'`: the same over all components together.
 */
export type Normalizer = 'sequence' | 'token' | 'sequence-joint' | 'token-joint';

/** Which tokens belong together and how they count. */
export interface MolTokens {
  /** `[N]`, role of each target token. */
  roles: Roles;
  /** `[N]`, which sequence a token is of. Give this or `sequenceLength`; neither = one sequence. */
  sequenceIds?: ArrayLike<number> | undefined;
  /** T, when the tokens are flat `[B*T]`. */
  sequenceLength?: number | undefined;
  /** `[N]`, weight of each token. 0 takes it out altogether. Default 1. */
  tokenWeights?: ArrayLike<number> | undefined;
}

/** Sizes of the whole batch, when this call sees a part of it: sequences (`'sequence'`) or tokens (`'token'`) that have the component. */
export type MolTotals = Partial<Record<Component | 'joint', number>>;

export interface MolWeightsOptions {
  /** Weight of the KL terms: one for both, or one each. No default: it decides what is remembered. */
  alpha: number | { assistant: number; general: number };
  /** Weight of the CE term. Default 1. */
  environmentWeight?: number | undefined;
  /** For all components, or one each. Default `'sequence'`. */
  normalizer?: Normalizer | Record<Component, Normalizer> | undefined;
  /** A size is the `'count'` of tokens or the sum of their `'weight'`. Default `'count'`. */
  denominator?: 'count' | 'weight' | undefined;
  /** See `MolTotals`. Default: this call is the whole batch. */
  totals?: MolTotals | undefined;
}

export interface MolWeightsResult {
  /** `[N]`, factor of every token's term in the loss. */
  coefficients: Float64Array;
  /** `[N]`, 1 where a token has a role and a weight. */
  active: Uint8Array;
  /** `[N]`, role codes. */
  codes: Uint8Array;
  /** Sequences (or tokens) each component was divided by. */
  sizes: Record<Component, { tokens: number; sequences: number }>;
}

export const COMPONENTS: readonly Component[] = ['environment', 'assistant', 'general'];

/**
 * The factor of every token in the mixture, known before any loss is: what a chunked head takes as per-token weights.
 *
 *     L = CE(environment) + alpha.assistant * KL(assistant) + alpha.general * KL(general)
 *     coefficient[t] = weight of the role * token weight / (size of its sequence's component * sequences with it)
 *
 * Each component has its own normaliser. One KL component over assistant and general rows together is half of two
 * separate ones: with 8 + 8 rows the same alpha would hold the model half as firmly.
 *
 * @throws {MolLossError} `shape`, `option`, `unknown-name`.
 *
 * @example
 * molWeights({ roles: ['environment', 'environment', 'assistant'] }, { alpha: 0.1 }).coefficients;
 * // Float64Array [0.5, 0.5, 0.1]
 */
export function molWeights(tokens: MolTokens, options: MolWeightsOptions): MolWeightsResult {
  const { alpha, environmentWeight = 1, normalizer = 'sequence', denominator = 'count' } = options;
  const codes = roleCodes(tokens.roles);
  const size = codes.length;
  const weightOf = readTokenWeights(tokens.tokenWeights, size);
  const sequenceOf = readSequences(tokens, size);
  const active = codes.map((code, i) => (code !== 0 && weightOf(i) !== 0 ? 1 : 0));
  const measure = denominator === 'weight' ? weightOf : () => 1;
  const factors: Record<Component, number> = {
    environment: environmentWeight,
    assistant: typeof alpha === 'number' ? alpha : alpha.assistant,
    general: typeof alpha === 'number' ? alpha : alpha.general,
  };
  for (const [name, factor] of Object.entries(factors)) assertFactor(name, factor);

  const joint = sizesOf((i) => active[i] === 1);
  const coefficients = new Float64Array(size);
  const sizes = {} as MolWeightsResult['sizes']; // filled for every component below
  for (const component of COMPONENTS) {
    const code = ROLE_CODES[component];
    const mine = (i: number) => active[i] === 1 && codes[i] === code;
    const own = sizesOf(mine);
    sizes[component] = { tokens: own.tokens, sequences: own.bySequence.size };
    const name = typeof normalizer === 'string' ? normalizer : normalizer[component];
    const { span, by } = lookUp('molWeights', 'normalizer', NORMALIZERS, name);
    const counted = span === 'joint' ? joint : own;
    const total = options.totals?.[span === 'joint' ? 'joint' : component];
    for (let i = 0; i < size; i++) {
      if (!mine(i)) continue;
      const divisor =
        by === 'token'
          ? (total ?? counted.total)
          : counted.bySequence.get(sequenceOf(i))! * (total ?? counted.bySequence.size);
      coefficients[i] = (factors[component] * weightOf(i)) / divisor;
    }
  }
  return { coefficients, active, codes, sizes };

  function sizesOf(member: (i: number) => boolean) {
    const bySequence = new Map<number, number>();
    let [total, count] = [0, 0];
    for (let i = 0; i < size; i++) {
      if (!member(i)) continue;
      const sequence = sequenceOf(i);
      bySequence.set(sequence, (bySequence.get(sequence) ?? 0) + measure(i));
      total += measure(i);
      count++;
    }
    return { bySequence, total, tokens: count };
  }
}

const NORMALIZERS: Record<Normalizer, { span: 'own' | 'joint'; by: 'sequence' | 'token' }> = {
  sequence: { span: 'own', by: 'sequence' },
  token: { span: 'own', by: 'token' },
  'sequence-joint': { span: 'joint', by: 'sequence' },
  'token-joint': { span: 'joint', by: 'token' },
};

function readTokenWeights(
  weights: ArrayLike<number> | undefined,
  size: number,
): (i: number) => number {
  if (!weights) return () => 1;
  if (weights.length !== size) {
    throw new MolLossError(
      'shape',
      `molWeights: ${size} roles but ${weights.length} tokenWeights.`,
    );
  }
  return (i) => weights[i]!;
}

function readSequences(tokens: MolTokens, size: number): (i: number) => number {
  const { sequenceIds, sequenceLength } = tokens;
  if (sequenceIds) {
    if (sequenceIds.length !== size) {
      throw new MolLossError(
        'shape',
        `molWeights: ${size} roles but ${sequenceIds.length} sequenceIds.`,
      );
    }
    return (i) => sequenceIds[i]!;
  }
  if (sequenceLength === undefined) return () => 0;
  if (!(sequenceLength >= 1) || size % sequenceLength !== 0) {
    throw new MolLossError(
      'shape',
      `molWeights: ${size} roles are no rows of sequenceLength ${sequenceLength}.`,
    );
  }
  return (i) => Math.floor(i / sequenceLength);
}

function assertFactor(name: string, factor: number): void {
  if (Number.isFinite(factor) && factor >= 0) return;
  const option = name === 'environment' ? 'environmentWeight' : `alpha (${name})`;
  throw new MolLossError('option', `molWeights: ${option} must be a number >= 0, got ${factor}.`);
}
