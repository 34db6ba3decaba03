import { util } from '@tensorflow/tfjs-core';
import { defineProgram, type Program } from '../engine/program.ts';
import { filled } from './fill.ts';
import type { GpuFusedKernel, GpuFusedKernelCall } from './gpuFusedKernel.ts';

/** An id outside the table gives NaN. */
const forward = defineProgram({
  name: 'embedding',
  reads: { weight: 'f32', ids: 'i32' },
  writes: { y: 'f32' },
  params: { size: 'u32', width: 'u32', rows: 'u32' },
  body: `
  let i = block * LANES + lane;
  if (i < params.size) {
    let id = ids[i / params.width];
    let inside = id >= 0 && u32(id) < params.rows;
    let at = u32(clamp(id, 0, i32(params.rows) - 1)) * params.width + i % params.width;
    y[i] = select(bitcast<f32>(0x7fc00000u + params.size * 0u), weight[at], inside);
  }`,
});

/** A token per workgroup: the first of each id adds up the rows of all its tokens, in their order. */
const backward = defineProgram({
  name: 'embeddingGradient',
  reads: { ids: 'i32', dy: 'f32' },
  writes: { dweight: 'f32' },
  params: { tokens: 'u32', width: 'u32', rows: 'u32', paddingId: 'i32' },
  lanes: 64,
  body: `
  let id = ids[block];
  var isFirst = id != params.paddingId && id >= 0 && u32(id) < params.rows;
  for (var t = 0u; t < block && isFirst; t++) { isFirst = ids[t] != id; }
  if (isFirst) {
    for (var j = lane; j < params.width; j += LANES) {
      var sum = 0.0;
      for (var t = block; t < params.tokens; t++) {
        if (ids[t] == id) { sum += dy[t * params.width + j]; }
      }
      dweight[u32(id) * params.width + j] = sum;
    }
  }`,
});

export const embeddingPrograms: readonly Program[] = [forward, backward];

export const embeddingKernel: GpuFusedKernel = rowsKernel('embedding', 'weight', 'ids');
/** The same on a matrix of hidden states: its rows are distinct, so nothing is added up. */
export const selectRowsKernel: GpuFusedKernel = rowsKernel('selectRows', 'x', 'rows');

function rowsKernel(name: string, table: string, chosen: string): GpuFusedKernel {
  return {
    name,
    forward: ({ backend, inputs }) => {
      const [weight, ids] = [inputs[table]!, inputs[chosen]!];
      const [rows = 0, width = 0] = weight.shape;
      const y = backend.output([...ids.shape, width]);
      const size = util.sizeFromShape(y.shape);
      backend.run(forward, {
        tensors: { weight, ids, y },
        params: { size, width, rows },
        blocks: Math.ceil(size / 256),
      });
      return [y];
    },
    gradient: ({ backend, inputs, attributes, wanted }: GpuFusedKernelCall) => {
      if (wanted.length === 0) return [];
      const { shape } = inputs[table]!;
      const ids = inputs[chosen]!;
      const [rows = 0, width = 0] = shape;
      const dweight = filled(backend, shape, { value: 0 });
      const tokens = util.sizeFromShape(ids.shape);
      const { paddingId = -1 } = attributes as { paddingId?: number }; // attribute of embeddingOp
      backend.run(backward, {
        tensors: { ids, dy: inputs.dy!, dweight },
        params: { tokens, width, rows, paddingId },
        blocks: tokens,
      });
      return [dweight];
    },
  };
}
