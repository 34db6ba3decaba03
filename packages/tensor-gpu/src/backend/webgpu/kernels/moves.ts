import { util } from '@tensorflow/tfjs-core';
import type { GpuDtype } from '../engine/webGpuBackend.ts';
import { filled } from './fill.ts';
import { stridesOf } from './places.ts';
import { broadcastStrides, cut, gatherSteps, put, transposed } from './strides.ts';
import type { TfjsGpuKernel } from './tfjsGpuKernel.ts';

const transposeKernel: TfjsGpuKernel = {
  name: 'Transpose',
  run: ({ backend, inputs, attrs }) => transposed(backend, inputs.x!, attrs.perm as number[]), // attribute of Transpose
};

const sliceKernel: TfjsGpuKernel = {
  name: 'Slice',
  run: ({ backend, inputs, attrs }) => {
    const x = inputs.x!;
    const { begin, size } = attrs as { begin: number | number[]; size: number | number[] }; // attributes of Slice
    const from = x.shape.map((_, axis) => [begin].flat()[axis] ?? 0);
    const asked = x.shape.map((length, axis) => {
      const count = [size].flat()[axis] ?? -1;
      return count < 0 ? length - from[axis]! : count;
    });
    return cut(backend, x, { begin: from, size: asked });
  },
};

const tileKernel: TfjsGpuKernel = {
  name: 'Tile',
  run: ({ backend, inputs, attrs }) => {
    const x = inputs.x!;
    const reps = attrs.reps as number[]; // attribute of Tile
    const own = stridesOf(x.shape);
    return gatherSteps(backend, {
      shape: x.shape.map((n, k) => n * reps[k]!),
      sizes: x.shape.flatMap((n, k) => [reps[k]!, n]),
      tensor: x,
      strides: own.flatMap((step) => [0, step]),
    });
  },
};

const padKernel: TfjsGpuKernel = {
  name: 'PadV2',
  run: ({ backend, inputs, attrs }) => {
    const x = inputs.x!;
    const { paddings, constantValue } = attrs as {
      paddings: [number, number][];
      constantValue: number;
    }; // attributes of PadV2
    const shape = x.shape.map((n, k) => n + paddings[k]![0] + paddings[k]![1]);
    const y = filled(backend, shape, { dtype: x.dtype as GpuDtype, value: constantValue }); // what its own tensors have
    put(backend, x, { y, begin: paddings.map(([before]) => before) });
    return y;
  },
};

const reverseKernel: TfjsGpuKernel = {
  name: 'Reverse',
  run: ({ backend, inputs, attrs }) => {
    const x = inputs.x!;
    const axes = util.parseAxisParam(attrs.dims as number | number[], x.shape); // attribute of Reverse
    const own = stridesOf(x.shape);
    const start = axes.reduce((sum, axis) => sum + (x.shape[axis]! - 1) * own[axis]!, 0);
    const strides = own.map((step, axis) => (axes.includes(axis) ? -step : step));
    return gatherSteps(backend, { shape: x.shape, tensor: x, start, strides });
  },
};

const broadcastKernel: TfjsGpuKernel = {
  name: 'BroadcastTo',
  run: ({ backend, inputs, attrs }) => {
    const x = inputs.x!;
    const shape = attrs.shape as number[]; // attribute of BroadcastTo
    return gatherSteps(backend, { shape, tensor: x, strides: broadcastStrides(x.shape, shape) });
  },
};

/** Ops that move the numbers of one tensor. */
export const moveKernels: TfjsGpuKernel[] = [
  ...[transposeKernel, sliceKernel, tileKernel, padKernel, reverseKernel, broadcastKernel],
];
