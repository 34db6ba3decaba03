import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGpuBackend } from '../engine/webGpuBackend.ts';
import { transposed } from './strides.ts';

/** Calls `run` with the numbers of `x` so that those along `axes` lie together, and the shapes of what is kept and reduced. */
export function withRows(
  backend: WebGpuBackend,
  { x, axes }: { x: TensorInfo; axes: readonly number[] },
  run: (rows: TensorInfo, shapes: [kept: number[], reduced: number[]]) => TensorInfo,
): TensorInfo {
  const shapes = backend_util.computeOutAndReduceShapes(x.shape, [...axes]);
  const kept = [...x.shape.keys()].filter((axis) => !axes.includes(axis));
  const perm = [...kept, ...axes];
  if (perm.every((axis, k) => axis === k)) return run(x, shapes as [number[], number[]]);
  const rows = transposed(backend, x, perm);
  const y = run(rows, shapes as [number[], number[]]); // tfjs types the pair as a list
  backend.disposeData(rows.dataId);
  return y;
}
