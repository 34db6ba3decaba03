import type { TensorInfo } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../../../base/errors.ts';
import { chunkRows } from '../engine/chunkRows.ts';
import type { CpuRuntime } from '../engine/cpuRuntime.ts';
import { type Matrix, matrixFrom } from '../engine/matrix.ts';
import { fillCpu } from './copy.ts';
import type { CpuFusedKernel, CpuFusedKernelCall } from './cpuFusedKernel.ts';
import { matMulCpu } from './matMul.ts';
import { wantedOutputs } from './wantedOutputs.ts';

/** A head's two factors. */
export interface HeadOperands {
  /** Byte offset of `[tokens, width]`. */
  hidden: number;
  /** `[vocabulary, width]`. */
  weight: Matrix;
  width: number;
}

/** Byte offsets and shape; see `lmHead`. 0 = absent. */
export interface LmHeadArgs extends HeadOperands {
  targets: number;
  tokens: number;
  vocabulary: number;
  temperature: number;
  entropy: boolean;
  direction: 'reverse' | 'forward';
  ref?: HeadOperands | undefined;
  /** Results per token: written by the forward pass, read by the backward pass. */
  entropies: number;
  kl: number;
  logsumexp: number;
  refLogsumexp: number;
  kept?: KeptLogits | undefined;
}

/** Tiles of logits that the forward pass leaves for the backward pass, in the order they are visited. */
interface KeptLogits {
  /** Byte offset. */
  offset: number;
  floats: number;
  /** The base's logits lie behind each tile. */
  withRef: boolean;
  isWritten: boolean;
}

/** Most floats of logits that are kept (192 MiB: 1,024 tokens of a vocabulary of 49,152); the rest is computed again. */
const KEPT_FLOATS = 3 << 24;
/** Floats of one tile of logits (4 MiB); with a base there are two tiles. */
const TILE_FLOATS = 1 << 20;
const TILE_COLUMNS = 4096;
/** `struct Row` of kernels/lmHead.c. */
const ROW_BYTES = 32;
/** Flags of kernels/lmHead.c. */
export const FIRST = 1;
export const ENTROPY = 2;
const FORWARD = 4;
/** Of one logit, beside a plain element-wise operation: a maximum, an exponential, sums. */
export const COST = 4;

export interface Tile {
  row: number;
  rows: number;
  column: number;
  columns: number;
}

/** Log-probs, entropy, KL and log-sum-exp per token. */
export function lmHeadCpu(cpu: CpuRuntime, args: LmHeadArgs & { logprobs: number }): void {
  const { targets, tokens, vocabulary, temperature, logprobs, entropies, kl } = args;
  const flags = flagsOf(args);
  const state = cpu.heap.alloc(ROW_BYTES * tokens);
  try {
    withTiles(cpu, args, ({ row, rows, column, columns }, { logits, refLogits }) => {
      const { chunks, rowsPerChunk } = chunkRows(rows, COST * columns);
      cpu.run('lmHeadUpdate', chunks, {
        logits,
        refLogits,
        targets: targets + 4 * row,
        state: state + ROW_BYTES * row,
        rows,
        columns,
        firstColumn: column,
        inverseTemperature: 1 / temperature,
        flags: flags | (column === 0 ? FIRST : 0),
        rowsPerChunk,
      });
    });
    const { logsumexp, refLogsumexp } = args;
    const results = { logprobs, entropy: entropies, kl, logsumexp, refLogsumexp };
    if (vocabulary > 0) cpu.run('lmHeadFinish', 1, { state, ...results, rows: tokens, flags });
  } finally {
    cpu.heap.free(state);
  }
}

/** Gradients of hidden states and head; `dhidden` or `dweight` 0: not wanted. */
export function lmHeadGradientCpu(
  cpu: CpuRuntime,
  args: LmHeadArgs & {
    dlogprobs: number;
    dentropy: number;
    dkl: number;
    dhidden: number;
    dweight: number;
  },
): void {
  const { targets, temperature } = args;
  const flags = flagsOf(args);
  zeroWithoutTokens(cpu, args);
  withTiles(cpu, args, (tile, { logits, refLogits, dlogits }) => {
    const { row, rows, column, columns } = tile;
    const { chunks, rowsPerChunk } = chunkRows(rows, COST * columns);
    const ofRow = (perToken: number) => perToken && perToken + 4 * row;
    cpu.run('lmHeadGradient', chunks, {
      logits,
      dlogits,
      refLogits,
      targets: ofRow(targets),
      logsumexp: ofRow(args.logsumexp),
      refLogsumexp: ofRow(args.refLogsumexp),
      entropy: ofRow(args.entropies),
      kl: ofRow(args.kl),
      dlogprobs: ofRow(args.dlogprobs),
      dentropy: ofRow(args.dentropy),
      dkl: ofRow(args.dkl),
      rows,
      columns,
      firstColumn: column,
      inverseTemperature: 1 / temperature,
      flags,
      rowsPerChunk,
    });
    addProducts(cpu, args, { ...tile, dlogits });
  });
}

