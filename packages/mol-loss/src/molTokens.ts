import { assertNumber, show } from './assertNumber.ts';
import { MolLossError } from './errors.ts';
import { assertPerToken, readFields } from './readFields.ts';
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
  weightOf(i: number): number;
  sequenceOf(i: number): number;
}

/** The data without what is `null` or `undefined`; a name we do not have is an error. */
export function readData<T extends MolTokens>(where: string, data: T): T {
  return readFields(where, 'data field', data, DATA_FIELDS);
}

/** Roles, weights and sequences, checked where a token has a role; only roles in `taking`, if given, are any. */
export function readTokens(
  where: string,
  data: MolTokens,
  taking?: Readonly<Partial<Record<Component, unknown>>>,
): TokenLayout {
  const { roles, sequenceIds, sequenceLength, tokenWeights } = data;
  const all = roleCodes(roles);
  const codes = taking === undefined ? all : all.map((code) => (takes(taking, code) ? code : 0));
  const size = codes.length;
  if (tokenWeights !== undefined) assertPerToken(where, 'tokenWeights', tokenWeights, size);
  if (sequenceIds !== undefined) assertPerToken(where, 'sequenceIds', sequenceIds, size);
  if (sequenceLength !== undefined) assertRows(where, size, sequenceLength, sequenceIds);
  for (let i = 0; i < size; i++) {
    if (codes[i] === 0) continue;
    if (sequenceIds) assertNumber(where, `sequenceIds[${i}]`, sequenceIds[i]);
    if (tokenWeights) assertWeight(where, i, tokenWeights[i]);
  }
  const weightOf = (i: number) => tokenWeights?.[i] ?? 1;
  const rowLength = sequenceLength ?? Infinity; // neither ids nor a length: one sequence
  const sequenceOf = (i: number) => sequenceIds?.[i] ?? Math.floor(i / rowLength);
  const active = codes.map((code, i) => (code !== 0 && weightOf(i) !== 0 ? 1 : 0));
  return { codes, active, weightOf, sequenceOf };
}

/** The size of one component, or of all three together, and what each sequence has of it. */
export function sizeOf(
  { codes, active, weightOf, sequenceOf }: TokenLayout,
  component: Component | 'joint',
  measure: (i: number) => number = () => 1,
): { size: MolSize; bySequence: Map<number, number> } {
  const bySequence = new Map<number, number>();
  let [tokens, weight] = [0, 0];
  for (let i = 0; i < codes.length; i++) {
    if (active[i] === 0) continue;
    if (component !== 'joint' && codes[i] !== ROLE_CODES[component]) continue;
    const sequence = sequenceOf(i);
    bySequence.set(sequence, (bySequence.get(sequence) ?? 0) + measure(i));
    weight += weightOf(i);
    tokens++;
  }
  return { size: { tokens, sequences: bySequence.size, weight }, bySequence };
}

function takes(taking: Readonly<Partial<Record<Component, unknown>>>, code: number): boolean {
  return (Object.keys(taking) as Component[]).some((role) => ROLE_CODES[role] === code);
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
  sequenceLength: number,
  sequenceIds: ArrayLike<number> | undefined,
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
