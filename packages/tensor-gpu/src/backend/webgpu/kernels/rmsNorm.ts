import { util } from '@tensorflow/tfjs-core';
import { defineProgram, type Program, programFamily } from '../engine/program.ts';
import { type GpuFusedKernel, type GpuFusedKernelCall, wantedOutputs } from './gpuFusedKernel.ts';
import { LANES, sumRows } from './lanes.ts';
import { sumInParts } from './sumColumns.ts';

/** Lanes of a row: narrow ones lie side by side in a workgroup. */
const [NARROW, WIDE] = [16, LANES];
const lanesOf = (width: number): number => (width <= 8 * NARROW ? NARROW : WIDE);
const rowsOf = (lanesPerRow: number): number => LANES / lanesPerRow;

/** WGSL: which row a lane works on, and its first column. */
const OWN_ROW = `
  let row = block * (LANES / PER_ROW) + lane / PER_ROW;
  let isLive = row < params.rows;
  let base = row * params.width;
  let begin = select(params.width, lane % PER_ROW, isLive);`;

const forward = programFamily((lanesPerRow: number) =>
  defineProgram({
    name: `rmsNorm ${lanesPerRow}`,
    reads: { x: 'f32', weight: 'f32' },
    writes: { y: 'f32' },
    params: { rows: 'u32', width: 'u32', eps: 'f32' },
    lanes: LANES,
    reductions: sumRows(lanesPerRow),
    body: `${OWN_ROW}
  var squares = 0.0;
  for (var j = begin; j < params.width; j += PER_ROW) { squares += x[base + j] * x[base + j]; }
  let r = 1 / sqrt(sumRow(squares, lane) / f32(params.width) + params.eps);
  for (var j = begin; j < params.width; j += PER_ROW) { y[base + j] = x[base + j] * r * weight[j]; }`,
  }),
);

/** `dx = r (g - x r^2 mean(g x))`, `g = dy weight`; keeps `r` of each row for the gradient of the weight. */
const backward = programFamily((lanesPerRow: number) =>
  defineProgram({
    name: `rmsNormGradient ${lanesPerRow}`,
    reads: { x: 'f32', weight: 'f32', dy: 'f32' },
    writes: { dx: 'f32', roots: 'f32' },
    params: { rows: 'u32', width: 'u32', eps: 'f32' },
    lanes: LANES,
    reductions: sumRows(lanesPerRow),
    body: `${OWN_ROW}
  var squares = 0.0;
  var products = 0.0;
  for (var j = begin; j < params.width; j += PER_ROW) {
    squares += x[base + j] * x[base + j];
    products += dy[base + j] * weight[j] * x[base + j];
  }
  let r = 1 / sqrt(sumRow(squares, lane) / f32(params.width) + params.eps);
  let pull = r * r * sumRow(products, lane) / f32(params.width);
  for (var j = begin; j < params.width; j += PER_ROW) {
    dx[base + j] = r * (dy[base + j] * weight[j] - x[base + j] * pull);
  }
  if (isLive && lane % PER_ROW == 0u) { roots[row] = r; }`,
  }),
);

/** Sums of `dy x r` over a part of the rows. */
const weightGradient = defineProgram({
  name: 'rmsNormWeightGradient',
  reads: { x: 'f32', dy: 'f32', roots: 'f32' },
  writes: { partial: 'f32' },
  params: { rows: 'u32', width: 'u32', rowsPerPart: 'u32', across: 'u32' },
  lanes: 64,
  body: `
  let part = block / params.across;
  let j = block % params.across * LANES + lane;
  if (j < params.width) {
    var sum = 0.0;
    let end = min(params.rows, (part + 1u) * params.rowsPerPart);
    for (var row = part * params.rowsPerPart; row < end; row++) {
      sum += dy[row * params.width + j] * x[row * params.width + j] * roots[row];
    }
    partial[part * params.width + j] = sum;
  }`,
});

export const rmsNormPrograms: readonly Program[] = [
  ...[NARROW, WIDE].flatMap((lanes) => [forward(lanes), backward(lanes)]),
  weightGradient,
];

export const rmsNormKernel: GpuFusedKernel = {
  name: 'rmsNorm',
  forward: (call) => {
    const { backend, inputs } = call;
    const { rows, width, eps } = sizesOf(call);
    const y = backend.output(inputs.x!.shape);
    const lanes = lanesOf(width);
    backend.run(forward(lanes), {
      tensors: { x: inputs.x!, weight: inputs.weight!, y },
      params: { rows, width, eps },
      blocks: Math.ceil(rows / rowsOf(lanes)),
    });
    return [y];
  },
  gradient: (call) => {
    const { backend, inputs } = call;
    const [x, weight, dy] = [inputs.x!, inputs.weight!, inputs.dy!];
    const { rows, width, eps } = sizesOf(call);
    const gradients = wantedOutputs(call);
    const roots = backend.output([rows]);
    const dx = gradients.of('x') ?? backend.output(x.shape);
    const tensors = { x, weight, dy, dx, roots };
    const lanes = lanesOf(width);
    backend.run(backward(lanes), {
      tensors,
      params: { rows, width, eps },
      blocks: Math.ceil(rows / rowsOf(lanes)),
    });
    const dweight = gradients.of('weight');
    if (dweight) {
      const across = Math.ceil(width / 64);
      sumInParts(backend, { rows, width, y: dweight }, (partial, { parts, rowsPerPart }) =>
        backend.run(weightGradient, {
          tensors: { x, dy, roots, partial },
          params: { rows, width, rowsPerPart, across },
          blocks: parts * across,
        }),
      );
    }
    backend.disposeData(roots.dataId);
    if (!gradients.outputs.includes(dx)) backend.disposeData(dx.dataId);
    return gradients.outputs;
  },
};

function sizesOf({ inputs, attributes }: GpuFusedKernelCall): {
  rows: number;
  width: number;
  eps: number;
} {
  const { shape } = inputs.x!;
  const width = shape.at(-1) ?? 1;
  const rows = util.sizeFromShape(shape.slice(0, -1));
  return { rows, width, eps: attributes.eps as number }; // attribute of rmsNormOp
}
