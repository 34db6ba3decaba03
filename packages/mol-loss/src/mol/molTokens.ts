import { assertNumber, show } from '../base/assertNumber.ts';
import { MolLossError } from '../base/errors.ts';
import { assertPerToken, readFields } from '../base/readFields.ts';
import { type Component, ROLE_CODES, type Roles, roleCodes } from './roles.ts';

/** Which tokens belong together and how they count. */
export interface MolTokens {
  /** `[N]`, role of each target token. */
  roles: Roles;
  /** `[N]`, which sequence a token is of. Give this or `sequenceLength`; neither = one sequence. */
  sequenceIds?: ArrayLike<number> | undefined;
  /** T, when the tokens are flat `[B*T]`. */
  sequenceLength?: number | undefined;
  /** `[N]`, weight of each token, >= 0. 0 takes it out altogether. Default 1. Not read at tokens without a role. */
  tokenWeights?: ArrayLike<number> | undefined;
}

/** How much of a component there is: everything that one of the normalisers divides by. Parts of a batch add up. */
export interface MolSize {
  tokens: number;
  /** Sequences with at least one such token. */
  sequences: number;
  /** Sum of the tokens' weights. */
  weight: number;
}

/** The names of the data of every function here: each reads its own and leaves the others alone. */
const DATA_FIELDS = {
  roles: true,
  sequenceIds: true,
  sequenceLength: true,
  tokenWeights: true,
  logprobs: true,
  kl: true,
  refLogprobs: true,
  logits: true,
  refLogits: true,
  targets: true,
} as const;

/** The tokens after every check. */
export interface TokenLayout {
  /** `[N]`, role codes. */
  codes: Uint8Array;
  /** `[N]`, 1 where a token has a role and a weight. */
  active: Uint8Array;
  /** `[N]`; undefined = 1 each. Not read where a token has no role. */
  tokenWeights: ArrayLike<number> | undefined;
  /** `[N]`, number of each token's sequence, 0 to `count` - 1, in the order of their first tokens. */
  sequences: { of: Uint32Array; count: number };
}

/** The data without what is `null` or `undefined`; a name we do not have is an error. */
export function readData<T extends MolTokens>(where: string, data: T): T {
  return readFields(where, data, { what: 'data field', known: DATA_FIELDS });
}

/** Roles, weights and sequences, checked where a token has a role; only roles in `taking`, if given, are any. */
export function readTokens(
  where: string,
  data: MolTokens,
  taking?: Readonly<Partial<Record<Component, unknown>>>,
): TokenLayout {
  const { roles, sequenceIds, sequenceLength, tokenWeights } = data;
  const all = roleCodes(roles);
  const codes = taking === undefined ? all : onlyOf(all, taking);
  const size = codes.length;
  if (tokenWeights !== undefined) assertPerToken(where, { tokenWeights }, size);
  if (sequenceIds !== undefined) assertPerToken(where, { sequenceIds }, size);
  if (sequenceLength !== undefined) assertRows(where, size, { sequenceLength, sequenceIds });
  if (sequenceIds !== undefined || tokenWeights !== undefined) {
    assertTokens(where, codes, { sequenceIds, tokenWeights });
  }
  const active = new Uint8Array(size);
  for (let i = 0; i < size; i++) {
    active[i] = codes[i] !== 0 && (tokenWeights === undefined || tokenWeights[i] !== 0) ? 1 : 0;
  }
  const sequences = sequencesOf(codes, { sequenceIds, sequenceLength });
  return { codes, active, tokenWeights, sequences };
}

/** Numbers the sequences of the tokens with a role. */
function sequencesOf(
  codes: Uint8Array,
  { sequenceIds, sequenceLength }: Pick<MolTokens, 'sequenceIds' | 'sequenceLength'>,
): TokenLayout['sequences'] {
  const of = new Uint32Array(codes.length);
  if (sequenceIds === undefined) {
    const length = sequenceLength ?? Math.max(1, of.length); // neither ids nor a length: one sequence
    const count = of.length / length;
    for (let row = 0; row < count; row++) of.fill(row, row * length, (row + 1) * length);
    return { of, count };
  }
  const numbers = new Map<number, number>();
  let [id, number] = [Number.NaN, 0];
  for (let i = 0; i < of.length; i++) {
    if (codes[i] === 0) continue; // its id was not checked
    if (sequenceIds[i] !== id) {
      id = sequenceIds[i]!;
      number = numbers.get(id) ?? numbers.size;
      numbers.set(id, number);
    }
    of[i] = number;
  }
  return { of, count: numbers.size };
}

