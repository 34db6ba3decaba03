import { MolLossError } from './errors.ts';
import { lookUp } from './lookUp.ts';

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
  const codes = new Uint8Array(roles.length);
  for (let i = 0; i < codes.length; i++) {
    const role = roles[i]!;
    if (typeof role === 'string') {
      codes[i] = lookUp('roles', 'role', ROLE_CODES, role);
    } else if (role === 0 || role === 1 || role === 2 || role === 3) {
      codes[i] = role;
    } else {
      throw new MolLossError('option', `roles: token ${i} has code ${role}. Codes are 0 to 3.`);
    }
  }
  return codes;
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

/**
 * Masks by turn, by role or by token: whatever does not stay becomes `ignore`.
 *
 * @returns `[N]`, codes. A new array.
 * @throws {MolLossError} `missing` when `turn` is given without `turns`; as `roleCodes`.
 *
 * @example
 * selectRoles(['environment', 'assistant', 'environment'], { turns: [0, 1, 1], turn: (k) => k > 0 });
 * // Uint8Array [0, 2, 1]
 */
export function selectRoles(roles: Roles, options: SelectRolesOptions): Uint8Array {
  const { turns, turn, role, token } = options;
  if (turn && turns?.length !== roles.length) {
    throw new MolLossError(
      'missing',
      'selectRoles: a filter by turn needs turns, one number per token.',
    );
  }
  const names = Object.keys(ROLE_CODES) as Role[]; // in the order of the codes
  return roleCodes(roles).map((code, i) => {
    const name = names[code]!;
    if (name === 'ignore') return 0;
    const stays = (turn?.(turns![i]!) ?? true) && (role?.(name) ?? true) && (token?.(i) ?? true);
    return stays ? code : 0;
  });
}

/**
 * Keeps, among the tokens of one role, the share with the largest values (their loss, or their loss above the base's),
 * so that what is known already takes no part. Other roles are untouched.
 *
 * @param values - `[N]`, only read at that role.
 * @returns `[N]`, codes. At least one token of the role stays.
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
  const codes = roleCodes(roles);
  const code = ROLE_CODES[options.role];
  const tokens = Array.from(codes.keys()).filter((i) => codes[i] === code);
  tokens.sort((a, b) => values[b]! - values[a]!);
  const kept = Math.max(1, Math.ceil(tokens.length * options.share));
  for (const i of tokens.slice(kept)) codes[i] = 0;
  return codes;
}
