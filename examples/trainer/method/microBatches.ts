import { planMemory, type Qwen3Config, sharedTokens, type TrainingSequence } from '@molrl/qwen3';

/** What the activations and gradients of one forward and backward pass may take, where nobody says otherwise. */
const PASS_BYTES = 1 << 30;

/** Most tokens of a pass within it; a rank of 0 trains all weights. */
export function tokensPerPass(config: Qwen3Config, loraRank: number): number {
  const options = { loraRank, train: { tokens: 1 } };
  const { parts } = planMemory(config, options);
  const limit = parts.weights + parts.optimizer + PASS_BYTES;
  return Math.max(1, planMemory(config, { ...options, limit }).largest.trainTokens);
}

/**
 * Cuts a batch where the next item would be one too many, or its tokens would; an item longer than that goes alone. With
 * `sharePrefixes` what its sequences have in common with those of the one before it does not count, as in `packedBatch`.
 */
export function microBatches<Item>(
  items: readonly Item[],
  limits: { items?: number | undefined; tokens: number; sharePrefixes?: boolean },
  sequencesOf: (item: Item) => readonly TrainingSequence[],
): Item[][] {
  const { items: most = items.length, tokens: mostTokens, sharePrefixes = false } = limits;
  const parts: Item[][] = [];
  let part: Item[] = [];
  let tokens = 0;
  for (const item of items) {
    const sequences = sequencesOf(item);
    const alone = sequences.reduce((sum, { ids }) => sum + ids.length, 0);
    const before = sharePrefixes ? part.at(-1) : undefined;
    const more = alone - (before ? sharedBy(sequencesOf(before), sequences) : 0);
    if (part.length > 0 && (part.length >= most || tokens + more > mostTokens)) {
      parts.push(part);
      [part, tokens] = [[item], alone];
      continue;
    }
    part.push(item);
    tokens += more;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}

const sharedBy = (before: readonly TrainingSequence[], own: readonly TrainingSequence[]): number =>
  own.reduce((sum, sequence, i) => sum + (before[i] ? sharedTokens(before[i], sequence) : 0), 0);
