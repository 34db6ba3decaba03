import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { CpuFusedKernel, CpuFusedKernelCall } from './cpuFusedKernel.ts';
import { linearCpu, linearGradientCpu } from './linear.ts';
import { wantedOutputs } from './wantedOutputs.ts';

/** A linear layer for the rows of each expert. */
export const expertLinearKernel: CpuFusedKernel = {
  name: 'expertLinear',
  forward: (call) => {
    const { backend, inputs } = call;
    const { width, outputs, experts } = sizesOf(call);
    const y = backend.output([inputs.x!.shape[0]!, outputs]);
    const [x, weight, to] = [inputs.x!, inputs.weight!, y].map((t) => backend.offset(t));
    for (const { expert, first, rows } of experts)
      if (rows > 0)
        linearCpu(backend.cpu, {
          x: x! + 4 * first * width,
          weight: weight! + 4 * expert * outputs * width,
          y: to! + 4 * first * outputs,
          ...{ rows, inputs: width, outputs },
        });
    return [y];
  },
  gradient: (call) => {
    const { backend, inputs } = call;
    const { width, outputs, experts } = sizesOf(call);
    const gradients = wantedOutputs(call);
    const at = (tensor: TensorInfo) => backend.offset(tensor);
    const [dx, dweight] = [gradients.offsetOf('x'), gradients.offsetOf('weight')];
    const matrix = 4 * outputs * width;
    for (const { expert, first, rows } of experts) {
      if (rows > 0)
        linearGradientCpu(backend.cpu, {
          x: at(inputs.x!) + 4 * first * width,
          weight: at(inputs.weight!) + expert * matrix,
          dy: at(inputs.dy!) + 4 * first * outputs,
          dx: dx && dx + 4 * first * width,
          dweight: dweight && dweight + expert * matrix,
          ...{ rows, inputs: width, outputs },
        });
      else if (dweight) backend.cpu.heap.f32(dweight + expert * matrix, outputs * width).fill(0); // no row, no gradient
    }
    return gradients.outputs;
  },
};

/** Widths, and which rows each expert has. */
function sizesOf({ backend, inputs }: CpuFusedKernelCall) {
  const count = inputs.offsets!.shape[0]! - 1;
  const offsets = backend.cpu.heap.i32(backend.offset(inputs.offsets!), count + 1);
  const experts = Array.from({ length: count }, (_, expert) => {
    const first = offsets[expert]!;
    return { expert, first, rows: offsets[expert + 1]! - first };
  });
  return { width: inputs.x!.shape[1]!, outputs: inputs.weight!.shape[0]! / count, experts };
}
