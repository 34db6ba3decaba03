import type { Shape } from './shapes.ts';

/** What an amount of work costs at least: arithmetic, and bytes that must cross the memory bus. */
export interface Work {
  /** Floating-point operations; a multiply-add counts 2. */
  flops: number;
  /** Bytes read or written that do not fit the caches. */
  bytes: number;
}

/** Below this, weights stay in the last-level cache and their traffic is not counted. */
const CACHED_BYTES = 32 * 2 ** 20;

/** Weights of the projections inside the blocks. */
export function linearWeights(shape: Shape): number {
  const { hidden, layers, heads, kvHeads, headDim, intermediate } = shape;
  return layers * (hidden * headDim * (2 * heads + 2 * kvHeads) + 3 * hidden * intermediate);
}

/** Weights of a rank-r adapter on all seven linear layers of each block. */
export function adapterWeights(shape: Shape): number {
  const { hidden, layers, heads, kvHeads, headDim, intermediate, loraRank } = shape;
  const query = hidden + heads * headDim;
  const keyOrValue = hidden + kvHeads * headDim;
  return layers * loraRank * (2 * query + 2 * keyOrValue + 3 * (hidden + intermediate));
}

/**
 * One optimiser step on B x T tokens.
 *
 *     forward = 2 N (linear + V H) + 4 B T^2 heads headDim layers      N = B T, causal half not taken off
 *     step    = 3 forward;  LoRA: 2 (2 N (linear + V H)) + 3 attention + 6 N adapter
 */
export function trainWork(shape: Shape, batch: number, length: number): Work {
  const tokens = batch * length;
  const products = 2 * tokens * (linearWeights(shape) + shape.vocab * shape.hidden);
  const attention = 4 * batch * length ** 2 * shape.heads * shape.headDim * shape.layers;
  const flops =
    shape.loraRank > 0
      ? 2 * products + 3 * attention + 6 * tokens * adapterWeights(shape)
      : 3 * (products + attention);
  return { flops, bytes: 0 };
}

/** Sequences, their lengths, and how their weights are stored. */
export interface Sampling {
  batch: number;
  prompt: number;
  newTokens: number;
  /** Default 4, float32. */
  bytesPerWeight?: number;
}

/** Prefill and decode of `batch` sequences; each decoded token reads all weights that caches cannot hold. */
export function sampleWork(shape: Shape, sampling: Sampling): Work {
  const { batch, prompt, newTokens, bytesPerWeight = 4 } = sampling;
  const weights = linearWeights(shape) + shape.vocab * shape.hidden;
  const positions = batch * (prompt + newTokens - 1);
  const meanContext = (prompt + newTokens) / 2;
  const attention = 4 * positions * meanContext * shape.heads * shape.headDim * shape.layers;
  const flops =
    2 * positions * linearWeights(shape) +
    attention +
    2 * batch * newTokens * shape.vocab * shape.hidden;
  const stored = bytesPerWeight * weights;
  const bytes = stored > CACHED_BYTES ? stored * newTokens : 0;
  return { flops, bytes };
}
