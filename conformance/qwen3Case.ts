import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Gradients, type Qwen3, type StoredTensor, scoreTargets } from '@molrl/qwen3';
import { linear } from '@molrl/tensor-gpu';
import { type Tensor, tidy } from '@tensorflow/tfjs-core';

/** Tensors of a golden file, by name. */
export type Golden = Record<string, StoredTensor>;

/** One of a case's batches, in the arrays that the forward pass takes. */
export interface GoldenBatch {
  B: number;
  T: number;
  inputIds: Int32Array;
  positions: Int32Array;
  segmentIds: Int32Array;
  /** 1 where logits are stored, else 0. */
  mask: Float32Array;
  /** -100 = ignored. */
  labels: Int32Array;
  /** Default true. */
  causal?: boolean;
}

export async function readJsonFile<T>(...path: string[]): Promise<T> {
  return JSON.parse(await readFile(join(...path), 'utf8')) as T;
}

/** `right`, `left` or `packed` of a `case.safetensors`. */
export function goldenBatch(golden: Golden, name: 'right' | 'left' | 'packed'): GoldenBatch {
  const ints = (key: string): Int32Array => golden[`${name}.${key}`]!.data as Int32Array;
  const [B, T] = golden[`${name}.input_ids`]!.shape as [number, number];
  const mask = name === 'packed' ? new Int32Array(B * T).fill(1) : ints('attention_mask');
  return {
    B,
    T,
    inputIds: ints('input_ids'),
    positions: ints('position_ids'),
    segmentIds: name === 'packed' ? ints('segment_ids') : mask.map((keep) => keep - 1),
    mask: Float32Array.from(mask),
    labels: ints('labels'),
  };
}

/** Logits `[B * T * V]` with padding rows set to 0, as the golden files store them. */
export function maskedLogits(
  model: Qwen3,
  batch: GoldenBatch,
  withPositions = true,
): Promise<Float32Array> {
  return readMasked(logitsOf(model, batch, withPositions), batch);
}

/** The forward pass of `maskedLogits` alone. */
export function logitsOf(model: Qwen3, batch: GoldenBatch, withPositions = true): Tensor {
  const { B, T, inputIds, segmentIds, positions, causal } = batch;
  return tidy(() => {
    const placed = withPositions ? positions : undefined;
    const input = { B, T, inputIds, segmentIds, positions: placed, causal };
    return linear(model.forward(input), model.head());
  });
}

/** The numbers of logits, which are used up, without those of padding. */
export async function readMasked(logits: Tensor, batch: GoldenBatch): Promise<Float32Array> {
  const values = (await logits.data<'float32'>()).slice();
  logits.dispose();
  return zeroPadding(values, batch);
}

/** Sets the rows of padding to 0, whatever the width of a row. */
export function zeroPadding(values: Float32Array, { mask }: GoldenBatch): Float32Array {
  const width = values.length / mask.length;
  for (const [row, keep] of mask.entries())
    if (!keep) values.fill(0, row * width, (row + 1) * width);
  return values;
}

/**
 * Mean cross-entropy over the labels, and its gradient for every trainable parameter.
 *
 * @param balanced - also the load-balancing loss, whose gradient counts `coefficient` times.
 */
export async function lossAndGradients(
  model: Qwen3,
  batch: GoldenBatch,
  balanced?: { coefficient: number },
): Promise<{ loss: number; balance: number | undefined; gradients: Gradients }> {
  const { labels } = batch;
  const places = [...labels.keys()].filter((i) => labels[i] !== -100);
  const targets = {
    rows: Int32Array.from(places, (i) => i - 1),
    ids: Int32Array.from(places, (i) => labels[i]!),
  };
  const scored = await scoreTargets(model, batch, targets, { balanceLoss: balanced !== undefined });
  const { logprobs, balanceLoss: balance, backward } = scored;
  const loss = -logprobs.reduce((sum, x) => sum + x, 0) / places.length;
  const gradient = { logprobs: logprobs.map(() => -1 / places.length) };
  const gradients = backward({ ...gradient, balanceLoss: balanced?.coefficient });
  return { loss, balance, gradients };
}

export function l2Norm(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2;
  return Math.sqrt(sum);
}
