import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { defineProgram, programFamily } from '../engine/program.ts';
import type { GpuDtype, WebGpuBackend } from '../engine/webGpuBackend.ts';
import type { TfjsGpuKernel } from './tfjsGpuKernel.ts';
import { runElements } from './windows.ts';

const fillProgram = programFamily((type: 'f32' | 'i32') =>
  defineProgram({
    name: `fill ${type}`,
    reads: {},
    writes: { y: type },
    params: { size: 'u32', value: type },
    body: `
  let i = block * LANES + lane;
  if (i < params.size) { y[i] = params.value; }`,
  }),
);

/** A new tensor of one number. */
export function filled(
  backend: WebGpuBackend,
  shape: readonly number[],
  { dtype = 'float32', value }: { dtype?: GpuDtype; value: number },
): TensorInfo {
  const y = backend.output(shape, dtype);
  const size = util.sizeFromShape([...shape]);
  runElements(backend, fillProgram(dtype === 'float32' ? 'f32' : 'i32'), {
    ...{ tensors: { y }, params: { value }, size },
  });
  return y;
}

const rangeKernel: TfjsGpuKernel = {
  name: 'Range',
  run: ({ backend, attrs }) => {
    const { start, stop, step, dtype } = attrs as unknown as {
      start: number;
      stop: number;
      step: number;
      dtype: GpuDtype;
    }; // attributes of Range
    const length = Math.max(0, Math.ceil((stop - start) / step));
    const numbers = Array.from({ length }, (_, k) => start + k * step);
    const values = dtype === 'int32' ? Int32Array.from(numbers) : Float32Array.from(numbers);
    return backend.makeTensorInfo([length], dtype, values);
  },
};

/** Ops that make a tensor of nothing. */
export const fillKernels: TfjsGpuKernel[] = [
  {
    name: 'Fill',
    run: ({ backend, attrs }) => {
      const { shape, value, dtype } = attrs as unknown as {
        shape: number[];
        value: number;
        dtype?: GpuDtype;
      }; // attributes of Fill
      return filled(backend, shape, { dtype: dtype ?? 'float32', value });
    },
  },
  ...[0, 1].map((value) => ({
    name: value === 0 ? 'ZerosLike' : 'OnesLike',
    run: ({ backend, inputs }: Parameters<TfjsGpuKernel['run']>[0]) => {
      const { shape, dtype } = inputs.x!;
      return filled(backend, shape, { dtype: dtype as GpuDtype, value }); // what its own tensors have
    },
  })),
  rangeKernel,
];
