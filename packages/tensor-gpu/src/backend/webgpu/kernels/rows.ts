import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../../../base/errors.ts';
import { defineProgram, programFamily, type WordType } from '../engine/program.ts';
import type { GpuDtype, WebGpuBackend } from '../engine/webGpuBackend.ts';
import { broadcastStrides, filled, gatherSteps, transposed } from './copy.ts';
import { LANES, REDUCE_LANES } from './lanes.ts';
import type { TfjsGpuKernel } from './tfjsGpuKernel.ts';
import { FUNCTIONS } from './wgslFunctions.ts';
import { WORDS } from './words.ts';

/** Rows longer than this are reduced by the lanes of a workgroup together. */
const SHORT_ROW = 64;

/** Of each reduction: what an element joins `all` by, and where it begins. */
const REDUCTIONS: Record<string, { step: string; first: string }> = {
  Sum: { step: 'all + v', first: '0' },
  Mean: { step: 'all + v', first: '0' },
  Prod: { step: 'all * v', first: '1' },
  Max: { step: 'larger(all, v)', first: 'x[row * params.width]' },
  Min: { step: 'smaller(all, v)', first: 'x[row * params.width]' },
  All: { step: 'all & v', first: '1' },
  Any: { step: 'all | v', first: '0' },
};

/** WGSL: `max` and `min` of a type; a GPU's own may lose a NaN. */
const extremes = (type: WordType): string =>
  type === 'f32'
    ? `${FUNCTIONS}
fn larger(a: f32, b: f32) -> f32 { return select(max(a, b), a + b, isNan(a) || isNan(b)); }
fn smaller(a: f32, b: f32) -> f32 { return select(min(a, b), a + b, isNan(a) || isNan(b)); }`
    : `
fn larger(a: i32, b: i32) -> i32 { return max(a, b); }
fn smaller(a: i32, b: i32) -> i32 { return min(a, b); }`;

const shortRows = programFamily((key: string) => {
  const [name = '', type = 'f32'] = key.split(' ') as [string, WordType];
  const { step, first } = REDUCTIONS[name]!; // asked for below
  return defineProgram({
    name: `reduce ${key}`,
    reads: { x: type },
    writes: { y: type },
    params: { rows: 'u32', width: 'u32', scale: 'f32' },
    declarations: extremes(type),
    body: `
  let row = block * LANES + lane;
  if (row < params.rows) {
    var all: ${type} = ${first};
    for (var j = 0u; j < params.width; j++) { let v = x[row * params.width + j]; all = ${step}; }
    y[row] = ${type === 'f32' ? 'all * params.scale' : 'all'};
  }`,
  });
});

/** Sums and largest values of long rows of f32. */
const longRows = programFamily((name: string) =>
  defineProgram({
    name: `reduce long ${name}`,
    reads: { x: 'f32' },
    writes: { y: 'f32' },
    params: { width: 'u32', scale: 'f32' },
    lanes: LANES,
    declarations: REDUCE_LANES + extremes('f32'),
    body: `
  let base = block * params.width;
  var all: f32 = ${name === 'Max' ? 'x[base]' : '0'};
  for (var j = lane; j < params.width; j += LANES) { let v = x[base + j]; all = ${REDUCTIONS[name]!.step}; }
  let result = ${name === 'Max' ? 'maxLanes(all, lane) + sumLanes(select(0.0, all, isNan(all)), lane)' : 'sumLanes(all, lane)'};
  if (lane == 0u) { y[block] = result * params.scale; }`,
  }),
);

