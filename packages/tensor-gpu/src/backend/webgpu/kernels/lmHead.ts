import type { TensorInfo } from '@tensorflow/tfjs-core';
import { filled } from './fill.ts';
import { gemm, rowMajor } from './gemm.ts';
import { type GpuFusedKernel, type GpuFusedKernelCall, wantedOutputs } from './gpuFusedKernel.ts';
import {
  finishTokens,
  gatherTile,
  gatherTokens,
  type HeadKind,
  STATE_WIDTH,
  tileGradient,
} from './lmHeadPrograms.ts';

/** Most columns of the vocabulary, and numbers, of a tile of logits. */
const TILE_COLUMNS = 16384;
const TILE_FLOATS = 1 << 22;

export interface Tile {
  row: number;
  rows: number;
  column: number;
  columns: number;
}

export const lmHeadKernel: GpuFusedKernel = { name: 'lmHead', forward, gradient };
export const lmHeadKlKernel: GpuFusedKernel = { name: 'lmHeadKl', forward, gradient };

/** Log-probs, entropy, KL and log-sum-exp per token. */
export function forward(call: GpuFusedKernelCall): TensorInfo[] {
  const { backend, inputs } = call;
  const { tokens, kind, inverseTemperature, params } = sizesOf(call);
  const state = backend.output([tokens, STATE_WIDTH]);
  withTiles(call, ({ row, rows, column, columns }, logits, refLogits) => {
    backend.run(gatherTile(kind), {
      tensors: { logits, ...(refLogits && { refLogits }), targets: inputs.targets!, state },
      params: {
        columns,
        firstColumn: column,
        firstRow: row,
        inverseTemperature,
        forward: params.forward,
      },
      blocks: rows,
    });
  });
  const perToken = () => backend.output([tokens]);
  const [logprobs, entropy, logsumexp] = [perToken(), perToken(), perToken()];
  const [kl, refLogsumexp] = kind === 'kl' ? [perToken(), perToken()] : [];
  backend.run(finishTokens(kind), {
    tensors: {
      state,
      logprobs,
      entropy,
      logsumexp,
      ...(kl && refLogsumexp && { kl, refLogsumexp }),
    },
    params: { tokens, ...params },
    blocks: Math.ceil(tokens / 64),
  });
  backend.disposeData(state.dataId);
  return kl && refLogsumexp
    ? [logprobs, entropy, kl, logsumexp, refLogsumexp]
    : [logprobs, entropy, logsumexp];
}

function gradient(call: GpuFusedKernelCall): TensorInfo[] {
  const { backend, inputs } = call;
  const { kind, inverseTemperature, params } = sizesOf(call);
  return gradientBy(call, inputs, ({ row, rows, column, columns }, logits, rest) => {
    const size = rows * columns;
    backend.run(tileGradient(kind), {
      tensors: { ...rest, targets: inputs.targets!, logits },
      params: {
        ...{ size, columns, firstColumn: column, firstRow: row },
        ...{ inverseTemperature, forward: params.forward },
      },
      blocks: Math.ceil(size / 256),
    });
  });
}

/**
 * Gradients of hidden states and head from those of the logits.
 *
 * @param saved - What `gatherTokens` reads, by its names.
 * @param toGradient - Turns a tile of logits into the gradient by them.
 */
