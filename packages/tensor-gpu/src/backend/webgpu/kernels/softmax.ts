import { util } from '@tensorflow/tfjs-core';
import { defineProgram, programFamily } from '../engine/program.ts';
import { LANES, REDUCE_LANES } from './lanes.ts';
import type { TfjsGpuKernel } from './tfjsGpuKernel.ts';
import { FUNCTIONS } from './wgslFunctions.ts';

const softmaxProgram = programFamily((name: string) =>
  defineProgram({
    name,
    reads: { x: 'f32' },
    writes: { y: 'f32' },
    params: { width: 'u32' },
    lanes: LANES,
    reductions: REDUCE_LANES,
    declarations: FUNCTIONS,
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
    y[base + j] = ${name === 'Softmax' ? 'exp(z) / total' : 'z - logarithm(total)'};
  }`,
  }),
);

const kernelOf = (name: string): TfjsGpuKernel => ({
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
});

/** `tf.softmax`. */
export const softmaxKernel: TfjsGpuKernel = kernelOf('Softmax');

/** It and `tf.logSoftmax`. */
export const softmaxKernels: TfjsGpuKernel[] = [softmaxKernel, kernelOf('LogSoftmax')];
