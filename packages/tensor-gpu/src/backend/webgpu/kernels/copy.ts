import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { defineProgram, programFamily } from '../engine/program.ts';
import type { GpuDtype, WebGpuBackend } from '../engine/webGpuBackend.ts';
import { AXES, dimensionParams, dimensions, PLACES, stridesOf } from './places.ts';
import type { TfjsGpuKernel } from './tfjsGpuKernel.ts';
import { WORDS } from './words.ts';

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

/** `n` elements along `axis`, from `start`. */
function cut(
  backend: WebGpuBackend,
  x: TensorInfo,
  begin: readonly number[],
  size: readonly number[],
) {
  const strides = stridesOf(x.shape);
  const start = begin.reduce((sum, from, axis) => sum + from * strides[axis]!, 0);
  return gatherSteps(backend, { shape: size, tensor: x, start, strides });
}

/** Writes `x` into a part of `y`. */
function put(backend: WebGpuBackend, x: TensorInfo, y: TensorInfo, begin: readonly number[]): void {
  const strides = stridesOf(y.shape);
  const start = begin.reduce((sum, from, axis) => sum + from * strides[axis]!, 0);
  copySteps(backend, x.shape, [
    { tensor: x, strides: stridesOf(x.shape) },
    { tensor: y, start, strides },
  ]);
}

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
    return cut(backend, x, from, asked);
  },
};

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
      return cut(
        backend,
        x,
        begin,
        x.shape.map((n, k) => (k === along ? size : n)),
      );
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
    put(
      backend,
      x,
      y,
      x.shape.map((_, k) => (k === axis ? from : 0)),
    );
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
      const part = cut(
        backend,
        x,
        x.shape.map((_n, k) => (k === axis ? at : 0)),
        size,
      );
      return { ...part, shape: x.shape.toSpliced(axis, 1) };
    });
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
    put(
      backend,
      x,
      y,
      paddings.map(([before]) => before),
    );
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

/** Steps through a tensor that is broadcast to a shape. */
export function broadcastStrides(own: readonly number[], shape: readonly number[]): number[] {
  const steps = stridesOf(own);
  const lead = shape.length - own.length;
  return shape.map((_, k) => (own[k - lead] === 1 ? 0 : (steps[k - lead] ?? 0)));
}

/** `Identity`, and what only names the shape anew. */
const aliasKernels: TfjsGpuKernel[] = [
  {
    name: 'Identity',
    run: ({ backend, inputs }) => backend.alias(inputs.x!, inputs.x!.shape),
  },
  {
    name: 'Reshape',
    run: ({ backend, inputs, attrs }) => {
      const x = inputs.x!;
      const asked = attrs.shape as number[]; // attribute of Reshape
      return backend.alias(x, util.inferFromImplicitShape(asked, util.sizeFromShape(x.shape)));
    },
  },
  {
    name: 'ExpandDims',
    run: ({ backend, inputs, attrs }) => {
      const x = inputs.input!;
      const dim = attrs.dim as number; // attribute of ExpandDims
      const at = dim < 0 ? x.shape.length + dim + 1 : dim;
      return backend.alias(x, x.shape.toSpliced(at, 0, 1));
    },
  },
];

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
  backend.run(fillProgram(dtype === 'float32' ? 'f32' : 'i32'), {
    tensors: { y },
    params: { size, value },
    blocks: Math.ceil(size / 256),
  });
  return y;
}

const fillKernels: TfjsGpuKernel[] = [
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
];

const castProgram = programFamily((key: string) => {
  const [from = 'float32', to = 'float32'] = key.split(' ');
  const whole = to === 'bool' ? 'select(0, 1, v != 0)' : 'i32(v)';
  return defineProgram({
    name: `cast ${key}`,
    reads: { x: WORDS[from] ?? 'f32' },
    writes: { y: WORDS[to] ?? 'f32' },
    params: { size: 'u32' },
    body: `
  let i = block * LANES + lane;
  if (i < params.size) { let v = x[i]; y[i] = ${to === 'float32' ? 'f32(v)' : whole}; }`,
  });
});

const castKernel: TfjsGpuKernel = {
  name: 'Cast',
  run: ({ backend, inputs, attrs }) => {
    const x = inputs.x!;
    const dtype = attrs.dtype as GpuDtype; // attribute of Cast
    if (x.dtype === dtype) return backend.alias(x, x.shape);
    const y = backend.output(x.shape, dtype);
    const size = util.sizeFromShape(x.shape);
    backend.run(castProgram(`${x.dtype} ${dtype}`), {
      tensors: { x, y },
      params: { size },
      blocks: Math.ceil(size / 256),
    });
    return y;
  },
};

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

/** Ops that move numbers and do not compute with them. */
export const copyKernels: TfjsGpuKernel[] = [
  ...[transposeKernel, sliceKernel, splitKernel, concatKernel, packKernel, unpackKernel],
  ...[tileKernel, padKernel, reverseKernel, broadcastKernel, castKernel, rangeKernel],
  ...aliasKernels,
  ...fillKernels,
];