export function gradientBy(
  call: GpuFusedKernelCall,
  saved: Readonly<Record<string, TensorInfo>>,
  toGradient: (
    tile: Tile,
    logits: TensorInfo,
    rest: { perToken: TensorInfo; refLogits?: TensorInfo },
  ) => void,
): TensorInfo[] {
  const { backend, inputs, wanted } = call;
  const { tokens, width, kind, params } = sizesOf(call);
  const perToken = backend.output([tokens, STATE_WIDTH]);
  backend.run(gatherTokens(kind), {
    tensors: { ...saved, perToken },
    params: { tokens, withEntropy: params.withEntropy },
    blocks: Math.ceil(tokens / 64),
  });
  const isEmpty = tokens === 0;
  const outputs = isEmpty
    ? wanted.map((name) => filled(backend, inputs[name]!.shape, { value: 0 }))
    : wantedOutputs(call).outputs;
  const [dhidden, dweight] = ['hidden', 'weight'].map((name) => outputs[wanted.indexOf(name)]);
  withTiles(call, (tile, logits, refLogits) => {
    const { row, rows, column, columns } = tile;
    toGradient(tile, logits, { perToken, ...(refLogits && { refLogits }) });
    if (dhidden)
      gemm(backend, {
        ...{ m: rows, n: width, k: columns, accumulate: column > 0 },
        a: rowMajor(logits, columns),
        b: rowMajor(inputs.weight!, width, { start: column * width }),
        c: rowMajor(dhidden, width, { start: row * width }),
      });
    if (dweight)
      gemm(backend, {
        ...{ m: columns, n: width, k: rows, accumulate: row > 0 },
        a: rowMajor(logits, columns, { transposed: true }),
        b: rowMajor(inputs.hidden!, width, { start: row * width }),
        c: rowMajor(dweight, width, { start: column * width }),
      });
  });
  backend.disposeData(perToken.dataId);
  return outputs;
}

/** Visits tiles of logits, all columns of some rows before the next rows; their memory is used again. */
export function withTiles(
  call: GpuFusedKernelCall,
  visit: (tile: Tile, logits: TensorInfo, refLogits: TensorInfo | undefined) => void,
): void {
  const { backend, inputs } = call;
  const { tokens, vocabulary, kind } = sizesOf(call);
  const columnsOfTile = Math.min(vocabulary, TILE_COLUMNS);
  const rowsOfTile = Math.max(1, Math.min(tokens, Math.floor(TILE_FLOATS / columnsOfTile)));
  const logits = backend.output([rowsOfTile, columnsOfTile]);
  const refLogits = kind === 'kl' ? backend.output([rowsOfTile, columnsOfTile]) : undefined;
  for (let row = 0; row < tokens; row += rowsOfTile) {
    for (let column = 0; column < vocabulary; column += columnsOfTile) {
      const tile = {
        ...{ row, rows: Math.min(rowsOfTile, tokens - row) },
        ...{ column, columns: Math.min(columnsOfTile, vocabulary - column) },
      };
      logitsOf(call, tile, { hidden: inputs.hidden!, weight: inputs.weight!, logits });
      if (refLogits) {
        const { refHidden, refWeight } = inputs;
        logitsOf(call, tile, { hidden: refHidden!, weight: refWeight!, logits: refLogits });
      }
      visit(tile, logits, refLogits);
    }
  }
  backend.disposeData(logits.dataId);
  if (refLogits) backend.disposeData(refLogits.dataId);
}

function logitsOf(
  { backend }: GpuFusedKernelCall,
  { row, rows, column, columns }: Tile,
  { hidden, weight, logits }: { hidden: TensorInfo; weight: TensorInfo; logits: TensorInfo },
): void {
  const width = hidden.shape[1]!;
  gemm(backend, {
    ...{ m: rows, n: columns, k: width },
    a: rowMajor(hidden, width, { start: row * width }),
    b: rowMajor(weight, width, { transposed: true, start: column * width }),
    c: rowMajor(logits, columns),
  });
}

/** What the kernels read of a call. */
interface HeadSizes {
  tokens: number;
  width: number;
  vocabulary: number;
  kind: HeadKind;
  inverseTemperature: number;
  params: { withEntropy: number; forward: number };
}

export function sizesOf({ inputs, attributes }: GpuFusedKernelCall): HeadSizes {
  const [tokens = 0, width = 0] = inputs.hidden!.shape;
  const { temperature, entropy, direction } = attributes as {
    temperature: number;
    entropy: boolean;
    direction: string;
  }; // LmHeadAttributes
  const kind: HeadKind = inputs.refWeight ? 'kl' : 'own';
  return {
    ...{ tokens, width, kind },
    vocabulary: inputs.weight!.shape[0]!,
    inverseTemperature: 1 / temperature,
    params: { withEntropy: entropy ? 1 : 0, forward: direction === 'forward' ? 1 : 0 },
  };
}
