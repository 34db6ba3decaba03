import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { defineProgram } from '../engine/program.ts';
import type { GpuDtype, WebGpuBackend } from '../engine/webGpuBackend.ts';
import { AXES, dimensionParams, dimensions, PLACES, stridesOf } from './places.ts';

const place = (name: string): string =>
  `params.${name}Start + ${AXES.map((k) => `c[${k}] * params.${name}${k}`).join(' + ')}`;

const stridedCopy = defineProgram({
  name: 'stridedCopy',
  reads: { x: 'u32' },
  writes: { y: 'u32' },
  params: { size: 'u32', xStart: 'u32', yStart: 'u32', ...dimensionParams(['x', 'y']) },
  declarations: PLACES,
  body: `
  let i = block * LANES + lane;
  if (i < params.size) { let c = places(i); y[${place('y')}] = x[${place('x')}]; }`,
});

/** Where the elements of a copy lie in a tensor: the first one, and the step along each axis (2^32 less it: backwards). */
interface Steps {
  tensor: TensorInfo;
  start?: number;
  strides: readonly number[];
}

/** Copies elements of four bytes, whatever they mean: one for each coordinate within `sizes`. */
function copySteps(backend: WebGpuBackend, sizes: readonly number[], [x, y]: [Steps, Steps]): void {
  const size = util.sizeFromShape([...sizes]);
  const [xStrides, yStrides] = [x, y].map(({ strides }) => strides.map((step) => step >>> 0));
  backend.run(stridedCopy, {
    tensors: { x: x.tensor, y: y.tensor },
    params: {
      ...{ size, xStart: x.start ?? 0, yStart: y.start ?? 0 },
      ...dimensions(sizes, { x: xStrides!, y: yStrides! }),
    },
    blocks: Math.ceil(size / 256),
  });
}

/** A new tensor of some elements of `x`. */
export function gatherSteps(
  backend: WebGpuBackend,
  {
    shape,
    sizes = shape,
    ...from
  }: Steps & { shape: readonly number[]; sizes?: readonly number[] },
): TensorInfo {
  const y = backend.output(shape, from.tensor.dtype as GpuDtype); // what its own tensors have
  copySteps(backend, sizes, [from, { tensor: y, strides: stridesOf(sizes) }]);
  return y;
}

/** `x` with its axes in another order. */
export function transposed(
  backend: WebGpuBackend,
  x: TensorInfo,
  perm: readonly number[],
): TensorInfo {
  const own = stridesOf(x.shape);
  return gatherSteps(backend, {
    shape: perm.map((axis) => x.shape[axis]!),
    tensor: x,
    strides: perm.map((axis) => own[axis]!),
  });
}

/** The part of `x` of a size, from `begin` on. */
export function cut(
  backend: WebGpuBackend,
  x: TensorInfo,
  { begin, size }: { begin: readonly number[]; size: readonly number[] },
): TensorInfo {
  const strides = stridesOf(x.shape);
  const start = begin.reduce((sum, from, axis) => sum + from * strides[axis]!, 0);
  return gatherSteps(backend, { shape: size, tensor: x, start, strides });
}

/** Writes `x` into the part of `y` that begins at `begin`. */
export function put(
  backend: WebGpuBackend,
  x: TensorInfo,
  { y, begin }: { y: TensorInfo; begin: readonly number[] },
): void {
  const strides = stridesOf(y.shape);
  const start = begin.reduce((sum, from, axis) => sum + from * strides[axis]!, 0);
  copySteps(backend, x.shape, [
    { tensor: x, strides: stridesOf(x.shape) },
    { tensor: y, start, strides },
  ]);
}

/** Steps through a tensor that is broadcast to a shape. */
export function broadcastStrides(own: readonly number[], shape: readonly number[]): number[] {
  const steps = stridesOf(own);
  const lead = shape.length - own.length;
  return shape.map((_, k) => (own[k - lead] === 1 ? 0 : (steps[k - lead] ?? 0)));
}
