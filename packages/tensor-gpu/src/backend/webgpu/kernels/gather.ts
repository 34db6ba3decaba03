import { util } from '@tensorflow/tfjs-core';
import { defineProgram, programFamily, type WordType } from '../engine/program.ts';
import type { GpuDtype } from '../engine/webGpuBackend.ts';
import type { TfjsGpuKernel } from './tfjsGpuKernel.ts';
import { WORDS } from './words.ts';

/** `y[b, o, i, n] = x[b, o, indices[b, i], n]`; an index outside gives NaN. */
const gatherProgram = defineProgram({
  name: 'gather',
  reads: { x: 'u32', indices: 'i32' },
  writes: { y: 'u32' },
  params: { size: 'u32', outer: 'u32', count: 'u32', height: 'u32', inner: 'u32' },
  body: `
  let i = block * LANES + lane;
  if (i < params.size) {
    let n = i % params.inner;
    let k = i / params.inner % params.count;
    let o = i / params.inner / params.count;
    let at = indices[o / params.outer * params.count + k];
    let inside = at >= 0 && u32(at) < params.height;
    y[i] = select(0x7fc00000u, x[(o * params.height + u32(max(at, 0))) * params.inner + n], inside);
  }`,
});

const gatherKernel: TfjsGpuKernel = {
  name: 'GatherV2',
  run: ({ backend, inputs, attrs }) => {
    const { x, indices } = inputs;
    const { axis = 0, batchDims = 0 } = attrs as { axis?: number; batchDims?: number }; // attributes of GatherV2
    const along = util.parseAxisParam(axis, x!.shape)[0]!;
    const before = x!.shape.slice(0, along);
    const after = x!.shape.slice(along + 1);
    const own = indices!.shape.slice(batchDims);
    const y = backend.output([...before, ...own, ...after], x!.dtype as GpuDtype); // what its own tensors have
    const [count, inner] = [util.sizeFromShape(own), util.sizeFromShape(after)];
    const size = util.sizeFromShape(before) * count * inner;
    backend.run(gatherProgram, {
      tensors: { x: x!, indices: indices!, y },
      params: {
        ...{ size, count, height: x!.shape[along]!, inner },
        outer: util.sizeFromShape(before.slice(batchDims)),
      },
      blocks: Math.ceil(size / 256),
    });
    return y;
  },
};

/** `y[s, i] = sum of x[r, i] where ids[r] == s`, in the order of the rows. */
const segmentSumProgram = programFamily((type: WordType) =>
  defineProgram({
    name: `segmentSum ${type}`,
    reads: { x: type, ids: 'i32' },
    writes: { y: type },
    params: { size: 'u32', rows: 'u32', inner: 'u32' },
    body: `
  let i = block * LANES + lane;
  if (i < params.size) {
    let s = i32(i / params.inner);
    var sum: ${type} = 0;
    for (var r = 0u; r < params.rows; r++) {
      if (ids[r] == s) { sum += x[r * params.inner + i % params.inner]; }
    }
    y[i] = sum;
  }`,
  }),
);

const segmentSumKernel: TfjsGpuKernel = {
  name: 'UnsortedSegmentSum',
  run: ({ backend, inputs, attrs }) => {
    const { x, segmentIds } = inputs;
    const numSegments = attrs.numSegments as number; // attribute of UnsortedSegmentSum
    const own = x!.shape.slice(segmentIds!.shape.length);
    const y = backend.output([numSegments, ...own], x!.dtype as GpuDtype); // what its own tensors have
    const inner = util.sizeFromShape(own);
    const size = numSegments * inner;
    backend.run(segmentSumProgram(WORDS[x!.dtype] ?? 'f32'), {
      tensors: { x: x!, ids: segmentIds!, y },
      params: { size, rows: util.sizeFromShape(segmentIds!.shape), inner },
      blocks: Math.ceil(size / 256),
    });
    return y;
  },
};

/** Rows by their number, and sums of rows by it. */
export const gatherKernels: TfjsGpuKernel[] = [gatherKernel, segmentSumKernel];
