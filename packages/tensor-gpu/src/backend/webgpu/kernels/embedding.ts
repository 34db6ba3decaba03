import { util } from '@tensorflow/tfjs-core';
import type { StoredDtype } from '../../../weights/storedDtype.ts';
import { defineProgram, type Program, programFamily } from '../engine/program.ts';
import { storedRead, storedWord } from '../engine/storedReads.ts';
import { filled } from './fill.ts';
import type { GpuFusedKernel, GpuFusedKernelCall } from './gpuFusedKernel.ts';
import { rowWindows } from './windows.ts';

/** The rows of a part of the table, `rows` from `first` on; an id outside the whole of it gives NaN. */
const forward = programFamily((dtype: StoredDtype) =>
  defineProgram({
    name: dtype === 'f32' ? 'embedding' : `embedding ${dtype}`,
    reads: { weight: storedWord(dtype), ids: 'i32' },
    stored: { weight: dtype },
    writes: { y: 'f32' },
    params: { size: 'u32', width: 'u32', known: 'u32', first: 'u32', rows: 'u32' },
    declarations: storedRead('weight', dtype),
    body: `
  let i = block * LANES + lane;
  if (i < params.size) {
    let id = ids[i / params.width];
    let row = u32(id) - params.first; // large where it lies before
    if (id < 0 || u32(id) >= params.known) { y[i] = bitcast<f32>(0x7fc00000u + params.size * 0u); }
    else if (row < params.rows) { y[i] = weightAt(row * params.width + i % params.width); }
  }`,
  }),
);

/** A token per workgroup: the first of each id adds up the rows of all its tokens, in their order. */
const backward = defineProgram({
  name: 'embeddingGradient',
  reads: { ids: 'i32', dy: 'f32' },
  writes: { dweight: 'f32' },
  params: { tokens: 'u32', width: 'u32', first: 'u32', rows: 'u32', paddingId: 'i32' },
  lanes: 64,
  declarations: `
var<workgroup> isSame: array<u32, LANES>;
var<workgroup> isEarlier: u32;`,
  body: `
  let id = ids[block];
  let row = u32(id) - params.first;
  if (id == params.paddingId || id < 0 || row >= params.rows) { return; }
  var found = 0u;
  for (var t = lane; t < block; t += LANES) { found |= select(0u, 1u, ids[t] == id); }
  isSame[lane] = found;
  workgroupBarrier();
  if (lane == 0u) {
    var any = 0u;
    for (var l = 0u; l < LANES; l++) { any |= isSame[l]; }
    isEarlier = any;
  }
  if (workgroupUniformLoad(&isEarlier) != 0u) { return; }
  for (var column = 0u; column < params.width; column += LANES) {
    let j = column + lane;
    var sum = 0.0;
    for (var t0 = block; t0 < params.tokens; t0 += LANES) {
      isSame[lane] = 0u;
      if (t0 + lane < params.tokens) { isSame[lane] = select(0u, 1u, ids[t0 + lane] == id); }
      workgroupBarrier();
      if (j < params.width) {
        for (var l = 0u; l < LANES; l++) {
          if (isSame[l] != 0u) { sum += dy[(t0 + l) * params.width + j]; }
        }
      }
      workgroupBarrier();
    }
    if (j < params.width) { dweight[row * params.width + j] = sum; }
  }`,
});

/** Of distinct rows: each gets its own. */
const backwardDistinct = defineProgram({
  name: 'selectRowsGradient',
  reads: { ids: 'i32', dy: 'f32' },
  writes: { dweight: 'f32' },
  params: { tokens: 'u32', width: 'u32', first: 'u32', rows: 'u32', paddingId: 'i32' },
  body: `
  let i = block * LANES + lane;
  if (i < params.tokens * params.width) {
    let row = u32(ids[i / params.width]) - params.first;
    if (row < params.rows) { dweight[row * params.width + i % params.width] = dy[i]; }
  }`,
});

export const embeddingPrograms: readonly Program[] = [forward('f32'), backward, backwardDistinct];

export const embeddingKernel: GpuFusedKernel = rowsKernel('embedding', ['weight', 'ids'], backward);
/** The same on a matrix of hidden states: its rows are distinct, so nothing is added up. */
export const selectRowsKernel: GpuFusedKernel = rowsKernel(
  'selectRows',
  ['x', 'rows'],
  backwardDistinct,
);

function rowsKernel(
  name: string,
  [table, chosen]: readonly [table: string, chosen: string],
  gradient: Program,
): GpuFusedKernel {
  return {
    name,
    forward: ({ backend, inputs }) => {
      const [weight, ids] = [inputs[table]!, inputs[chosen]!];
      const [rows = 0, width = 0] = weight.shape;
      const y = backend.output([...ids.shape, width]);
      const size = util.sizeFromShape(y.shape);
      const dtype = backend.storedAs(weight);
      const whole = [{ first: 0, count: rows }];
      for (const { first, count } of dtype === 'f32' ? rowWindows(backend, rows, width) : whole)
        backend.run(forward(dtype), {
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
        backend.run(gradient, {
          tensors: { ids, dy: inputs.dy!, dweight },
          windows: { dweight: { start: first * width, size: count * width } },
          params: { tokens, width, first, rows: count, paddingId },
          blocks: gradient === backward ? tokens : Math.ceil((tokens * width) / gradient.lanes),
        });
      return [dweight];
    },
  };
}
