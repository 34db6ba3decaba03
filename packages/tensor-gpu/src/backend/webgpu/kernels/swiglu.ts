import { util } from '@tensorflow/tfjs-core';
import { defineProgram, type Program } from '../engine/program.ts';
import { type GpuFusedKernel, wantedOutputs } from './gpuFusedKernel.ts';
import { runElements } from './windows.ts';

const forward = defineProgram({
  name: 'swiglu',
  reads: { gate: 'f32', up: 'f32' },
  writes: { y: 'f32' },
  params: { size: 'u32' },
  body: `
  let i = block * LANES + lane;
  if (i < params.size) { let g = gate[i]; y[i] = g / (1 + exp(-g)) * up[i]; }`,
});

const backward = defineProgram({
  name: 'swigluGradient',
  reads: { gate: 'f32', up: 'f32', dy: 'f32' },
  writes: { dgate: 'f32', dup: 'f32' },
  params: { size: 'u32' },
  body: `
  let i = block * LANES + lane;
  if (i < params.size) {
    let g = gate[i];
    let s = 1 / (1 + exp(-g));
    dgate[i] = dy[i] * up[i] * s * (1 + g * (1 - s));
    dup[i] = dy[i] * g * s;
  }`,
});

export const swigluPrograms: readonly Program[] = [forward, backward];

export const swigluKernel: GpuFusedKernel = {
  name: 'swiglu',
  forward: ({ backend, inputs: { gate, up } }) => {
    const y = backend.output(gate!.shape);
    const size = util.sizeFromShape(gate!.shape);
    runElements(backend, forward, { tensors: { gate: gate!, up: up!, y }, size });
    return [y];
  },
  gradient: (call) => {
    const { backend, inputs } = call;
    const { gate, up, dy } = inputs;
    const gradients = wantedOutputs(call);
    const scratch = () => backend.output(gate!.shape);
    const dgate = gradients.of('gate') ?? scratch();
    const dup = gradients.of('up') ?? scratch();
    const size = util.sizeFromShape(gate!.shape);
    const tensors = { gate: gate!, up: up!, dy: dy!, dgate, dup };
    runElements(backend, backward, { tensors, size });
    for (const tensor of [dgate, dup])
      if (!gradients.outputs.includes(tensor)) backend.disposeData(tensor.dataId);
    return gradients.outputs;
  },
};