const reduceKernels: TfjsGpuKernel[] = Object.keys(REDUCTIONS).map((name) => ({
  name,
  run: ({ backend, inputs, attrs }) => {
    const x = inputs.x!;
    if (name === 'Mean' && x.dtype !== 'float32')
      throw new TensorGpuError(
        'dtype',
        `webgpu: mean takes float32 here, got ${x.dtype}. Cast it: mean(cast(x, 'float32')).`,
      );
    // attributes of reductions; Max has its axes under another name
    const { axis, reductionIndices, keepDims } = attrs as {
      axis?: number | number[];
      reductionIndices?: number | number[];
      keepDims?: boolean;
    };
    const axes = util.parseAxisParam(reductionIndices ?? axis ?? [...x.shape.keys()], x.shape);
    return withRows(backend, x, axes, (rows, [shape, reduced]) => {
      const out = keepDims ? backend_util.expandShapeToKeepDim(shape, axes) : shape;
      const width = util.sizeFromShape(reduced);
      const count = util.sizeFromShape(shape);
      if (width === 0)
        return filled(backend, out, {
          dtype: x.dtype as GpuDtype, // what its own tensors have
          value: { Sum: 0, Prod: 1, All: 1, Any: 0 }[name] ?? Number.NaN,
        });
      const y = backend.output(out, x.dtype as GpuDtype); // what its own tensors have
      const scale = name === 'Mean' ? 1 / width : 1;
      const isLong =
        width > SHORT_ROW && x.dtype === 'float32' && ['Sum', 'Mean', 'Max'].includes(name);
      if (isLong)
        backend.run(longRows(name), {
          tensors: { x: rows, y },
          params: { width, scale },
          blocks: count,
        });
      else
        backend.run(shortRows(`${name} ${WORDS[x.dtype]}`), {
          tensors: { x: rows, y },
          params: { rows: count, width, scale },
          blocks: Math.ceil(count / 256),
        });
      return y;
    });
  },
}));

/** Calls `run` with the numbers of `x` so that those along `axes` lie together, and the shapes of what is kept and reduced. */
function withRows(
  backend: WebGpuBackend,
  x: TensorInfo,
  axes: readonly number[],
  run: (rows: TensorInfo, shapes: [kept: number[], reduced: number[]]) => TensorInfo,
): TensorInfo {
  const shapes = backend_util.computeOutAndReduceShapes(x.shape, [...axes]);
  const kept = [...x.shape.keys()].filter((axis) => !axes.includes(axis));
  const perm = [...kept, ...axes];
  if (perm.every((axis, k) => axis === k)) return run(x, shapes as [number[], number[]]);
  const rows = transposed(backend, x, perm);
  const y = run(rows, shapes as [number[], number[]]); // tfjs types the pair as a list
  backend.disposeData(rows.dataId);
  return y;
}

/** The place of the extreme number of each row; of equals the first. */
const argProgram = programFamily((key: string) => {
  const [name = '', type = 'f32'] = key.split(' ') as [string, WordType];
  return defineProgram({
    name: `arg ${key}`,
    reads: { x: type },
    writes: { y: 'i32' },
    params: { rows: 'u32', width: 'u32' },
    body: `
  let row = block * LANES + lane;
  if (row < params.rows) {
    var at = 0u;
    for (var j = 1u; j < params.width; j++) {
      if (x[row * params.width + j] ${name === 'ArgMax' ? '>' : '<'} x[row * params.width + at]) { at = j; }
    }
    y[row] = i32(at);
  }`,
  });
});

const argKernels: TfjsGpuKernel[] = ['ArgMax', 'ArgMin'].map((name) => ({
  name,
  run: ({ backend, inputs, attrs }) => {
    const x = inputs.x!;
    const axes = util.parseAxisParam((attrs.axis as number | undefined) ?? 0, x.shape); // attribute of ArgMax
    return withRows(backend, x, axes, (rows, [shape, reduced]) => {
      const y = backend.output(shape, 'int32');
      const count = util.sizeFromShape(shape);
      backend.run(argProgram(`${name} ${WORDS[x.dtype]}`), {
        tensors: { x: rows, y },
        params: { rows: count, width: util.sizeFromShape(reduced) },
        blocks: Math.ceil(count / 256),
      });
      return y;
    });
  },
}));