/** Without tokens there is no tile that would write the head's gradient. */
export function zeroWithoutTokens(
  cpu: CpuRuntime,
  {
    tokens,
    vocabulary,
    width,
    dweight,
  }: { tokens: number; vocabulary: number; width: number; dweight: number },
): void {
  if (tokens === 0 && dweight) fillCpu(cpu, { y: dweight, size: vocabulary * width, value: 0 });
}

/** What a tile of d loss / d logits adds to the gradients of hidden states and head. */
export function addProducts(
  cpu: CpuRuntime,
  { hidden, weight, width, dhidden, dweight }: HeadOperands & { dhidden: number; dweight: number },
  { row, rows, column, columns, dlogits }: Tile & { dlogits: number },
): void {
  const tokensAt = 4 * row * width;
  if (dhidden) {
    matMulCpu(cpu, {
      ...{ a: dlogits, b: matrixFrom(weight, column, width), c: dhidden + tokensAt },
      ...{ m: rows, n: width, k: columns, accumulate: column > 0 },
    });
  }
  if (dweight) {
    matMulCpu(cpu, {
      ...{ a: dlogits, b: hidden + tokensAt, c: dweight + 4 * column * width, transposeA: true },
      ...{ m: columns, n: width, k: rows, accumulate: row > 0 },
    });
  }
}

function flagsOf({ entropy, direction }: LmHeadArgs): number {
  return (entropy ? ENTROPY : 0) | (direction === 'forward' ? FORWARD : 0);
}

/** Byte offsets of a tile. */
interface TileBlocks {
  logits: number;
  /** 0 = absent. */
  refLogits: number;
  /** Room for the gradient: that of the logits unless these are kept. */
  dlogits: number;
}

/** Visits tiles of logits, all columns of some rows before the next rows; the blocks are reused. */
export function withTiles(
  cpu: CpuRuntime,
  args: LmHeadArgs,
  visit: (tile: Tile, blocks: TileBlocks) => void,
): void {
  const { tokens, vocabulary, ref, kept } = args;
  const columns = Math.min(vocabulary, TILE_COLUMNS);
  const rows = Math.max(1, Math.min(tokens, Math.floor(TILE_FLOATS / columns)));
  const block = cpu.heap.alloc(4 * rows * columns);
  const refBlock = ref ? cpu.heap.alloc(4 * rows * columns) : 0;
  let used = 0;
  try {
    for (let row = 0; row < tokens; row += rows) {
      for (let column = 0; column < vocabulary; column += columns) {
        const tile = {
          ...{ row, rows: Math.min(rows, tokens - row) },
          ...{ column, columns: Math.min(columns, vocabulary - column) },
        };
        const size = tile.rows * tile.columns;
        const both = size * (kept?.withRef ? 2 : 1);
        const own = kept && used + both <= kept.floats ? kept : undefined;
        const logits = own ? own.offset + 4 * used : block;
        const refLogits = own ? logits + 4 * size : refBlock;
        if (own) used += both;
        if (!own?.isWritten) {
          logitsOf(cpu, args, { tile, out: logits });
          if (ref) logitsOf(cpu, ref, { tile, out: refLogits });
        }
        visit(tile, { logits, refLogits: ref ? refLogits : 0, dlogits: block });
      }
    }
  } finally {
    cpu.heap.free(block);
    if (refBlock) cpu.heap.free(refBlock);
  }
}

function logitsOf(
  cpu: CpuRuntime,
  head: HeadOperands,
  { tile, out }: { tile: Tile; out: number },
): void {
  const { hidden, weight, width } = head;
  matMulCpu(cpu, {
    ...{ a: hidden + 4 * tile.row * width, b: matrixFrom(weight, tile.column, width), c: out },
    ...{ m: tile.rows, n: tile.columns, k: width, transposeB: true },
  });
}

