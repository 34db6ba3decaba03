import { util } from '@tensorflow/tfjs-core';
import { defineProgram, type Program, type WordType } from '../engine/program.ts';
import { type GpuFusedKernel, type GpuFusedKernelCall, wantedOutputs } from './gpuFusedKernel.ts';
import { sumInParts } from './sumColumns.ts';

const READS = { x: 'f32', weight: 'f32', cosines: 'f32', sines: 'f32', positions: 'i32' } as const;
const PARAMS: Record<string, WordType> = {
  ...{ rows: 'u32', heads: 'u32', width: 'u32', known: 'u32', eps: 'f32' },
};

/** Where a row's head lies, and the entry of the tables at its position; outside of them it is the last, and `bad`. */
const ROW = `
    let base = row * params.width;
    let half = params.width / 2u;
    let position = positions[row / params.heads];
    let bad = position < 0 || u32(position) >= params.known;
    let entry = u32(clamp(position, 0, i32(params.known) - 1)) * half;`;

const ROOT = `
    var squares = 0.0;
    for (var j = 0u; j < params.width; j++) { squares += x[base + j] * x[base + j]; }
    var r = 1 / sqrt(squares / f32(params.width) + params.eps);
    if (bad) { r = bitcast<f32>(0x7fc00000u + params.rows * 0u); }`;

/** A head per lane: heads are narrow. */
const forward = defineProgram({
  name: 'headNormRope',
  reads: READS,
  writes: { y: 'f32' },
  params: PARAMS,
  lanes: 64,
  body: `
  let row = block * LANES + lane;
  if (row < params.rows) {${ROW}${ROOT}
    for (var j = 0u; j < half; j++) {
      let a = x[base + j] * r * weight[j];
      let b = x[base + half + j] * r * weight[half + j];
      let c = cosines[entry + j];
      let s = sines[entry + j];
      y[base + j] = a * c - b * s;
      y[base + half + j] = b * c + a * s;
    }
  }`,
});

/** Keeps in `turned` what each element of `weight` is multiplied by in its gradient: `dn x r`. */
const backward = defineProgram({
  name: 'headNormRopeGradient',
  reads: { ...READS, dy: 'f32' },
  writes: { dx: 'f32', turned: 'f32' },
  params: PARAMS,
  lanes: 64,
  body: `
  let row = block * LANES + lane;
  if (row < params.rows) {${ROW}${ROOT}
    var products = 0.0;
    for (var j = 0u; j < half; j++) {
      let c = cosines[entry + j];
      let s = sines[entry + j];
      let p = base + j;
      let q = p + half;
      let da = dy[p] * c + dy[q] * s;
      let db = dy[q] * c - dy[p] * s;
      products += da * weight[j] * x[p] + db * weight[half + j] * x[q];
      turned[p] = da * x[p] * r;
      turned[q] = db * x[q] * r;
      dx[p] = da * weight[j];
      dx[q] = db * weight[half + j];
    }
    let pull = r * r * products / f32(params.width);
    for (var j = 0u; j < params.width; j++) { dx[base + j] = r * (dx[base + j] - x[base + j] * pull); }
  }`,
});

const partSums = defineProgram({
  name: 'sumRowsInParts',
  reads: { x: 'f32' },
  writes: { partial: 'f32' },
  params: { rows: 'u32', width: 'u32', rowsPerPart: 'u32', across: 'u32' },
  lanes: 64,
  body: `
  let part = block / params.across;
  let j = block % params.across * LANES + lane;
  if (j < params.width) {
    var sum = 0.0;
    let end = min(params.rows, (part + 1u) * params.rowsPerPart);
    for (var row = part * params.rowsPerPart; row < end; row++) { sum += x[row * params.width + j]; }
    partial[part * params.width + j] = sum;
  }`,
});

export const headNormRopePrograms: readonly Program[] = [forward, backward, partSums];

export const headNormRopeKernel: GpuFusedKernel = {
  name: 'headNormRope',
  forward: (call) => {
    const { backend, inputs } = call;
    const y = backend.output(inputs.x!.shape);
    const { rows, params } = sizesOf(call);
    backend.run(forward, {
      tensors: { ...readsOf(call), y },
      params,
      blocks: Math.ceil(rows / 64),
    });
    return [y];
  },
  gradient: (call) => {
    const { backend, inputs } = call;
    const { rows, params } = sizesOf(call);
    const gradients = wantedOutputs(call);
    const dx = gradients.of('x') ?? backend.output(inputs.x!.shape);
    const turned = backend.output(inputs.x!.shape);
    backend.run(backward, {
      tensors: { ...readsOf(call), dy: inputs.dy!, dx, turned },
      params,
      blocks: Math.ceil(rows / 64),
    });
    const dweight = gradients.of('weight');
    if (dweight) {
      const { width } = params;
      const across = Math.ceil(width / 64);
      sumInParts(backend, { rows, width, y: dweight }, (partial, { parts, rowsPerPart }) =>
        backend.run(partSums, {
          tensors: { x: turned, partial },
          params: { rows, width, rowsPerPart, across },
          blocks: parts * across,
        }),
      );
    }
    backend.disposeData(turned.dataId);
    if (!gradients.outputs.includes(dx)) backend.disposeData(dx.dataId);
    return gradients.outputs;
  },
};

function readsOf({ inputs }: GpuFusedKernelCall) {
  const { x, weight, cos, sin, positions } = inputs;
  return { x: x!, weight: weight!, cosines: cos!, sines: sin!, positions: positions! };
}

function sizesOf({ inputs, attributes }: GpuFusedKernelCall) {
  const { shape } = inputs.x!;
  const [, , heads = 1, width = 1] = shape;
  const rows = util.sizeFromShape(shape.slice(0, -1));
  const eps = attributes.eps as number; // attribute of headNormRopeOp
  return { rows, params: { rows, heads, width, known: inputs.cos!.shape[0]!, eps } };
}
