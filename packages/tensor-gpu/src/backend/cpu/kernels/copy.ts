import { type TensorInfo, type TypedArray, util } from '@tensorflow/tfjs-core';
import type { CpuRuntime } from '../engine/cpuRuntime.ts';
import type { TfjsKernel } from './tfjsKernel.ts';

/** Values of a chunk: about 10 microseconds. */
const CHUNK = 32768;
/** FILL_CHUNK in kernels/fill.c. */
const FILL_CHUNK = 65536;
/** Axes that kernels/copy.c can permute. */
const AXES = 5;

const rowsPerChunk = (width: number): number => Math.max(1, Math.floor(CHUNK / Math.max(1, width)));

/** `y[r, 0..width) = x[r, 0..width)` for 32-bit values; `ldx`, `ldy`: values from row to row. */
export function copyBlockCpu(
  cpu: CpuRuntime,
  args: { x: number; y: number; rows: number; width: number; ldx: number; ldy: number },
): void {
  const { rows, width } = args;
  const step = rowsPerChunk(width);
  cpu.run('copyBlock', Math.ceil(rows / step), { ...args, rowsPerChunk: step });
}

/** `y = value`, f32. */
export function fillCpu(
  cpu: CpuRuntime,
  { y, size, value }: { y: number; size: number; value: number },
): void {
  cpu.run('fill', Math.ceil(size / FILL_CHUNK), { y, size, value });
}

/** 32-bit numbers are copied as such, whatever they mean. */
const is32 = (x: TensorInfo): x is TensorInfo & { dtype: 'float32' | 'int32' } =>
  x.dtype === 'float32' || x.dtype === 'int32';

/** `tf.transpose` of up to five axes. */
export const transposeKernel: TfjsKernel = {
  name: 'Transpose',
  run: (args, inherited) => {
    const { x } = args.inputs;
    const { backend } = args;
    if (!x || !is32(x) || x.shape.length > AXES || util.sizeFromShape(x.shape) === 0)
      return inherited(args);
    const { perm } = args.attrs as { perm: number[] }; // attribute of Transpose
    const sizes = perm.map((axis) => x.shape[axis] ?? 1);
    const own = util.computeStrides(x.shape);
    const strides = perm.map((axis) => own[axis] ?? 1);
    const y = backend.output(sizes, x.dtype);
    const pad = AXES - perm.length;
    const n = [...new Array<number>(pad).fill(1), ...sizes];
    const s = [...new Array<number>(pad).fill(0), ...strides];
    const rows = n[0]! * n[1]! * n[2]!;
    const step = rowsPerChunk(n[3]! * n[4]!);
    backend.cpu.run('permute', Math.ceil(rows / step), {
      x: backend.offset(x),
      y: backend.offset(y),
      sizes: n,
      strides: s,
      rowsPerChunk: step,
    });
    return y;
  },
};

/** `tf.gather` of rows (axis 0). */
export const gatherKernel: TfjsKernel = {
  name: 'GatherV2',
  run: (args, inherited) => {
    const { x, indices } = args.inputs;
    const { backend } = args;
    const { axis, batchDims } = args.attrs as { axis?: number; batchDims?: number }; // attributes of GatherV2
    if (!x || !indices || !is32(x) || indices.dtype !== 'int32' || axis !== 0 || batchDims)
      return inherited(args);
    const rows = util.sizeFromShape(indices.shape);
    const width = util.sizeFromShape(x.shape.slice(1));
    const height = x.shape[0] ?? 0;
    const values = backend.data.get(indices.dataId).values as TypedArray; // int32
    for (let i = 0; i < rows; i++)
      if (!(values[i]! >= 0 && values[i]! < height)) return inherited(args); // which reports it
    if (rows * width === 0) return inherited(args);
    const y = backend.output([...indices.shape, ...x.shape.slice(1)], x.dtype);
    const step = rowsPerChunk(width);
    backend.cpu.run('gatherRows', Math.ceil(rows / step), {
      x: backend.offset(x),
      indices: backend.offset(indices),
      y: backend.offset(y),
      rows,
      width,
      rowsPerChunk: step,
    });
    return y;
  },
};

