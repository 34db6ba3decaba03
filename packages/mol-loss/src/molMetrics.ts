import type { MolComponent } from './molLoss.ts';
import { COMPONENTS, type MolWeightsResult } from './molWeights.ts';
import { type Component, ROLE_CODES } from './roles.ts';

/** What to log of the mixture. */
export function molMetrics(
  { active, codes }: MolWeightsResult,
  loss: number,
  { environment, assistant, general }: Record<Component, MolComponent>,
  values: Float64Array,
): Record<string, number> {
  const klTokens = assistant.tokens + general.tokens;
  let klMax = 0;
  for (let i = 0; i < codes.length; i++) {
    if (active[i] === 1 && codes[i] !== ROLE_CODES.environment) klMax = Math.max(klMax, values[i]!);
  }
  const klSum = assistant.mean * assistant.tokens + general.mean * general.tokens;
  return {
    'mol/loss': loss,
    'mol/ce': environment.mean,
    'mol/kl': klSum / Math.max(1, klTokens),
    'mol/kl_assistant': assistant.mean,
    'mol/kl_general': general.mean,
    'mol/kl_max': klMax,
    'mol/ce_tokens': environment.tokens,
    'mol/kl_tokens': klTokens,
  };
}

/** Mean negative log-prob per role, and on general text against the base: what was forgotten. */
export function nllMetrics(
  { active, codes }: Pick<MolWeightsResult, 'active' | 'codes'>,
  logprobs: ArrayLike<number>,
  refLogprobs?: ArrayLike<number>,
): Record<string, number> {
  const metrics: Record<string, number> = {};
  for (const name of COMPONENTS) {
    const tokens = Array.from(codes.keys()).filter(
      (i) => active[i] === 1 && codes[i] === ROLE_CODES[name],
    );
    if (tokens.length === 0) continue;
    const nll = (of: ArrayLike<number>) =>
      tokens.reduce((sum, i) => sum - of[i]!, 0) / tokens.length;
    metrics[`mol/nll_${name}`] = nll(logprobs);
    if (name !== 'general' || !refLogprobs) continue;
    const [now, base] = [nll(logprobs), nll(refLogprobs)];
    metrics['mol/nll_general_base'] = base;
    metrics['mol/forgetting'] = now === base ? 0 : now - base; // both may be infinite
  }
  return metrics;
}
