import { assertNumber } from '../base/assertNumber.ts';
import { MolLossError } from '../base/errors.ts';
import { type Names, readFields } from '../base/readFields.ts';
import type { Component } from './roles.ts';

/** What the tokens of a role are trained with, and its weight: cross-entropy, or the KL to the frozen base. */
export type RoleTerm = { ce: number; kl?: undefined } | { kl: number; ce?: undefined };

/**
 * The mixture, role by role. A role without an entry takes no part: its tokens are as those of the role `'ignore'`.
 * `{ environment: { ce: 1 }, general: { ce: 1 } }` is replay.
 */
export type MolMixture = { readonly [role in Component]?: RoleTerm | undefined };

/** A mixture of cross-entropies alone: no KL has to be computed. */
export type CeMixture = { readonly [role in Component]?: Extract<RoleTerm, { ce: number }> };

/** The paper's mixture, in short: CE on the environment, KL on the rest. */
export interface AlphaWeights {
  /** Weight of the KL terms: one for both, or one each. No default: it decides what is remembered. */
  alpha: number | { assistant: number; general: number };
  /** Weight of the CE term. Default 1. */
  environmentWeight?: number | undefined;
  mixture?: undefined;
}

/** Any other mixture, said in full. */
export interface MixtureWeights {
  /** See `MolMixture`. No default. */
  mixture: MolMixture;
  alpha?: undefined;
  environmentWeight?: undefined;
}

/** How the roles are weighted: `alpha`, or a `mixture`; never both. */
export type MixtureOptions = AlphaWeights | MixtureWeights;

/** The components, for tables that have one entry each. */
export const EACH: Names<Record<Component, unknown>> = {
  environment: true,
  assistant: true,
  general: true,
};

/** Term and weight of every role that takes part. */
export type RoleTerms = Partial<Record<Component, { term: 'ce' | 'kl'; weight: number }>>;

/**
 * The mixture as term and weight of each role.
 *
 *     alpha: a  =  mixture: { environment: { ce: environmentWeight }, assistant: { kl: a }, general: { kl: a } }
 */
export function readMixture(where: string, options: MixtureOptions): RoleTerms {
  const { alpha, mixture, environmentWeight } = options;
  if (mixture === undefined) return termsOfAlpha(where, { alpha, environmentWeight });
  for (const [name, value] of Object.entries({ alpha, environmentWeight })) {
    if (value === undefined) continue;
    throw new MolLossError(
      'option',
      `${where}: mixture and ${name} say the same twice: give mixture alone, { role: { ce or kl: weight } }, or alpha.`,
    );
  }
  const given = readFields<MolMixture>(where, mixture, { what: 'role of mixture', known: EACH });
  const terms: RoleTerms = {};
  for (const role of Object.keys(given) as Component[]) terms[role] = termOf(where, role, given);
  if (Object.keys(terms).length > 0) return terms;
  throw new MolLossError(
    'missing',
    `${where}: mixture names no role, so nothing would be trained. Give { environment: { ce: 1 }, … }.`,
  );
}

function termOf(where: string, role: Component, mixture: MolMixture) {
  const what = `term of mixture.${role}`;
  const { ce, kl } = readFields<Partial<Record<'ce' | 'kl', unknown>>>(where, mixture[role] ?? {}, {
    what,
    known: { ce: true, kl: true },
  });
  if ((ce === undefined) === (kl === undefined)) {
    throw new MolLossError(
      ce === undefined ? 'missing' : 'option',
      `${where}: mixture.${role} has one of ce and kl, got ${ce === undefined ? 'neither' : 'both'}. Give { ce: weight } or { kl: weight }.`,
    );
  }
  const term = ce === undefined ? 'kl' : 'ce';
  const weight = ce ?? kl;
  assertNumber(`${where}: mixture.${role}.${term}`, weight, { min: 0 });
  return { term, weight } as const;
}

function termsOfAlpha(
  where: string,
  { alpha, environmentWeight = 1 }: Partial<AlphaWeights>,
): RoleTerms {
  if (alpha === undefined) {
    throw new MolLossError(
      'missing',
      `${where}: alpha, the weight of the KL terms, has no default. Give a number, or { assistant, general }; or a mixture.`,
    );
  }
  const each = typeof alpha === 'object' ? alpha : { assistant: alpha, general: alpha };
  const { assistant, general } = readFields(where, each, {
    what: 'weight of alpha',
    known: {
      assistant: true,
      general: true,
    },
  });
  assertNumber(`${where}: environmentWeight`, environmentWeight, { min: 0 });
  assertNumber(`${where}: alpha (assistant)`, assistant, { min: 0 });
  assertNumber(`${where}: alpha (general)`, general, { min: 0 });
  return {
    environment: { term: 'ce', weight: environmentWeight },
    assistant: { term: 'kl', weight: assistant },
    general: { term: 'kl', weight: general },
  };
}