export const lmHeadKernel: CpuFusedKernel = { name: 'lmHead', forward, gradient };
export const lmHeadKlKernel: CpuFusedKernel = { name: 'lmHeadKl', forward, gradient };

function forward(call: CpuFusedKernelCall): TensorInfo[] {
  const { backend, inputs } = call;
  checkTargets(call);
  const perToken = () => backend.output([inputs.hidden!.shape[0]!]);
  const [logprobs, entropy, logsumexp] = [perToken(), perToken(), perToken()];
  const withRef = inputs.refHidden !== undefined;
  const [kl, refLogsumexp] = withRef ? [perToken(), perToken()] : [];
  const size = inputs.hidden!.shape[0]! * inputs.weight!.shape[0]! * (withRef ? 2 : 1);
  const kept = call.isRecorded ? [backend.output([Math.min(size, KEPT_FLOATS)])] : [];
  lmHeadCpu(backend.cpu, {
    ...argsOf(call, { entropy, logsumexp, kl, refLogsumexp }),
    kept: keptLogits(call, kept[0], false),
    logprobs: backend.offset(logprobs),
  });
  return kl && refLogsumexp
    ? [logprobs, entropy, kl, logsumexp, refLogsumexp, ...kept]
    : [logprobs, entropy, logsumexp, ...kept];
}

function keptLogits(
  { backend, inputs }: CpuFusedKernelCall,
  kept: TensorInfo | undefined,
  isWritten: boolean,
): KeptLogits | undefined {
  if (!kept) return undefined;
  const withRef = inputs.refHidden !== undefined;
  return { offset: backend.offset(kept), floats: kept.shape[0]!, withRef, isWritten };
}

function gradient(call: CpuFusedKernelCall): TensorInfo[] {
  const { backend, inputs, attributes } = call;
  const { outputs, offsetOf } = wantedOutputs(call);
  const dkl = inputs.dkl;
  const args = argsOf(call, inputs);
  lmHeadGradientCpu(backend.cpu, {
    ...args,
    // without a cotangent for kl the base's product is not needed
    ref: dkl && !isZero(call, dkl) ? args.ref : undefined,
    kept: keptLogits(call, inputs.kept, true),
    dlogprobs: backend.offset(inputs.dlogprobs!),
    dentropy: attributes.entropy === true ? backend.offset(inputs.dentropy!) : 0,
    dkl: dkl && !isZero(call, dkl) ? backend.offset(dkl) : 0,
    dhidden: offsetOf('hidden'),
    dweight: offsetOf('weight'),
  });
  return outputs;
}

export function argsOf(
  { backend, inputs, attributes }: CpuFusedKernelCall,
  perToken: Readonly<Record<string, TensorInfo | undefined>>,
): LmHeadArgs {
  const operands = (hidden: TensorInfo, weight: TensorInfo): HeadOperands => ({
    hidden: backend.offset(hidden),
    weight: backend.matrix(weight),
    width: hidden.shape[1]!,
  });
  const { refHidden, refWeight } = inputs;
  const offset = (info: TensorInfo | undefined) => (info ? backend.offset(info) : 0);
  return {
    ...operands(inputs.hidden!, inputs.weight!),
    targets: backend.offset(inputs.targets!),
    tokens: inputs.hidden!.shape[0]!,
    vocabulary: inputs.weight!.shape[0]!,
    temperature: attributes.temperature as number, // LmHeadAttributes
    entropy: attributes.entropy as boolean,
    direction: attributes.direction as 'reverse' | 'forward',
    ref: refHidden && refWeight && operands(refHidden, refWeight),
    entropies: offset(perToken.entropy),
    kl: offset(perToken.kl),
    logsumexp: offset(perToken.logsumexp),
    refLogsumexp: offset(perToken.refLogsumexp),
  };
}

function isZero({ backend }: CpuFusedKernelCall, perToken: TensorInfo): boolean {
  return backend.cpu.heap.f32(backend.offset(perToken), perToken.shape[0]!).every((x) => x === 0);
}

export function checkTargets({ backend, inputs }: CpuFusedKernelCall): void {
  const vocabulary = inputs.weight!.shape[0]!;
  const targets = inputs.targets!;
  const ids = backend.integers(targets);
  for (let i = 0; i < ids.length; i++) {
    if (ids[i]! >= 0 && ids[i]! < vocabulary) continue;
    throw new TensorGpuError(
      'shape',
      `lmHead: targets must be in [0, ${vocabulary}), the rows of weight, got ${ids[i]} at position ${i}. Leave out positions without a target.`,
    );
  }
}
