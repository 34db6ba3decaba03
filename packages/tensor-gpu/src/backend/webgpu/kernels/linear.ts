import { util } from '@tensorflow/tfjs-core';
import { gemm, rowMajor } from './gemm.ts';
import { type GpuFusedKernel, type GpuFusedKernelCall, wantedOutputs } from './gpuFusedKernel.ts';

/** `y = x W^T`; `dx = dy W`, `dW = dy^T x`. */
export const linearKernel: GpuFusedKernel = {
  name: 'linear',
  forward: (call) => {
    const { backend, inputs } = call;
    const { rows, width, outputs } = sizesOf(call);
    const y = backend.output([...inputs.x!.shape.slice(0, -1), outputs]);
    gemm(backend, {
      ...{ m: rows, n: outputs, k: width },
      a: rowMajor(inputs.x!, width),
      b: rowMajor(inputs.weight!, width, { transposed: true }),
      c: rowMajor(y, outputs),
    });
    return [y];
  },
  gradient: (call) => {
    const { backend, inputs } = call;
    const { rows, width, outputs } = sizesOf(call);
    const gradients = wantedOutputs(call);
    const [dx, dweight] = [gradients.of('x'), gradients.of('weight')];
    if (dx)
      gemm(backend, {
        ...{ m: rows, n: width, k: outputs },
        a: rowMajor(inputs.dy!, outputs),
        b: rowMajor(inputs.weight!, width),
        c: rowMajor(dx, width),
      });
    if (dweight)
      gemm(backend, {
        ...{ m: outputs, n: width, k: rows },
        a: rowMajor(inputs.dy!, outputs, { transposed: true }),
        b: rowMajor(inputs.x!, width),
        c: rowMajor(dweight, width),
      });
    return gradients.outputs;
  },
};

function sizesOf({ inputs }: GpuFusedKernelCall): { rows: number; width: number; outputs: number } {
  const [outputs = 0, width = 0] = inputs.weight!.shape;
  return { rows: util.sizeFromShape(inputs.x!.shape.slice(0, -1)), width, outputs };
}
