import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../../../base/errors.ts';
import { defineProgram, type Program, programFamily, type WordType } from '../engine/program.ts';
import type { GpuDtype, WebGpuBackend } from '../engine/webGpuBackend.ts';
import { filled } from './fill.ts';
import { LANES, REDUCE_LANES } from './lanes.ts';
import type { TfjsGpuKernel } from './tfjsGpuKernel.ts';
import { FUNCTIONS } from './wgslFunctions.ts';
import { withRows } from './withRows.ts';
import { WORDS } from './words.ts';

/** Rows longer than this are reduced by the lanes of a workgroup together. */
const SHORT_ROW = 64;
/** Elements that a workgroup reduces. A longer row is reduced in parts first: one long sum loses its small terms in f32. */
const PART = 4096;

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
    params: { width: 'u32', parts: 'u32', scale: 'f32' },
    lanes: LANES,
    reductions: REDUCE_LANES,
    declarations: extremes('f32'),
    body: `
  let base = block / params.parts * params.width;
  let begin = block % params.parts * ${PART}u;
  let end = min(params.width, begin + ${PART}u);
  var all: f32 = ${name === 'Max' ? 'x[base + begin]' : '0'};
  for (var j = begin + lane; j < end; j += LANES) { let v = x[base + j]; all = ${REDUCTIONS[name]!.step}; }
  let result = ${name === 'Max' ? 'maxLanes(all, lane) + sumLanes(select(0.0, all, isNan(all)), lane)' : 'sumLanes(all, lane)'};
  if (lane == 0u) { y[block] = result * params.scale; }`,
  }),
);

/** Sums, means, extremes. */
export const reduceKernels: TfjsGpuKernel[] = Object.keys(REDUCTIONS).map((name) => ({
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
    return withRows(backend, { x, axes }, (rows, [shape, reduced]) => {
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
      if (isLong) reduceLong(backend, longRows(name), { x: rows, y, count, width, scale });
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

/** Rows in parts, then their parts, until one part is left. */
function reduceLong(
  backend: WebGpuBackend,
  program: Program,
  row: { x: TensorInfo; y: TensorInfo; count: number; width: number; scale: number },
): void {
  const { y, count, scale } = row;
  let { x, width } = row;
  while (width > PART) {
    const parts = Math.ceil(width / PART);
    const partial = backend.output([count, parts]);
    backend.run(program, {
      tensors: { x, y: partial },
      params: { width, parts, scale: 1 },
      blocks: count * parts,
    });
    if (x !== row.x) backend.disposeData(x.dataId);
    x = partial;
    width = parts;
  }
  backend.run(program, { tensors: { x, y }, params: { width, parts: 1, scale }, blocks: count });
  if (x !== row.x) backend.disposeData(x.dataId);
}
