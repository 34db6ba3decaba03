import { assertNumber, show } from '../base/assertNumber.ts';
import { MolLossError } from '../base/errors.ts';
import { lookUp } from '../base/lookUp.ts';
import { assertList, assertPerToken, type Names, readFields } from '../base/readFields.ts';

/** What a target token teaches: feedback (CE), the model's own turns or general text (KL to the base), or nothing. */
export type Role = 'ignore' | 'environment' | 'assistant' | 'general';

/** The roles that carry a loss. */
export type Component = 'environment' | 'assistant' | 'general';

/** Roles as small integers, for typed arrays. */
export const ROLE_CODES: Readonly<Record<Role, number>> = {
  ignore: 0,
  environment: 1,
  assistant: 2,
  general: 3,
};

/** Roles of target tokens: names, or codes of `ROLE_CODES`. */
export type Roles = ArrayLike<Role> | ArrayLike<number>;

/**
 * Roles as codes.
 *
 * @throws {MolLossError} `unknown-name` or `option` for a role we do not have.
 *
 * @example
 * roleCodes(['ignore', 'environment', 'general']); // Uint8Array [0, 1, 3]
 */
export function roleCodes(roles: Roles): Uint8Array {
  assertList('roles', 'roles', roles);
  if (roles instanceof Uint8Array && areCodes(roles)) return roles.slice();
  const codes = new Uint8Array(roles.length);
  for (let i = 0; i < codes.length; i++) {
    const role = roles[i]!;
    if (typeof role === 'string') {
      codes[i] = lookUp('roles: unknown role', ROLE_CODES, role);
    } else if (role === 0 || role === 1 || role === 2 || role === 3) {
      codes[i] = role;
    } else {
      throw new MolLossError(
        'option',
        `roles: token ${i} has code ${show(role)}. Codes are 0 to 3.`,
      );
    }
  }
  return codes;
}

/** Whether all are codes; which is not is the general way's to say. */
function areCodes(roles: Uint8Array): boolean {
  let all = 0;
  for (let i = 0; i < roles.length; i++) all |= roles[i]!;
  return all <= 3;
}

/**
 * The end of the tokens from `from` on that have one code: roles come in turns. What is the same for all of them is asked once,
 * and sums stay in registers.
 */
export function endOfRun(codes: Uint8Array, from: number): number {
  const code = codes[from];
  let end = from + 1;
  while (end < codes.length && codes[end] === code) end++;
  return end;
}

export interface SelectRolesOptions {
  /** `[N]`, turn number of each token, -1 = none; needed for `turn`. */
  turns?: ArrayLike<number> | undefined;
  /** Which turns stay. Default: all. */
  turn?: ((turn: number) => boolean) | undefined;
  /** Which roles stay. Default: all. */
  role?: ((role: Component) => boolean) | undefined;
  /** Which tokens stay. Default: all. */
  token?: ((i: number) => boolean) | undefined;
}

const SELECT_OPTIONS: Names<SelectRolesOptions> = {
  turns: true,
  turn: true,
  role: true,
  token: true,
};

/**
 * Masks by turn, by role or by token: whatever does not stay becomes `ignore`.
 *
 * @returns `[N]`, codes. A new array.
 * @throws {MolLossError} `missing` when `turn` is given without `turns`; `option` for a filter that is no function; as
 * `roleCodes`.
 *
 * @example
 * selectRoles(['environment', 'assistant', 'environment'], { turns: [0, 1, 1], turn: (k) => k > 0 });
 * // Uint8Array [0, 2, 1]
 */
export function selectRoles(roles: Roles, options: SelectRolesOptions): Uint8Array {
  const given = readFields('selectRoles', options, { known: SELECT_OPTIONS });
  const { turns, turn, role, token } = given;
  for (const [name, filter] of Object.entries({ turn, role, token })) {
    if (filter === undefined || typeof filter === 'function') continue;
    throw new MolLossError(
      'option',
      `selectRoles: ${name} must be a function, got ${show(filter)}.`,
    );
  }
  if (turn && turns === undefined) {
    throw new MolLossError(
      'missing',
      'selectRoles: a filter by turn needs turns, one number per token.',
    );
  }
  const codes = roleCodes(roles);
  if (turns !== undefined) assertTurns(turns, codes);
  const names = Object.keys(ROLE_CODES) as Role[]; // in the order of the codes
  return codes.map((code, i) => {
    const name = names[code]!;
    if (name === 'ignore') return 0;
    const stays = (turn?.(turns![i]!) ?? true) && (role?.(name) ?? true) && (token?.(i) ?? true);
    return stays ? code : 0;
  });
}

function assertTurns(turns: ArrayLike<number>, codes: Uint8Array): void {
  assertPerToken('selectRoles', { turns }, codes.length);
  for (let i = 0; i < codes.length; i++) {
    if (codes[i] === 0) continue;
    assertNumber(`selectRoles: turns[${i}]`, turns[i], { integer: true, min: -1 });
  }
}

/**
 * Keeps, among the tokens of one role, the share with the largest values (their loss, or their loss above the base's),
 * so that what is known already takes no part. Other roles are untouched.
 *
 * @param values - `[N]`, only read at that role. Equal values: the earlier token stays.
 * @param options - `role`, and the `share` of its tokens that stays, 0 to 1.
 * @returns `[N]`, codes. At least one token of the role stays.
 * @throws {MolLossError} `option` for a share outside 0 to 1, `not-finite` for NaN at that role; as `roleCodes`.
 *
 * @example
 * const roles = ['environment', 'environment', 'environment', 'environment'];
 * selectLargest(roles, [0.1, 3, 2, 0.2], { role: 'environment', share: 0.5 }); // Uint8Array [0, 1, 1, 0]
 *
 * @see Lin et al. 2024, Rho-1: https://arxiv.org/abs/2404.07965
 */
export function selectLargest(
  roles: Roles,
  values: ArrayLike<number>,
  options: { role: Component; share: number },
): Uint8Array {
  const where = 'selectLargest';
  const { role, share } = readFields(where, options, { known: { role: true, share: true } });
  const { ignore: _, ...components } = ROLE_CODES;
  const code = lookUp(`${where}: unknown role`, components, role);
  assertNumber(`${where}: share`, share, { min: 0, max: 1 });
  const codes = roleCodes(roles);
  assertPerToken(where, { values }, codes.length);
  const tokens = Array.from(codes.keys()).filter((i) => codes[i] === code);
  for (const i of tokens) {
    if (typeof values[i] === 'number' && !Number.isNaN(values[i])) continue;
    throw new MolLossError('not-finite', `${where}: values is ${show(values[i])} at token ${i}.`);
  }
  tokens.sort((a, b) => Number(values[b]! > values[a]!) - Number(values[b]! < values[a]!));
  const kept = Math.max(1, Math.ceil(tokens.length * share - ROUNDING));
  for (const i of tokens.slice(kept)) codes[i] = 0;
  return codes;
}

/** 0.07 * 100 is a little more than 7 in floating point, and is 7 tokens. */
const ROUNDING = 1e-9;
