import type { TensorInfo } from '@tensorflow/tfjs-core';
import { defineProgram, type Program, type WordType } from '../engine/program.ts';
import { lanesOf } from '../engine/tiles.ts';
import type { WebGpuBackend } from '../engine/webGpuBackend.ts';
import { tiledProduct, tileMemory } from './gemm.ts';
import { type GpuFusedKernel, wantedOutputs } from './gpuFusedKernel.ts';

/** Rows and columns of a workgroup: few rows fall to an expert. */
const TILE = 64;

/** Of `tiledProduct`, and elements from one expert's matrix to the next. */
const PARAMS: Record<string, WordType> = {
  ...{ experts: 'u32', m: 'u32', n: 'u32', k: 'u32', accumulate: 'u32', scale: 'f32' },
  ...{ aRow: 'u32', aColumn: 'u32', bRow: 'u32', bColumn: 'u32', bExpert: 'u32', cRow: 'u32' },
};

/** @param place - Which tile of what a workgroup computes. */
const tiledOver = (name: string, place: string): Program =>
  defineProgram({
    name,
    reads: { a: 'f32', b: 'f32', offsets: 'i32' },
    writes: { c: 'f32' },
    params: PARAMS,
    lanes: lanesOf(TILE),
    declarations: tileMemory(TILE),
    body: `
  let across = (params.n + TILE - 1u) / TILE;${place}${tiledProduct(TILE)}`,
  });

/** A workgroup has a tile of one expert's rows; which, it finds in the offsets. Those that are left over do nothing. */
const rowsOfExperts = tiledOver(
  'expertLinear',
  `
  let tile = block / across;
  var expert = 0u;
  var before = 0u; // tiles of the experts before
  for (; expert < params.experts; expert++) {
    let tiles = (u32(offsets[expert + 1u] - offsets[expert]) + TILE - 1u) / TILE;
    if (tile < before + tiles) { break; }
    before += tiles;
  }
  if (expert == params.experts) { return; }
  let row0 = u32(offsets[expert]) + (tile - before) * TILE;
  let rowEnd = u32(offsets[expert + 1u]);
  let column0 = block % across * TILE;
  let kBegin = 0u;
  let kEnd = params.k;
  let aItem = 0u;
  let bItem = expert * params.bExpert;
  let cItem = 0u;`,
);

/** The sum over an expert's rows, for each expert. */
const matricesOfExperts = tiledOver(
  'expertLinearWeights',
  `
  let perExpert = across * ((params.m + TILE - 1u) / TILE);
  let expert = block / perExpert;
  let row0 = block % perExpert / across * TILE;
  let column0 = block % perExpert % across * TILE;
  let rowEnd = params.m;
  let kBegin = u32(offsets[expert]);
  let kEnd = u32(offsets[expert + 1u]);
  let aItem = 0u;
  let bItem = 0u;
  let cItem = expert * params.m * params.n;`,
);

export const expertLinearPrograms: readonly Program[] = [rowsOfExperts, matricesOfExperts];

/** Rows in the order of the experts, the experts' matrices one below the other, and where the rows of each begin. */
export type ExpertInputs = Record<'x' | 'weight' | 'offsets', TensorInfo>;

/** `x W_e^T`, or `into.y += into.scale x W_e^T`. */
export function expertProduct(
  backend: WebGpuBackend,
  inputs: ExpertInputs,
  into?: { y: TensorInfo; scale: number },
): TensorInfo {
  const { rows, width, outputs, experts } = sizesOf(inputs);
  const y = into?.y ?? backend.output([rows, outputs]);
  backend.run(rowsOfExperts, {
    tensors: { a: inputs.x, b: inputs.weight, offsets: inputs.offsets, c: y },
    params: {
      ...{ experts, m: rows, n: outputs, k: width },
      ...{ accumulate: into ? 1 : 0, scale: into?.scale ?? 1 },
      ...{ aRow: width, aColumn: 1, bRow: 1, bColumn: width },
      ...{ bExpert: outputs * width, cRow: outputs },
    },
    blocks: mostTiles(rows, experts) * Math.ceil(outputs / TILE),
    flops: 2 * rows * outputs * width,
  });
  return y;
}

/** `y = x W_e^T`; `dx = dy W_e`, `dW_e = dy^T x` over the rows of e. */
export const expertLinearKernel: GpuFusedKernel = {
  name: 'expertLinear',
  forward: ({ backend, inputs }) => [expertProduct(backend, inputs as ExpertInputs)], // those of the op
  gradient: (call) => {
    const { backend, inputs } = call;
    const { rows, width, outputs, experts } = sizesOf(inputs as ExpertInputs); // those of the op
    const gradients = wantedOutputs(call);
    const [dx, dweight] = [gradients.of('x'), gradients.of('weight')];
    const given = { a: inputs.dy!, offsets: inputs.offsets! };
    if (dx)
      backend.run(rowsOfExperts, {
        tensors: { ...given, b: inputs.weight!, c: dx },
        params: {
          ...{ experts, m: rows, n: width, k: outputs, accumulate: 0, scale: 1 },
          ...{ aRow: outputs, aColumn: 1, bRow: width, bColumn: 1 },
          ...{ bExpert: outputs * width, cRow: width },
        },
        blocks: mostTiles(rows, experts) * Math.ceil(width / TILE),
        flops: 2 * rows * outputs * width,
      });
    if (dweight)
      backend.run(matricesOfExperts, {
        tensors: { ...given, b: inputs.x!, c: dweight },
        params: {
          ...{ experts, m: outputs, n: width, k: rows, accumulate: 0, scale: 1 },
          ...{ aRow: 1, aColumn: outputs, bRow: width, bColumn: 1, bExpert: 0, cRow: width },
        },
        blocks: experts * Math.ceil(outputs / TILE) * Math.ceil(width / TILE),
        flops: 2 * rows * outputs * width,
      });
    return gradients.outputs;
  },
};

/** Tiles of rows, each of one expert: all but one of every expert's are full. */
function mostTiles(rows: number, experts: number): number {
  return Math.min(rows, Math.floor(rows / TILE) + experts);
}

function sizesOf({ x, weight, offsets }: ExpertInputs) {
  const [rows = 0, width = 0] = x.shape;
  const experts = offsets.shape[0]! - 1;
  return { rows, width, experts, outputs: weight.shape[0]! / experts };
}