/** The end of the tokens from `from` on that have one code and one sequence. */
export function endOfTurn(
  { codes, sequences: { of } }: Pick<TokenLayout, 'codes' | 'sequences'>,
  from: number,
): number {
  const [code, sequence] = [codes[from], of[from]];
  let end = from + 1;
  while (end < codes.length && codes[end] === code && of[end] === sequence) end++;
  return end;
}

/** Sizes of the components and of all of them together, and how much of each every sequence has. */
export interface MolSizes {
  sizes: Record<Component | 'joint', MolSize>;
  /** `[4 * sequences]`, by sequence and role code, under code 0 of all roles: its tokens, or the sum of their weights. */
  bySequence: Float64Array;
}

/** The sizes, in one pass; a sequence's in its tokens' `'count'` or `'weight'`. */
export function sizesOf(
  { codes, active, tokenWeights, sequences }: TokenLayout,
  measure: 'count' | 'weight',
): MolSizes {
  const bySequence = new Float64Array(4 * sequences.count);
  const [tokens, weights] = [new Float64Array(4), new Float64Array(4)];
  const add = (at: number, count: number, weight: number): void => {
    const code = codes[at]!;
    const amount = measure === 'count' ? count : weight;
    const sequence = 4 * sequences.of[at]!;
    bySequence[sequence]! += amount;
    bySequence[sequence + code]! += amount;
    tokens[0]! += count;
    tokens[code]! += count;
    weights[0]! += weight;
    weights[code]! += weight;
  };
  for (let from = 0, to = 0; from < codes.length; from = to) {
    to = endOfTurn({ codes, sequences }, from);
    if (codes[from] === 0) continue;
    if (tokenWeights === undefined) add(from, to - from, to - from);
    else for (let i = from; i < to; i++) if (active[i] === 1) add(i, 1, tokenWeights[i]!);
  }
  const sequencesWith = new Float64Array(4);
  for (let k = 0; k < bySequence.length; k++) if (bySequence[k] !== 0) sequencesWith[k % 4]!++;
  const size = (code: number): MolSize => ({
    tokens: tokens[code]!,
    sequences: sequencesWith[code]!,
    weight: weights[code]!,
  });
  const { environment, assistant, general } = ROLE_CODES;
  const sizes = {
    joint: size(0),
    environment: size(environment),
    assistant: size(assistant),
    general: size(general),
  };
  return { sizes, bySequence };
}

/** The codes, 0 where the role is not among those taken. */
function onlyOf(codes: Uint8Array, taking: Readonly<Partial<Record<Component, unknown>>>) {
  const kept = new Uint8Array(4);
  const roles = Object.keys(taking) as Component[];
  if (roles.length === 3) return codes; // all there are
  for (const role of roles) kept[ROLE_CODES[role]] = ROLE_CODES[role];
  for (let i = 0; i < codes.length; i++) codes[i] = kept[codes[i]!]!; // codes are a copy of ours
  return codes;
}

function assertTokens(
  where: string,
  codes: Uint8Array,
  { sequenceIds, tokenWeights }: Pick<MolTokens, 'sequenceIds' | 'tokenWeights'>,
): void {
  for (let i = 0; i < codes.length; i++) {
    if (codes[i] === 0) continue;
    if (sequenceIds !== undefined && !Number.isFinite(sequenceIds[i])) {
      assertNumber(`${where}: sequenceIds[${i}]`, sequenceIds[i]);
    }
    if (tokenWeights !== undefined) assertWeight(where, i, tokenWeights[i]);
  }
}

function assertWeight(where: string, i: number, weight: number | undefined): void {
  if (typeof weight === 'number' && Number.isFinite(weight) && weight >= 0) return;
  throw new MolLossError(
    Number.isNaN(weight) ? 'not-finite' : 'option',
    `${where}: tokenWeights[${i}] must be a number >= 0, got ${show(weight)}. 0 takes a token out, as the role 'ignore' does.`,
  );
}

function assertRows(
  where: string,
  size: number,
  { sequenceLength, sequenceIds }: Pick<MolTokens, 'sequenceIds'> & { sequenceLength: number },
): void {
  if (sequenceIds) {
    throw new MolLossError(
      'option',
      `${where}: sequenceIds and sequenceLength say the same: give one.`,
    );
  }
  if (Number.isInteger(sequenceLength) && sequenceLength >= 1 && size % sequenceLength === 0)
    return;
  throw new MolLossError(
    'shape',
    `${where}: ${size} roles are no rows of sequenceLength ${show(sequenceLength)}.`,
  );
}
