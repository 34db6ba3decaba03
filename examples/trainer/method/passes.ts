import {
  addGradients,
  type Gradients,
  type LanguageModel,
  packedBatch,
  selectTargets,
} from '@molrl/qwen3';
import type { Learner, Sequence } from './learner.ts';
import { microBatches } from './microBatches.ts';
import type { Scored } from './scored.ts';

/** An item of a batch as the model reads it. */
export interface PassItem {
  sequence: Sequence;
  /** What a teacher reads beside it. */
  told?: Sequence | undefined;
}

/** The items that go through the model together. */
export interface Pass<Item> extends Scored {
  items: readonly Item[];
}

/** The prompt of a group is computed once for all its completions, where the model knows how. */
export const packingFor = ({ sharesPrefixes = false }: Pick<LanguageModel, 'sharesPrefixes'>) => ({
  sharePrefixes: sharesPrefixes,
});

/** Cuts a batch into passes that fit into memory. None where there is no item. */
export function* passesOf<Item extends PassItem>(
  { model, tokensPerPass }: Pick<Learner, 'model' | 'tokensPerPass'>,
  items: readonly Item[],
  most?: number | undefined,
): Generator<Pass<Item>> {
  const packing = packingFor(model);
  const limits = { items: most, tokens: tokensPerPass, ...packing };
  const sequencesOf = ({ sequence, told }: Item) => (told ? [sequence, told] : [sequence]);
  for (const part of microBatches(items, limits, sequencesOf)) {
    const sequences = part.map(({ sequence }) => sequence);
    const batch = packedBatch(sequences, packing);
    yield { items: part, sequences, batch, targets: selectTargets(batch, sequences) };
  }
}

/** Metrics that are means, with the tokens that they are over. */
export interface TokenMeans {
  tokens: number;
  metrics: Readonly<Record<string, number>>;
}

/** What a pass adds to the batch. */
export interface PassGradient {
  gradients: Gradients;
  /** Its share of the batch's loss. */
  loss: number;
  means: readonly TokenMeans[];
}

/** The gradient of a batch, pass after pass. Undefined without a pass. */
export async function sumOfPasses<Item>(
  passes: Iterable<Pass<Item>>,
  gradientOf: (pass: Pass<Item>) => Promise<PassGradient>,
): Promise<{ gradients: Gradients | undefined; metrics: Record<string, number> }> {
  let gradients: Gradients | undefined;
  let loss: number | undefined;
  const means: TokenMeans[] = [];
  for (const pass of passes) {
    const own = await gradientOf(pass);
    gradients = addGradients(gradients, own.gradients);
    loss = (loss ?? 0) + own.loss;
    means.push(...own.means);
  }
  return { gradients, metrics: { ...(loss !== undefined && { loss }), ...joinedMeans(means) } };
}

/** Not a mean, but this pass's share of the batch's. */
const SHARES: ReadonlySet<string> = new Set(['policy_loss']);

/** Shares add up, extremes stay extremes, the rest are means over the tokens of those that have them. */
function joinedMeans(parts: readonly TokenMeans[]): Record<string, number> {
  const names = new Set(parts.flatMap(({ metrics }) => Object.keys(metrics)));
  return Object.fromEntries(Array.from(names, (name) => [name, joined(name, parts)]));
}

function joined(name: string, parts: readonly TokenMeans[]): number {
  const own = parts.flatMap(({ tokens, metrics }) => {
    const value = metrics[name];
    return value === undefined ? [] : [{ tokens, value }];
  });
  const values = own.map(({ value }) => value);
  if (own.length === 1) return values[0]!; // as it is, without rounding
  if (SHARES.has(name)) return values.reduce((sum, value) => sum + value, 0);
  if (name.endsWith('/max')) return Math.max(...values);
  if (name.endsWith('/min')) return Math.min(...values);
  const all = own.reduce((sum, { tokens }) => sum + tokens, 0);
  return own.reduce((sum, { tokens, value }) => sum + value * tokens, 0) / Math.max(1, all);
}