const softmaxProgram = programFamily((name: string) =>
  defineProgram({
    name,
    reads: { x: 'f32' },
    writes: { y: 'f32' },
    params: { width: 'u32' },
    lanes: LANES,
    declarations: REDUCE_LANES,
    body: `
  let base = block * params.width;
  var most = x[base];
  for (var j = lane; j < params.width; j += LANES) { most = max(most, x[base + j]); }
  let top = maxLanes(most, lane);
  var sum = 0.0;
  for (var j = lane; j < params.width; j += LANES) { sum += exp(x[base + j] - top); }
  let total = sumLanes(sum, lane);
  for (var j = lane; j < params.width; j += LANES) {
    let z = x[base + j] - top;
    y[base + j] = ${name === 'Softmax' ? 'exp(z) / total' : 'z - log(total)'};
  }`,
  }),
);

const softmaxKernels: TfjsGpuKernel[] = ['Softmax', 'LogSoftmax'].map((name) => ({
  name,
  run: ({ backend, inputs }) => {
    const x = inputs.logits!;
    const width = x.shape.at(-1) ?? 1;
    const y = backend.output(x.shape);
    backend.run(softmaxProgram(name), {
      tensors: { x, y },
      params: { width },
      blocks: width === 0 ? 0 : util.sizeFromShape(x.shape) / width,
    });
    return y;
  },
}));

const selectProgram = defineProgram({
  name: 'select',
  reads: { condition: 'i32', t: 'u32', e: 'u32' },
  writes: { y: 'u32' },
  params: { size: 'u32' },
  body: `
  let i = block * LANES + lane;
  if (i < params.size) { y[i] = select(e[i], t[i], condition[i] != 0); }`,
});

const selectKernel: TfjsGpuKernel = {
  name: 'Select',
  run: ({ backend, inputs }) => {
    const { condition, t, e } = inputs;
    const { shape, dtype } = t!;
    const isWhole = String(condition!.shape) === String(shape);
    // a condition of rank 1 chooses whole rows
    const strides = isWhole
      ? undefined
      : broadcastStrides(
          [...condition!.shape, ...new Array<number>(shape.length - 1).fill(1)],
          shape,
        );
    const mask = strides
      ? gatherSteps(backend, { shape, tensor: condition!, strides })
      : condition!;
    const y = backend.output(shape, dtype as GpuDtype); // what its own tensors have
    const size = util.sizeFromShape(shape);
    backend.run(selectProgram, {
      tensors: { condition: mask, t: t!, e: e!, y },
      params: { size },
      blocks: Math.ceil(size / 256),
    });
    if (mask !== condition) backend.disposeData(mask.dataId);
    return y;
  },
};

const oneHotProgram = programFamily((type: WordType) =>
  defineProgram({
    name: `oneHot ${type}`,
    reads: { indices: 'i32' },
    writes: { y: type },
    params: { size: 'u32', depth: 'u32', on: type, off: type },
    body: `
  let i = block * LANES + lane;
  if (i < params.size) { y[i] = select(params.off, params.on, indices[i / params.depth] == i32(i % params.depth)); }`,
  }),
);

const oneHotKernel: TfjsGpuKernel = {
  name: 'OneHot',
  run: ({ backend, inputs, attrs }) => {
    const indices = inputs.indices!;
    const { dtype, depth, onValue, offValue } = attrs as unknown as {
      dtype: GpuDtype;
      depth: number;
      onValue: number;
      offValue: number;
    }; // attributes of OneHot
    const shape = [...indices.shape, depth];
    const size = util.sizeFromShape(shape);
    const y = backend.output(shape, dtype);
    backend.run(oneHotProgram(WORDS[dtype] ?? 'f32'), {
      tensors: { indices, y },
      params: { size, depth, on: onValue, off: offValue },
      blocks: Math.ceil(size / 256),
    });
    return y;
  },
};

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

/** Ops that look at rows as a whole. */
export const rowKernels: TfjsGpuKernel[] = [
  ...reduceKernels,
  ...argKernels,
  ...softmaxKernels,
  ...[selectKernel, oneHotKernel, gatherKernel, segmentSumKernel],
];
