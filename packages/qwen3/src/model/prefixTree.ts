import { Qwen3Error } from '../base/errors.ts';

/** Where tokens stand when sequences have their common prefixes once. */
export interface PrefixTree {
  /** `[T]`: the place behind the last token that has this one before it. A token sees those before it whose subtree it lies in. */
  ends: Int32Array;
  /** `[sequences]`: the place of the first token that is a sequence's own. */
  starts: Int32Array;
  /** `[sequences]`: how many tokens stand before that, in sequences before it. */
  shared: Int32Array;
}

/** Tokens, and which of them are targets. */
interface Branch {
  ids: ArrayLike<number>;
  roles: readonly string[];
}

/** Tokens from the start on that predict no target: their hidden states serve every sequence alike. The last token is own. */
function commonable({ ids, roles }: Branch): number {
  for (let t = 1; t < ids.length; t++) if (roles[t] !== 'ignore') return t - 1;
  return ids.length - 1;
}

/**
 * How many tokens at the start of `next` need not be computed again behind `previous`: those that both have and that
 * predict no target in either. So many places `packedBatch` saves with `sharePrefixes`.
 *
 * @example
 * const prompt = { ids: [1, 2, 3], roles: ['ignore', 'ignore', 'ignore'] };
 * const a = { ids: [...prompt.ids, 4], roles: [...prompt.roles, 'assistant'] };
 * const b = { ids: [...prompt.ids, 5], roles: [...prompt.roles, 'assistant'] };
 * sharedTokens(a, b); // 2: the last token of the prompt predicts 4 in one, 5 in the other
 */
export function sharedTokens(previous: Branch, next: Branch): number {
  const most = Math.max(0, Math.min(commonable(previous), commonable(next)));
  let t = 0;
  while (t < most && previous.ids[t] === next.ids[t]) t++;
  return t;
}

/** Every sequence behind the one before it, without what it has in common with that. @throws {Qwen3Error} `option` */
export function prefixTree(sequences: readonly Branch[]): PrefixTree {
  const bare = sequences.findIndex(({ ids, roles }) => roles?.length !== ids.length);
  if (bare >= 0) {
    throw new Qwen3Error(
      'option',
      `packedBatch: sharePrefixes needs one role per token, sequence ${bare} has ${sequences[bare]!.ids.length} ids and ${sequences[bare]!.roles?.length ?? 'no'} roles. A token that predicts a target is not shared.`,
    );
  }
  const starts = new Int32Array(sequences.length);
  const shared = new Int32Array(sequences.length);
  const ends: number[] = [];
  const path: number[] = []; // places of the tokens of the sequence so far
  for (const [index, sequence] of sequences.entries()) {
    const depth = index === 0 ? 0 : sharedTokens(sequences[index - 1]!, sequence);
    for (const place of path.splice(depth)) ends[place] = ends.length;
    starts[index] = ends.length;
    shared[index] = depth;
    for (let t = depth; t < sequence.ids.length; t++) path.push(ends.push(0) - 1);
  }
  for (const place of path) ends[place] = ends.length;
  return { ends: Int32Array.from(ends), starts, shared };
}
