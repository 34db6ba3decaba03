import {
  broadcast_util,
  getKernel,
  type NamedAttrMap,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { CPU_BACKEND } from '../engine/cpuBackend.ts';
import { type MatMulArgs, matMulCpu } from './matMul.ts';
import type { TfjsKernel, TfjsKernelArgs } from './tfjsKernel.ts';

/** `tf.matMul` on f32: all transposes, batch dimensions broadcast. */
export const batchMatMulKernel: TfjsKernel = {
  name: 'BatchMatMul',
  run: (args, inherited) => matMul(args) ?? inherited(args),
};

/** `tf.fused.matMul`: the product by our kernel, bias and activation by the ops of those names. */
export const fusedMatMulKernel: TfjsKernel = {
  name: '_FusedMatMul',
  run: (args, inherited) => {
    const { backend, attrs, inputs } = args;
    const { activation = 'linear' } = attrs as { activation?: string }; // tfjs's FusedMatMul attributes
    const apply = ACTIVATIONS[activation];
    let y = apply === undefined ? undefined : matMul(args);
    if (y === undefined) return inherited(args);
    const step = (name: string, more: TfjsKernelArgs['inputs']): void => {
      const kernel = getKernel(name, CPU_BACKEND);
      const next = kernel.kernelFunc({ backend, attrs: {}, inputs: more }) as TensorInfo; // one output
      if (y) backend.disposeIntermediateTensorInfo(y);
      y = next;
    };
    if (inputs.bias) step('Add', { a: y, b: inputs.bias });
    if (apply) step(apply, { x: y });
    return y;
  },
};

/** Activations without parameters; the others go to tfjs's own kernel. */
const ACTIVATIONS: Record<string, string> = {
  linear: '',
  relu: 'Relu',
  elu: 'Elu',
  relu6: 'Relu6',
  sigmoid: 'Sigmoid',
};

function matMul({ inputs, attrs, backend }: TfjsKernelArgs): TensorInfo | undefined {
  const { a, b } = inputs;
  if (!a || !b || a.dtype !== 'float32' || b.dtype !== 'float32') return undefined;
  const { transposeA, transposeB } = transposes(attrs);
  const outerA = a.shape.slice(0, -2);
  const outerB = b.shape.slice(0, -2);
  const [m = 0, k = 0] = lastTwo(a.shape, transposeA);
  const [kB = 0, n = 0] = lastTwo(b.shape, transposeB);
  util.assert(
    k === kB,
    () =>
      `matMul: inner shapes (${k}) and (${kB}) of [${a.shape}] and [${b.shape}] differ (transposeA ${transposeA}, transposeB ${transposeB}).`,
  );
  const outer = broadcast_util.assertAndGetBroadcastShape(outerA, outerB);
  const shape = [...outer, m, n];
  if (util.sizeFromShape(shape) === 0 || k === 0) return undefined;
  const y = backend.output(shape);
  matMulCpu(backend.cpu, {
    ...{ a: backend.offset(a), b: backend.offset(b), c: backend.offset(y) },
    ...batches({ outer, outerA, outerB, m, n, k, transposeA }),
    n,
    k,
    transposeA,
    transposeB,
  });
  return y;
}

function transposes(attrs: NamedAttrMap): { transposeA: boolean; transposeB: boolean } {
  return { transposeA: attrs.transposeA === true, transposeB: attrs.transposeB === true };
}

function lastTwo(shape: number[], transposed: boolean): number[] {
  const two = shape.slice(-2);
  return transposed ? two.reverse() : two;
}

/** How the items of a batch lie: one tall product where B is shared, strides, or a table for other broadcasts. */
function batches(shapes: {
  outer: number[];
  outerA: number[];
  outerB: number[];
  m: number;
  n: number;
  k: number;
  transposeA: boolean;
}): Pick<MatMulArgs, 'm' | 'batch' | 'strideA' | 'strideB' | 'offsetsA' | 'offsetsB'> {
  const { outer, outerA, outerB, m, n, k, transposeA } = shapes;
  const batch = util.sizeFromShape(outer);
  const batchA = util.sizeFromShape(outerA);
  const batchB = util.sizeFromShape(outerB);
  if (batchB === 1 && batchA === batch && !transposeA) return { m: m * batch };
  const simple = (count: number): boolean => count === 1 || count === batch;
  if (simple(batchA) && simple(batchB))
    return {
      m,
      batch,
      strideA: batchA === 1 ? 0 : m * k,
      strideB: batchB === 1 ? 0 : k * n,
    };
  return {
    m,
    batch,
    offsetsA: itemOffsets(outer, outerA, m * k),
    offsetsB: itemOffsets(outer, outerB, k * n),
  };
}

/** Floats before the item that each item of the broadcast batch uses. */
function itemOffsets(outer: number[], own: number[], size: number): number[] {
  let offsets = [0];
  let before = util.sizeFromShape(own) * size;
  for (let axis = 0; axis < outer.length; axis++) {
    const length = own[axis - (outer.length - own.length)] ?? 1;
    before /= length;
    const stride = length === 1 ? 0 : before;
    offsets = offsets.flatMap((offset) =>
      Array.from({ length: outer[axis]! }, (_, i) => offset + i * stride),
    );
  }
  return offsets;
}
