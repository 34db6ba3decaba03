import { util } from '@tensorflow/tfjs-core';
import type { CpuRuntime } from '../engine/cpuRuntime.ts';
import type { Matrix } from '../engine/matrix.ts';
import type { CpuFusedKernel } from './cpuFusedKernel.ts';
import { matMulCpu } from './matMul.ts';
import { wantedOutputs } from './wantedOutputs.ts';

/** Rows M, input width K and output width N of a linear layer. */
export interface LinearSize {
  rows: number;
  inputs: number;
  outputs: number;
}

/** `y[M, N] = x[M, K] W[N, K]^T`, or `y += ...`. */
export function linearCpu(
  cpu: CpuRuntime,
  args: LinearSize & {
    x: number;
    weight: number | Matrix;
    y: number;
    accumulate?: boolean | undefined;
  },
): void {
  const { x, weight, y, rows, inputs, outputs, accumulate } = args;
  matMulCpu(cpu, {
    a: x,
    b: weight,
    c: y,
    m: rows,
    n: outputs,
    k: inputs,
    transposeB: true,
    accumulate,
  });
}

/** `dx[M, K] = dy[M, N] W[N, K]` and `dW[N, K] = dy^T x`; one of offset 0 is not wanted. `accumulate` adds to both. */
export function linearGradientCpu(
  cpu: CpuRuntime,
  args: LinearSize & {
    x: number;
    weight: number | Matrix;
    dy: number;
    dx: number;
    dweight: number;
    accumulate?: boolean | undefined;
  },
): void {
  const { x, weight, dy, dx, dweight, rows, inputs, outputs, accumulate } = args;
  if (dx !== 0)
    matMulCpu(cpu, { a: dy, b: weight, c: dx, m: rows, n: inputs, k: outputs, accumulate });
  if (dweight !== 0)
    matMulCpu(cpu, {
      a: dy,
      b: x,
      c: dweight,
      m: outputs,
      n: inputs,
      k: rows,
      transposeA: true,
      accumulate,
    });
}

export const linearKernel: CpuFusedKernel = {
  name: 'linear',
  forward: ({ backend, inputs }) => {
    const x = inputs['x']!;
    const weight = inputs['weight']!;
    const [outputs = 0, width = 0] = weight.shape;
    const y = backend.output([...x.shape.slice(0, -1), outputs]);
    linearCpu(backend.cpu, {
      x: backend.offset(x),
      weight: backend.matrix(weight),
      y: backend.offset(y),
      rows: util.sizeFromShape(x.shape.slice(0, -1)),
      inputs: width,
      outputs,
    });
    return [y];
  },
  gradient: (call) => {
    const { backend, inputs } = call;
    const x = inputs['x']!;
    const weight = inputs['weight']!;
    const [outputs = 0, width = 0] = weight.shape;
    const gradients = wantedOutputs(call);
    linearGradientCpu(backend.cpu, {
      x: backend.offset(x),
      weight: backend.matrix(weight),
      dy: backend.offset(inputs['dy']!),
      dx: gradients.offsetOf('x'),
      dweight: gradients.offsetOf('weight'),
      rows: util.sizeFromShape(x.shape.slice(0, -1)),
      inputs: width,
      outputs,
    });
    return gradients.outputs;
  },
};