/** `tf.slice` that cuts one axis; others stay tfjs's. */
export const sliceKernel: TfjsKernel = {
  name: 'Slice',
  run: (args, inherited) => {
    const { x } = args.inputs;
    const { backend } = args;
    const { begin, size } = args.attrs as { begin: number[]; size: number[] }; // attributes of Slice, resolved by tfjs
    if (!x || !is32(x) || !Array.isArray(begin) || !Array.isArray(size)) return inherited(args);
    const sizes = x.shape.map((length, i) => {
      const asked = size[i] ?? -1;
      return asked < 0 ? length - (begin[i] ?? 0) : asked;
    });
    const cut = x.shape.flatMap((length, i) => (sizes[i] === length ? [] : [i]));
    const axis = cut[0] ?? 0;
    const from = begin[axis] ?? 0;
    const length = sizes[axis] ?? 1;
    const inside = from >= 0 && from + length <= (x.shape[axis] ?? 1);
    if (cut.length > 1 || !inside || util.sizeFromShape(sizes) === 0) return inherited(args);
    const inner = util.sizeFromShape(x.shape.slice(axis + 1));
    const y = backend.output(sizes, x.dtype);
    copyBlockCpu(backend.cpu, {
      x: backend.offset(x) + 4 * from * inner,
      y: backend.offset(y),
      rows: util.sizeFromShape(x.shape.slice(0, axis)),
      width: length * inner,
      ldx: (x.shape[axis] ?? 1) * inner,
      ldy: length * inner,
    });
    return y;
  },
};

/** `tf.concat` of 32-bit numbers. */
export const concatKernel: TfjsKernel = {
  name: 'Concat',
  run: (args, inherited) => {
    const { backend } = args;
    const list = Object.values(args.inputs).filter((x): x is TensorInfo => x !== undefined);
    const [first] = list;
    const { axis } = args.attrs as { axis: number }; // attribute of Concat
    if (!first || !is32(first) || list.some((x) => x.dtype !== first.dtype)) return inherited(args);
    const along = axis < 0 ? axis + first.shape.length : axis;
    const shape = [...first.shape];
    shape[along] = list.reduce((sum, x) => sum + (x.shape[along] ?? 0), 0);
    const alike = list.every((x) => x.shape.every((n, i) => i === along || n === shape[i]));
    if (!alike || util.sizeFromShape(shape) === 0) return inherited(args);
    const rows = util.sizeFromShape(shape.slice(0, along));
    const total = util.sizeFromShape(shape.slice(along));
    const y = backend.output(shape, first.dtype);
    let at = backend.offset(y);
    for (const x of list) {
      const width = util.sizeFromShape(x.shape.slice(along));
      copyBlockCpu(backend.cpu, {
        x: backend.offset(x),
        y: at,
        rows,
        width,
        ldx: width,
        ldy: total,
      });
      at += 4 * width;
    }
    return y;
  },
};

/** `tf.cast` to a wider type. tfjs's own gives the same memory another name, which a heap cannot. */
export const castKernel: TfjsKernel = {
  name: 'Cast',
  run: (args, inherited) => {
    const { x } = args.inputs;
    const { backend } = args;
    const { dtype } = args.attrs as { dtype: string }; // attribute of Cast
    const widens =
      (x?.dtype === 'int32' && dtype === 'float32') ||
      (x?.dtype === 'bool' && (dtype === 'float32' || dtype === 'int32'));
    if (!x || !widens) return inherited(args);
    const y = backend.output(x.shape, dtype);
    const from = backend.data.get(x.dataId).values as TypedArray; // numbers: see `widens`
    (backend.data.get(y.dataId).values as TypedArray).set(from);
    return y;
  },
};

/** `tf.fill`, `tf.zerosLike`, `tf.onesLike` in f32. */
export const fillKernels: TfjsKernel[] = [
  { name: 'Fill', value: undefined },
  { name: 'ZerosLike', value: 0 },
  { name: 'OnesLike', value: 1 },
].map(({ name, value }) => ({
  name,
  run: (args, inherited) => {
    const { backend, attrs, inputs } = args;
    const fill = attrs as { shape?: number[]; value?: number; dtype?: string }; // attributes of Fill
    const shape = inputs.x?.shape ?? fill.shape;
    const dtype = inputs.x?.dtype ?? fill.dtype ?? 'float32';
    const number = value ?? fill.value;
    if (!shape || dtype !== 'float32' || typeof number !== 'number') return inherited(args);
    const y = backend.output(shape);
    fillCpu(backend.cpu, { y: backend.offset(y), size: util.sizeFromShape(shape), value: number });
    return y;
  },
}));
