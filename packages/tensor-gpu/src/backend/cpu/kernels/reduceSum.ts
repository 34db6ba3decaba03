import { backend_util, util } from '@tensorflow/tfjs-core';
import type { CpuRuntime } from '../engine/cpuRuntime.ts';
import type { TfjsKernel } from './tfjsKernel.ts';

/** Elements of a chunk: about 10 microseconds. */
const CHUNK = 65536;
/** Columns of a chunk: a multiple of four vectors on every machine. */
const COLUMNS = 64;

/** `y[o, i] = scale * sum over r of x[o, r, i]` in the heap, f32. */
export function reduceSumCpu(
  cpu: CpuRuntime,
  args: { x: number; y: number; outer: number; reduce: number; inner: number; scale?: number },
): void {
  const { x, y, outer, reduce, inner, scale = 1 } = args;
  if (inner === 1) {
    const rows = Math.max(1, Math.floor(CHUNK / reduce));
    cpu.run('sumRows', Math.ceil(outer / rows), { x, y, outer, reduce, rowsPerChunk: rows, scale });
    return;
  }
  const columns = Math.min(
    Math.ceil(inner / COLUMNS) * COLUMNS,
    Math.max(COLUMNS, Math.floor(CHUNK / reduce / COLUMNS) * COLUMNS),
  );
  const chunks = outer * Math.ceil(inner / columns);
  cpu.run('sumColumns', chunks, { x, y, outer, reduce, inner, columnsPerChunk: columns, scale });
}

/** `tf.sum` and `tf.mean` of f32 over neighbouring axes; other cases stay tfjs's. */
export const reduceKernels: TfjsKernel[] = ['Sum', 'Mean'].map((name) => ({
  name,
  run: (args, inherited) => {
    const { x } = args.inputs;
    const { backend, attrs } = args;
    if (x?.dtype !== 'float32') return inherited(args);
    const { axis, keepDims } = attrs as { axis?: number | number[]; keepDims?: boolean }; // attributes of Sum and Mean
    const axes = util.parseAxisParam(axis ?? [...x.shape.keys()], x.shape).sort((a, b) => a - b);
    const first = axes[0] ?? 0;
    const after = first + axes.length;
    const reduce = util.sizeFromShape(x.shape.slice(first, after));
    const neighbours = axes.every((value, i) => value === first + i);
    if (!neighbours || util.sizeFromShape(x.shape) === 0) return inherited(args);
    const [shape, reduced] = backend_util.computeOutAndReduceShapes(x.shape, axes);
    const outShape = keepDims ? backend_util.expandShapeToKeepDim(shape, axes) : shape;
    const y = backend.output(outShape);
    reduceSumCpu(backend.cpu, {
      x: backend.offset(x),
      y: backend.offset(y),
      outer: util.sizeFromShape(x.shape.slice(0, first)),
      reduce,
      inner: util.sizeFromShape(x.shape.slice(after)),
      scale: name === 'Mean' ? 1 / util.sizeFromShape(reduced) : 1,
    });
    return y;
  },
}));
