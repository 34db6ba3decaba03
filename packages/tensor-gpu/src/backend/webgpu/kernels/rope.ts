import { util } from '@tensorflow/tfjs-core';
import { defineProgram, type Program } from '../engine/program.ts';
import type { GpuFusedKernel, GpuFusedKernelCall } from './gpuFusedKernel.ts';

/** A pair of numbers per lane; `sign` -1 turns back, which is the gradient. A position outside the tables gives NaN. */
const turn = defineProgram({
  name: 'rope',
  reads: { x: 'f32', cosines: 'f32', sines: 'f32', positions: 'i32' },
  writes: { y: 'f32' },
  params: { size: 'u32', heads: 'u32', half: 'u32', known: 'u32', sign: 'f32' },
  body: `
  let i = block * LANES + lane;
  if (i < params.size) {
    let j = i % params.half;
    let row = i / params.half;
    let position = positions[row / params.heads];
    let inside = position >= 0 && u32(position) < params.known;
    let entry = u32(max(position, 0)) * params.half + j;
    let c = select(bitcast<f32>(0x7fc00000u + params.size * 0u), cosines[entry], inside);
    let s = sines[entry] * params.sign;
    let p = row * 2u * params.half + j;
    let q = p + params.half;
    let a = x[p];
    let b = x[q];
    y[p] = a * c - b * s;
    y[q] = b * c + a * s;
  }`,
});

export const ropePrograms: readonly Program[] = [turn];

export const ropeKernel: GpuFusedKernel = {
  name: 'rope',
  forward: (call) => {
    const y = call.backend.output(call.inputs.x!.shape);
    run(call, { x: call.inputs.x!, y, sign: 1 });
    return [y];
  },
  gradient: (call) => {
    const { dy } = call.inputs;
    const dx = call.backend.output(dy!.shape);
    run(call, { x: dy!, y: dx, sign: -1 });
    return call.wanted.map(() => dx); // x alone has a gradient
  },
};

function run(
  { backend, inputs }: GpuFusedKernelCall,
  {
    x,
    y,
    sign,
  }: {
    x: GpuFusedKernelCall['inputs'][string];
    y: GpuFusedKernelCall['inputs'][string];
    sign: number;
  },
): void {
  const [, , heads = 1, width = 2] = x.shape;
  const size = util.sizeFromShape(x.shape) / 2;
  backend.run(turn, {
    tensors: { x, cosines: inputs.cos!, sines: inputs.sin!, positions: inputs.positions!, y },
    params: { size, heads, half: width / 2, known: inputs.cos!.shape[0]!, sign },
    blocks: Math.ceil(size / 256),
  });
}
