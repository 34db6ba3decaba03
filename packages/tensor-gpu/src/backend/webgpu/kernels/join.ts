import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { GpuDtype, WebGpuBackend } from '../engine/webGpuBackend.ts';
import { cut, put } from './strides.ts';
import type { TfjsGpuKernel } from './tfjsGpuKernel.ts';

const splitKernel: TfjsGpuKernel = {
  name: 'SplitV',
  run: ({ backend, inputs, attrs }) => {
    const x = inputs.x!;
    const { numOrSizeSplits, axis } = attrs as { numOrSizeSplits: number | number[]; axis: number }; // attributes of SplitV
    const along = util.parseAxisParam(axis, x.shape)[0]!;
    const length = x.shape[along]!;
    const sizes = Array.isArray(numOrSizeSplits)
      ? numOrSizeSplits.map((size) => (size < 0 ? length - sumOf(numOrSizeSplits, size) : size))
      : new Array<number>(numOrSizeSplits).fill(length / numOrSizeSplits);
    let from = 0;
    return sizes.map((size) => {
      const begin = x.shape.map((_, k) => (k === along ? from : 0));
      from += size;
      return cut(backend, x, { begin, size: x.shape.map((n, k) => (k === along ? size : n)) });
    });
  },
};

const sumOf = (sizes: readonly number[], left: number): number =>
  sizes.reduce((sum, size) => sum + size, 0) - left;

const concatKernel: TfjsGpuKernel = {
  name: 'Concat',
  run: ({ backend, inputs, attrs }) => {
    const list = Object.values(inputs) as TensorInfo[]; // all are given
    const axis = util.parseAxisParam(attrs.axis as number, list[0]!.shape)[0]!; // attribute of Concat
    return concatenated(backend, list, axis);
  },
};

function concatenated(
  backend: WebGpuBackend,
  list: readonly TensorInfo[],
  axis: number,
): TensorInfo {
  const first = list[0]!;
  const total = list.reduce((sum, x) => sum + x.shape[axis]!, 0);
  const y = backend.output(
    first.shape.map((n, k) => (k === axis ? total : n)),
    first.dtype as GpuDtype, // what its own tensors have
  );
  let from = 0;
  for (const x of list) {
    put(backend, x, { y, begin: x.shape.map((_, k) => (k === axis ? from : 0)) });
    from += x.shape[axis]!;
  }
  return y;
}

const packKernel: TfjsGpuKernel = {
  name: 'Pack',
  run: ({ backend, inputs, attrs }) => {
    const list = Object.values(inputs) as TensorInfo[]; // all are given
    const axis = attrs.axis as number; // attribute of Pack, not negative
    const shaped = list.map((x) => ({ ...x, shape: x.shape.toSpliced(axis, 0, 1) }));
    return concatenated(backend, shaped, axis);
  },
};

const unpackKernel: TfjsGpuKernel = {
  name: 'Unpack',
  run: ({ backend, inputs, attrs }) => {
    const x = inputs.value!;
    const axis = util.parseAxisParam(attrs.axis as number, x.shape)[0]!; // attribute of Unpack
    const size = x.shape.map((n, k) => (k === axis ? 1 : n));
    return Array.from({ length: x.shape[axis]! }, (_, at) => {
      const part = cut(backend, x, { begin: x.shape.map((_n, k) => (k === axis ? at : 0)), size });
      return { ...part, shape: x.shape.toSpliced(axis, 1) };
    });
  },
};

/** Ops that make one tensor of several, or several of one. */
export const joinKernels: TfjsGpuKernel[] = [splitKernel, concatKernel, packKernel, unpackKernel];
