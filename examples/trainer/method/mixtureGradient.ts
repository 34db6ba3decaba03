import {
  type CeMixture,
  type MolLossResult,
  type MolTotals,
  molLoss,
  molTotals,
  type Role,
} from '@molrl/mol-loss';
import { addGradients, type Gradients, packedBatch, selectTargets } from '@molrl/qwen3';
import type { Learner, Sequence } from './learner.ts';
import { microBatches } from './microBatches.ts';
import { score } from './score.ts';
import type { Scored } from './scored.ts';

export interface MixtureOptions {
  /** Which tokens have a loss. Default: those of every role. */
  roles?: readonly Role[] | undefined;
  /**
   * CE on feedback and alpha KL to the base on the rest, or cross-entropies alone. The KL is over the whole vocabulary at
   * each token, or estimated from the token that stands there: `exp(d) - d - 1` with d = log p(base) - log p, which is 0
   * where both agree and never below. Default `'full'`.
   */
  terms: { alpha: number; kl?: MolKl | undefined } | { mixture: CeMixture };
}

export type MolKl = 'full' | 'sampled';

export interface MixtureGradient {
  gradients: Gradients;
  loss: number;
  /** Those of `molLoss`, of the whole batch. */
  metrics: Record<string, number>;
  /** That went through the model. */
  tokens: number;
}

type Part = Scored & { targets: { roles: readonly Role[] } };

/** Loss and gradient of `molLoss` over a batch, in as many passes as its tokens need. */
export async function mixtureGradient(
  learner: Learner,
  sequences: readonly Sequence[],
  { roles, terms }: MixtureOptions,
): Promise<MixtureGradient> {
  const limits = { tokens: learner.tokensPerPass };
  const all = microBatches(sequences, limits, (one) => [one]).map((part) => {
    const batch = packedBatch(part);
    return { batch, targets: selectTargets(batch, part, { roles }), sequences: part };
  });
  const wanted = all.filter(({ targets }) => targets.ids.length > 0);
  const parts = wanted.length > 0 ? wanted : all.slice(0, 1);
  const totals = molTotals(
    parts.map(({ targets: { roles, sequenceIds } }) => ({ roles, sequenceIds })),
    'mixture' in terms ? terms : { alpha: terms.alpha },
  );
  let gradients: Gradients | undefined;
  const losses: MolLossResult[] = [];
  for (const part of parts) {
    const own = await passOf(learner, part, { terms, totals });
    gradients = addGradients(gradients, own.gradients);
    losses.push(own.loss);
  }
  return {
    gradients: gradients!, // one part at least
    loss: losses.reduce((sum, { loss }) => sum + loss, 0),
    metrics: wholeMetrics(parts, losses),
    tokens: all.reduce((sum, { batch }) => sum + batch.T, 0),
  };
}

/** One pass: its share of the loss, and of the gradient. */
async function passOf(
  learner: Learner,
  part: Part,
  { terms, totals }: Pick<MixtureOptions, 'terms'> & { totals: MolTotals },
): Promise<{ loss: MolLossResult; gradients: Gradients }> {
  const { roles, sequenceIds } = part.targets;
  if ('mixture' in terms) {
    const { logprobs, backward } = await score(learner, part);
    const loss = molLoss({ logprobs, roles, sequenceIds }, { ...terms, totals });
    return { loss, gradients: backward({ logprobs: loss.logprobGradient }) };
  }
  if (terms.kl === 'sampled') return sampledKl(learner, part, { terms, totals });
  const scored = await score(learner, part, { ref: learner.ref, kl: 'reverse' });
  const { logprobs, kl, backward } = scored;
  const { alpha } = terms;
  const loss = molLoss({ logprobs, kl, roles, sequenceIds }, { alpha, totals });
  return { loss, gradients: backward({ logprobs: loss.logprobGradient, kl: loss.klGradient }) };
}

/** With the KL as the tokens alone tell it. @see Schulman 2020, Approximating KL divergence: http://joschu.net/blog/kl-approx.html */
async function sampledKl(
  learner: Learner,
  part: Part,
  { terms, totals }: { terms: { alpha: number }; totals: MolTotals },
): Promise<{ loss: MolLossResult; gradients: Gradients }> {
  const { roles, sequenceIds } = part.targets;
  const { alpha } = terms;
  const { logprobs, refLogprobs, backward } = await score(learner, part, { ref: learner.ref });
  const away = Float64Array.from(logprobs, (logprob, i) => refLogprobs[i]! - logprob); // one each
  const kl = away.map((d) => Math.exp(d) - d - 1);
  const loss = molLoss({ logprobs, kl, roles, sequenceIds }, { alpha, totals });
  const gradient = loss.logprobGradient.map(
    (own, i) => own + loss.klGradient[i]! * (1 - Math.exp(away[i]!)),
  );
  return { loss, gradients: backward({ logprobs: gradient }) };
}

/** Metrics of a batch from those of its parts: counts and shares add up, a maximum stays one, means are over their tokens. */
function wholeMetrics(
  parts: readonly Part[],
  losses: readonly MolLossResult[],
): Record<string, number> {
  const [first, ...others] = losses;
  if (first && others.length === 0) return first.metrics;
  const names = new Set(losses.flatMap(({ metrics }) => Object.keys(metrics)));
  const whole = (name: string): number => {
    const known = losses.flatMap(({ metrics }, i) => {
      const value = metrics[name];
      return value === undefined
        ? []
        : [{ value, tokens: tokensOf(name, { metrics, roles: parts[i]!.targets.roles }) }]; // a part each
    });
    if (name === 'mol/loss' || name.endsWith('_tokens'))
      return known.reduce((sum, { value }) => sum + value, 0);
    if (name === 'mol/kl_max') return Math.max(...known.map(({ value }) => value));
    const all = known.reduce((sum, { tokens }) => sum + tokens, 0);
    return known.reduce((sum, { value, tokens }) => sum + value * tokens, 0) / Math.max(1, all);
  };
  return Object.fromEntries(Array.from(names, (name) => [name, whole(name)]));
}

/** What a mean of a part is over: `mol/ce`, `mol/kl`, or one role, `mol/kl_general`. */
function tokensOf(
  name: string,
  { metrics, roles }: { metrics: Record<string, number>; roles: readonly Role[] },
): number {
  const own = metrics[`${name}_tokens`];
  if (own !== undefined) return own;
  return roles.filter((role) => name.endsWith(`_${role}`)).length;
}
