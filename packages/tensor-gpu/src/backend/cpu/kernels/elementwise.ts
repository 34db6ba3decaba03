import type { TensorInfo } from '@tensorflow/tfjs-core';
import { broadcast_util, util } from '@tensorflow/tfjs-core';
import type { CpuRuntime } from '../engine/cpuRuntime.ts';
import type { TfjsKernel } from './tfjsKernel.ts';

/** The order of the switch in kernels/elementwise.c. */
const BINARY = ['Add', 'Sub', 'Multiply', 'RealDiv', 'SquaredDifference'] as const;
const UNARY = [
  'Neg',
  'Exp',
  'Log',
  'Sqrt',
  'Square',
  'Sigmoid',
  'Abs',
  'Rsqrt',
  'Reciprocal',
  'Relu',
] as const;

/** How an operand is spread over [rows, width]; the enum of kernels/elementwise.c. */
const FULL = 0;
const ROW = 1;
const COLUMN = 2;
const SCALAR = 3;

/** Elements of a chunk: 10 to 40 microseconds. */
const CHUNK = 32768;

/** Rows and columns of both operands, or undefined when the broadcast is of another kind. */
interface Spread {
  rows: number;
  width: number;
  kindA: number;
  kindB: number;
}

/** `y = a op b` in the heap, f32. `op` is tfjs's name. */
export function binaryCpu(
  cpu: CpuRuntime,
  args: { op: (typeof BINARY)[number]; a: number; b: number; y: number } & Spread,
): void {
  const { op, a, b, y, rows, width, kindA, kindB } = args;
  const columns = Math.min(width, CHUNK);
  const rowsPerChunk = Math.max(1, Math.floor(CHUNK / columns));
  const chunks = Math.ceil(rows / rowsPerChunk) * Math.ceil(width / columns);
  cpu.run('binary', chunks, {
    op: BINARY.indexOf(op),
    a,
    b,
    y,
    rows,
    width,
    kindA,
    kindB,
    rowsPerChunk,
    columnsPerChunk: columns,
  });
}

/** `y = f(x)` in the heap, f32. `op` is tfjs's name. */
export function unaryCpu(
  cpu: CpuRuntime,
  { op, x, y, size }: { op: (typeof UNARY)[number]; x: number; y: number; size: number },
): void {
  const words = { op: UNARY.indexOf(op), x, y, size, elementsPerChunk: CHUNK };
  cpu.run('unary', Math.ceil(size / CHUNK), words);
}

/** tfjs's binary ops on f32: equal shapes, a number, a row or a column; other broadcasts stay tfjs's. */
export const binaryKernels: TfjsKernel[] = BINARY.map((op) => ({
  name: op,
  run: (args, inherited) => {
    const { a, b } = args.inputs;
    const { backend } = args;
    if (!a || !b || a.dtype !== 'float32' || b.dtype !== 'float32') return inherited(args);
    const spread = spreadOf(a.shape, b.shape);
    if (spread === undefined) return inherited(args);
    const y = backend.output(broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape));
    binaryCpu(backend.cpu, {
      op,
      a: backend.offset(a),
      b: backend.offset(b),
      y: backend.offset(y),
      ...spread,
    });
    return y;
  },
}));

/** tfjs's element-wise functions on f32. */
export const unaryKernels: TfjsKernel[] = UNARY.map((op) => ({
  name: op,
  run: (args, inherited) => {
    const { x } = args.inputs;
    const { backend } = args;
    if (x?.dtype !== 'float32') return inherited(args);
    const y = backend.output(x.shape);
    const size = util.sizeFromShape(x.shape);
    unaryCpu(backend.cpu, { op, x: backend.offset(x), y: backend.offset(y), size });
    return y;
  },
}));

/** `tf.addN`, from left to right. */
export const addNKernel: TfjsKernel = {
  name: 'AddN',
  run: (args, inherited) => {
    const { backend } = args;
    const list = Object.values(args.inputs).filter((x): x is TensorInfo => x !== undefined);
    const [first, second, ...more] = list;
    if (!first || !second || list.some((x) => x.dtype !== 'float32')) return inherited(args);
    const y = backend.output(first.shape);
    const at = backend.offset(y);
    const whole = { rows: 1, width: util.sizeFromShape(first.shape), kindA: FULL, kindB: FULL };
    const add = (a: number, b: number): void =>
      binaryCpu(backend.cpu, { op: 'Add', a, b, y: at, ...whole });
    add(backend.offset(first), backend.offset(second));
    for (const x of more) add(at, backend.offset(x));
    return y;
  },
};

function spreadOf(a: number[], b: number[]): Spread | undefined {
  const sizeA = util.sizeFromShape(a);
  const sizeB = util.sizeFromShape(b);
  if (sizeA === 0 || sizeB === 0) return undefined;
  if (util.arraysEqual(a, b)) return { rows: 1, width: sizeA, kindA: FULL, kindB: FULL };
  if (sizeB === 1 && b.length <= a.length)
    return { rows: 1, width: sizeA, kindA: FULL, kindB: SCALAR };
  if (sizeA === 1 && a.length <= b.length)
    return { rows: 1, width: sizeB, kindA: SCALAR, kindB: FULL };
  const right = smaller(a, b);
  if (right) return { rows: right.rows, width: right.width, kindA: FULL, kindB: right.kind };
  const left = smaller(b, a);
  return left && { rows: left.rows, width: left.width, kindA: left.kind, kindB: FULL };
}

/** `small` as a row or a column of `big`. */
function smaller(
  big: number[],
  small: number[],
): { rows: number; width: number; kind: number } | undefined {
  if (small.length > big.length) return undefined;
  const padded = [...new Array<number>(big.length - small.length).fill(1), ...small];
  const size = util.sizeFromShape(big);
  const first = padded.findIndex((length) => length !== 1);
  if (util.arraysEqual(padded.slice(first), big.slice(first))) {
    const width = util.sizeFromShape(small);
    return { rows: size / width, width, kind: ROW };
  }
  const end = padded.findLastIndex((length) => length !== 1) + 1;
  if (util.arraysEqual(padded.slice(0, end), big.slice(0, end))) {
    const rows = util.sizeFromShape(small);
    return { rows, width: size / rows, kind: COLUMN };
  }
  return undefined;
}
