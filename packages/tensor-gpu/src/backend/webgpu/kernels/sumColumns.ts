import type { TensorInfo } from '@tensorflow/tfjs-core';
import { defineProgram, type Program } from '../engine/program.ts';
import type { WebGpuBackend } from '../engine/webGpuBackend.ts';

/** Rows that one workgroup adds up: fewer make more partial sums. */
const ROWS_PER_PART = 64;

/** `y[j] = sum over rows of x[r, j]`. */
export const sumColumnsProgram: Program = defineProgram({
  name: 'sumColumns',
  reads: { x: 'f32' },
  writes: { y: 'f32' },
  params: { rows: 'u32', width: 'u32' },
  lanes: 64,
  body: `
  let j = block * LANES + lane;
  if (j < params.width) {
    var sum = 0.0;
    for (var r = 0u; r < params.rows; r++) { sum += x[r * params.width + j]; }
    y[j] = sum;
  }`,
});

/**
 * Lets `write` put sums over parts of `rows` rows into `[parts, width]`, and adds them up in `y`: one part writes `y` itself.
 */
export function sumInParts(
  backend: WebGpuBackend,
  { rows, width, y }: { rows: number; width: number; y: TensorInfo },
  write: (partial: TensorInfo, parts: { parts: number; rowsPerPart: number }) => void,
): void {
  const parts = Math.max(1, Math.ceil(rows / ROWS_PER_PART));
  if (parts === 1) {
    write(y, { parts, rowsPerPart: ROWS_PER_PART });
    return;
  }
  const partial = backend.output([parts, width]);
  write(partial, { parts, rowsPerPart: ROWS_PER_PART });
  backend.run(sumColumnsProgram, {
    tensors: { x: partial, y },
    params: { rows: parts, width },
    blocks: Math.ceil(width / 64),
  });
  backend.disposeData(partial.dataId);
}
