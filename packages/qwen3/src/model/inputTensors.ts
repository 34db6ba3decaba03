import { Tensor, tensor2d } from '@tensorflow/tfjs-core';
import { Qwen3Error } from '../base/errors.ts';
import { INT32 } from '../base/optionChecks.ts';
import { showValue } from '../base/showValue.ts';

/** Eight times what the largest context of a dense Qwen3 has. */
const MOST_POSITIONS = 2 ** 20;

/** A batch of token ids. A `TokenBatch` fits as it is. */
export interface ForwardInput {
  /** Sequences (rows). Not needed if `inputIds` is a tensor. */
  B?: number | undefined;
  /** Columns. Not needed if `inputIds` is a tensor. */
  T?: number | undefined;
  /** `[B, T]`: an int32 tensor, or `B * T` numbers. Tensors are read back: on a GPU give arrays. */
  inputIds: Tensor | ArrayLike<number>;
  /** `[B, T]`. Default 0 … T-1 in every row, also under left padding (as the reference). */
  positions?: Tensor | ArrayLike<number> | undefined;
  /** `[B, T]`. A token sees earlier tokens of its own segment; -1 is padding. Default all 0. */
  segmentIds?: Tensor | ArrayLike<number> | undefined;
  /** Of a batch whose prefixes stand once: `ends` instead of segments decide what a token sees. */
  tree?: { ends: ArrayLike<number> } | undefined;
  /** A token sees itself and earlier tokens only. Default true; false: every token of its segment. */
  causal?: boolean | undefined;
  /**
   * Asks for the load-balancing loss of the experts and is handed it: a scalar on the tape, its owner the caller. A trainer
   * adds it, times `routerAuxLossCoef`, to its own loss.
   */
  onBalanceLoss?: ((loss: Tensor) => void) | undefined;
  /**
   * Keep what goes into a layer, not what is computed in it: the backward pass computes each layer once more. Less memory,
   * more time, the same bits. Default false.
   */
  gradientCheckpointing?: boolean | undefined;
  /** Is shown inner values by name while the pass runs: `embed`, `layers.0`, `model.layers.0.mlp`, … */
  observe?: ((name: string, value: Tensor) => void) | undefined;
}

/** Checks the batch and makes int32 tensors of it. */
export function inputTensors(
  input: ForwardInput,
  vocabSize: number,
): { ids: Tensor; positions: Tensor; segmentIds: Tensor; ends?: Tensor; maxPosition: number } {
  const [B, T] = shapeOf(input);
  const ids = readArray('inputIds', input.inputIds, B * T);
  const positions = input.positions
    ? readArray('positions', input.positions, B * T)
    : Int32Array.from({ length: B * T }, (_, i) => i % T);
  const segments = input.segmentIds
    ? readArray('segmentIds', input.segmentIds, B * T)
    : new Int32Array(B * T);
  let maxPosition = 0;
  for (let i = 0; i < B * T; i++) {
    const id = ids[i]!;
    if (id < 0 || id >= vocabSize) {
      throw new Qwen3Error(
        'option',
        `Qwen3.forward: inputIds[${Math.floor(i / T)}, ${i % T}] is ${id}, the vocabulary has ${vocabSize} tokens. Was another tokenizer used?`,
      );
    }
    const position = positions[i]!;
    if (position < 0) {
      throw new Qwen3Error(
        'option',
        `Qwen3.forward: positions[${Math.floor(i / T)}, ${i % T}] is ${position}, must be 0 or more. Give padding position 0.`,
      );
    }
    if (position >= MOST_POSITIONS) {
      throw new Qwen3Error(
        'option',
        `Qwen3.forward: positions[${Math.floor(i / T)}, ${i % T}] is ${position}, must be below ${MOST_POSITIONS}: the rotary tables have a row per position.`,
      );
    }
    if (position > maxPosition) maxPosition = position;
  }
  const shape: [number, number] = [B, T];
  return {
    ids: tensor2d(ids, shape, 'int32'),
    positions: tensor2d(positions, shape, 'int32'),
    segmentIds: tensor2d(segments, shape, 'int32'),
    ...(input.tree && {
      ends: tensor2d(readArray('tree.ends', input.tree.ends, B * T), shape, 'int32'),
    }),
    maxPosition,
  };
}

function shapeOf(input: ForwardInput): [number, number] {
  if (typeof input !== 'object' || input === null || !input.inputIds) {
    throw new Qwen3Error(
      'option',
      `Qwen3.forward: needs { B, T, inputIds }, such as tokenBatch makes, got ${showValue(input)}.`,
    );
  }
  const { inputIds, B, T } = input;
  const shape = inputIds instanceof Tensor ? inputIds.shape : [B, T];
  const [rows, columns] = shape;
  if (
    shape.length === 2 &&
    rows !== undefined &&
    columns !== undefined &&
    Number.isSafeInteger(rows) &&
    Number.isSafeInteger(columns) &&
    rows > 0 &&
    columns > 0
  ) {
    return [rows, columns];
  }
  throw new Qwen3Error(
    'shape',
    `Qwen3.forward: needs inputIds of shape [B, T] or B and T, got [${shape}].`,
  );
}

function readArray(name: string, values: Tensor | ArrayLike<number>, size: number): Int32Array {
  const array = values instanceof Tensor ? values.dataSync() : values;
  if (array.length !== size) {
    throw new Qwen3Error(
      'shape',
      `Qwen3.forward: ${name} must have B * T = ${size} values, got ${array.length}.`,
    );
  }
  if (array instanceof Int32Array) return array;
  for (let i = 0; i < size; i++) {
    const value = array[i]!;
    if (Number.isInteger(value) && Math.abs(value) < INT32) continue;
    throw new Qwen3Error(
      'option',
      `Qwen3.forward: ${name}[${i}] must be a whole number of 32 bits, got ${showValue(value)}.`,
    );
  }
  return Int32Array.from(array);
}
