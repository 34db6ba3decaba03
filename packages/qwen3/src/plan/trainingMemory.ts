import type { Qwen3Config } from '../model/qwen3Config.ts';

export interface TrainingMemory {
  gradients: number;
  activations: number;
  working: number;
  /** The reference's states of the targets, and with a KL its tile of logits. */
  reference: number;
  /** Most at once: activations go while gradients come. */
  peak: number;
}

interface TrainingOptions {
  tokens: number;
  loraRank: number;
  /** Bytes of all trained weights. */
  trained: number;
  gradientCheckpointing?: boolean | undefined;
  hasRef?: boolean | undefined;
  kl?: boolean | undefined;
}

/** Bytes of the tile in which the head computes logits, and columns of it. */
const [TILE_BYTES, TILE_COLUMNS] = [4 << 20, 4096];
/** Most bytes of logits that wait for the backward pass. */
const KEPT_BYTES = 192 << 20;

/**
 * Bytes of one training step on all of its tokens, beside weights and moments. The tape keeps, per token and layer, in
 * floats (H hidden, Q and K widths of queries and keys, I MLP):
 *
 *     6 H     inputs of both norms, their outputs, what each half adds
 *     3 Q     queries before and after norm and rope, output of attention        + one per head
 *     3 K     keys before and after, values
 *     3 I     gate, up, their product
 *     2 r     of each linear layer with an adapter: what A gives, and that scaled
 *
 * and once 3 H: the last states, normed, and those that predict a target. The head computes a tile of logits at a time; with a
 * KL over the vocabulary two, the policy's and the reference's, whose states of the targets (H) wait for it. At most 192 MiB
 * of tiles wait for the backward pass.
 */
export function trainingMemory(
  config: Qwen3Config,
  { tokens, loraRank, trained, ...options }: TrainingOptions,
): TrainingMemory {
  const { gradientCheckpointing = false, hasRef = false, kl = false } = options;
  const { hiddenSize: H, intermediateSize: I, numAttentionHeads: heads, headDim } = config;
  const [Q, K] = [heads * headDim, config.numKeyValueHeads * headDim];
  const adapted = 7 * 2 * loraRank;
  const layer = 6 * H + 3 * Q + 3 * K + 3 * I + heads + adapted;
  const layers = config.numHiddenLayers;
  const logits = Math.min(KEPT_BYTES, 4 * tokens * config.vocabSize * (kl ? 2 : 1));
  const kept = gradientCheckpointing ? layers * H : layers * layer;
  const again = gradientCheckpointing ? 4 * tokens * layer : 0; // one layer at a time, once the logits are gone
  const activations = 4 * tokens * (kept + 3 * H) + Math.max(logits, again);
  const tile = Math.min(TILE_BYTES, 4 * tokens * Math.min(config.vocabSize, TILE_COLUMNS));
  const reference = hasRef ? 4 * tokens * H + (kl ? tile : 0) : 0;
  // the first things of a backward pass: the head's gradient with its tile, or with those of the last MLP
  const head = loraRank > 0 ? 0 : 4 * config.vocabSize * H;
  const mlp = 4 * tokens * (loraRank > 0 ? 5 * I + 3 * H : I + 2 * H);
  const working = head + Math.max(tile, mlp);
  const gradients = trained;
  const peak = Math.max(
    activations + head + Math.max(tile + reference, mlp),
    gradients + 4 * tokens * (I + 2 * H),
  );
  return { gradients, activations, working, reference, peak };
}
