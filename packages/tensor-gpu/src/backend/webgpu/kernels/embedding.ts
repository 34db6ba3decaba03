import { util } from '@tensorflow/tfjs-core';
import { defineProgram, type Program } from '../engine/program.ts';
import { filled } from './fill.ts';
import type { GpuFusedKernel, GpuFusedKernelCall } from './gpuFusedKernel.ts';
import { rowWindows } from './windows.ts';

/** The rows of a part of the table, `rows` from `first` on; an id outside the whole of it gives NaN. */
const forward = defineProgram({
  name: 'embedding',
  reads: { weight: 'f32', ids: 'i32' },
  writes: { y: 'f32' },
  params: { size: 'u32', width: 'u32', known: 'u32', first: 'u32', rows: 'u32' },
  body: `
  let i = block * LANES + lane;
  if (i < params.size) {
    let id = ids[i / params.width];
    let row = u32(id) - params.first; // large where it lies before
    if (id < 0 || u32(id) >= params.known) { y[i] = bitcast<f32>(0x7fc00000u + params.size * 0u); }
    else if (row < params.rows) { y[i] = weight[row * params.width + i % params.width]; }
  }`,
});

/** A token per workgroup: the first of each id adds up the rows of all its tokens, in their order. */
const backward = defineProgram({
  name: 'embeddingGradient',
  reads: { ids: 'i32', dy: 'f32' },
  writes: { dweight: 'f32' },
  params: { tokens: 'u32', width: 'u32', first: 'u32', rows: 'u32', paddingId: 'i32' },
  lanes: 64,
  body: `
  let id = ids[block];
  let row = u32(id) - params.first;
  var isFirst = id != params.paddingId && id >= 0 && row < params.rows;
  for (var t = 0u; t < block && isFirst; t++) { isFirst = ids[t] != id; }
  if (isFirst) {
    for (var j = lane; j < params.width; j += LANES) {
      var sum = 0.0;
      for (var t = block; t < params.tokens; t++) {
        if (ids[t] == id) { sum += dy[t * params.width + j]; }
      }
      dweight[row * params.width + j] = sum;
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
      for (const { first, count } of rowWindows(backend, rows, width))
        backend.run(forward, {
          tensors: { weight, ids, y },
          windows: { weight: { start: first * width, size: count * width } },
          params: { size, width, known: rows, first, rows: count },
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
      for (const { first, count } of rowWindows(backend, rows, width))
        backend.run(backward, {
          tensors: { ids, dy: inputs.dy!, dweight },
          windows: { dweight: { start: first * width, size: count * width } },
          params: { tokens, width, first, rows: count, paddingId },
          blocks: tokens,
        });
      return [dweight];
    },
  };
}
