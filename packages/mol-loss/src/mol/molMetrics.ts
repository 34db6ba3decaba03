import type { RoleTerms } from './mixture.ts';
import type { MolComponent } from './molComponent.ts';
import { COMPONENTS, type MolWeightsResult } from './molWeights.ts';
import { type Component, endOfRun, ROLE_CODES } from './roles.ts';

/** What to log of the mixture. `mol/ce` and `mol/kl` are means over the tokens of all roles that have the term. */
export function molMetrics(
  { active, codes, terms }: MolWeightsResult,
  loss: number,
  { components, values }: { components: Record<Component, MolComponent>; values: Float64Array },
): Record<string, number> {
  const rolesOf = (term: 'ce' | 'kl') => COMPONENTS.filter((name) => terms[name]?.term === term);
  const [ceRoles, klRoles] = [rolesOf('ce'), rolesOf('kl')];
  const hasKl = termCodes(terms, 'kl');
  let klMax = 0;
  for (let from = 0, to = 0; from < codes.length; from = to) {
    to = endOfRun(codes, from);
    if (hasKl[codes[from]!] === 0) continue;
    for (let i = from; i < to; i++) if (active[i] === 1 && values[i]! > klMax) klMax = values[i]!;
  }
  const ofRoles = (term: 'ce' | 'kl', roles: readonly Component[]) =>
    Object.fromEntries(roles.map((name) => [`mol/${term}_${name}`, components[name].mean]));
  return {
    'mol/loss': loss,
    'mol/ce': pooledMean(ceRoles.map((name) => components[name])),
    'mol/kl': pooledMean(klRoles.map((name) => components[name])),
    ...(ceRoles.length > 1 && ofRoles('ce', ceRoles)), // with one, mol/ce says it
    ...ofRoles('kl', klRoles),
    'mol/kl_max': klMax,
    'mol/ce_tokens': tokensOf(ceRoles.map((name) => components[name])),
    'mol/kl_tokens': tokensOf(klRoles.map((name) => components[name])),
  };
}

/** By role code, 1 where the mixture gives its tokens this term. */
export function termCodes(mixture: RoleTerms, term: 'ce' | 'kl'): Uint8Array {
  const codes = new Uint8Array(4);
  for (const name of COMPONENTS) if (mixture[name]?.term === term) codes[ROLE_CODES[name]] = 1;
  return codes;
}

const tokensOf = (components: readonly MolComponent[]) =>
  components.reduce((sum, { tokens }) => sum + tokens, 0);

/** Mean over the tokens of several components; of one it is its own, to the bit. */
function pooledMean(components: readonly MolComponent[]): number {
  if (components.length === 1) return components[0]!.mean;
  const sum = components.reduce((total, { mean, tokens }) => total + mean * tokens, 0);
  return sum / Math.max(1, tokensOf(components));
}

/** Mean negative log-prob per role, and on general text against the base: what was forgotten. */
export function nllMetrics(
  { active, codes }: Pick<MolWeightsResult, 'active' | 'codes'>,
  logprobs: ArrayLike<number>,
  refLogprobs?: ArrayLike<number>,
): Record<string, number> {
  const metrics: Record<string, number> = {};
  const { sums, counts } = negativeSums({ active, codes }, logprobs);
  for (const name of COMPONENTS) {
    const code = ROLE_CODES[name];
    if (counts[code] !== 0) metrics[`mol/nll_${name}`] = sums[code]! / counts[code]!;
  }
  const { general } = ROLE_CODES;
  if (counts[general] === 0 || refLogprobs === undefined) return metrics;
  let sum = 0;
  for (let i = 0; i < codes.length; i++)
    if (active[i] !== 0 && codes[i] === general) sum -= refLogprobs[i]!; // other tokens' are not read
  const [now, base] = [metrics['mol/nll_general']!, sum / counts[general]!];
  metrics['mol/nll_general_base'] = base;
  metrics['mol/forgetting'] = now === base ? 0 : now - base; // both may be infinite
  return metrics;
}

/** By role code: the sum of -value over the active tokens, and their number. */
function negativeSums(
  { active, codes }: Pick<MolWeightsResult, 'active' | 'codes'>,
  values: ArrayLike<number>,
): { sums: Float64Array; counts: Float64Array } {
  const [sums, counts] = [new Float64Array(4), new Float64Array(4)];
  for (let from = 0, to = 0; from < codes.length; from = to) {
    to = endOfRun(codes, from);
    const code = codes[from]!;
    let [sum, count] = [sums[code]!, 0];
    for (let i = from; i < to; i++) {
      if (active[i] === 0) continue;
      sum -= values[i]!;
      count++;
    }
    sums[code] = sum;
    counts[code]! += count;
  }
  return { sums, counts };
}
