import {
  backend_util,
  getKernel,
  type NamedAttrMap,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../../../base/errors.ts';
import { WEBGPU_BACKEND, type WebGpuBackend } from '../engine/webGpuBackend.ts';
import { binary } from './binary.ts';
import { gemm, rowMajor } from './gemm.ts';
import { broadcastStrides, gatherSteps } from './strides.ts';
import type { TfjsGpuKernel } from './tfjsGpuKernel.ts';

/** `tf.matMul`: all transposes, batch dimensions broadcast. */
const batchMatMulKernel: TfjsGpuKernel = {
  name: 'BatchMatMul',
  run: ({ backend, inputs, attrs }) => matMul(backend, [inputs.a!, inputs.b!], attrs),
};

/** Activations without parameters. */
const ACTIVATIONS: Record<string, string> = {
  ...{ relu: 'Relu', elu: 'Elu', sigmoid: 'Sigmoid' },
};

/** `tf.fused.matMul`: the product, then bias and activation by the ops of those names. */
const fusedMatMulKernel: TfjsGpuKernel = {
  name: '_FusedMatMul',
  run: ({ backend, inputs, attrs }) => {
    const { activation = 'linear' } = attrs as { activation?: string }; // attribute of _FusedMatMul
    const apply = ACTIVATIONS[activation];
    if (apply === undefined && activation !== 'linear')
      throw new TensorGpuError(
        'backend',
        `webgpu: fused.matMul has no activation ${activation} here. Apply it afterwards.`,
      );
    let y = matMul(backend, [inputs.a!, inputs.b!], attrs);
    const replace = (next: TensorInfo) => {
      backend.disposeData(y.dataId);
      y = next;
    };
    if (inputs.bias) replace(binary('Add', [y, inputs.bias], backend));
    if (apply)
      replace(
        getKernel(apply, WEBGPU_BACKEND).kernelFunc({
          backend,
          attrs: {},
          inputs: { x: y },
        }) as TensorInfo,
      ); // one output
    return y;
  },
};

export const matMulKernels: TfjsGpuKernel[] = [batchMatMulKernel, fusedMatMulKernel];

function matMul(
  backend: WebGpuBackend,
  [a, b]: readonly [TensorInfo, TensorInfo],
  attrs: NamedAttrMap,
): TensorInfo {
  if (a.dtype !== 'float32' || b.dtype !== 'float32')
    throw new TensorGpuError(
      'dtype',
      `webgpu: matMul takes float32, got ${a.dtype} and ${b.dtype}. Cast them.`,
    );
  const transposeA = attrs.transposeA === true;
  const transposeB = attrs.transposeB === true;
  const [outerA, outerB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const [heightA = 0, widthA = 0] = a.shape.slice(-2);
  const [heightB = 0, widthB = 0] = b.shape.slice(-2);
  const [m, k] = transposeA ? [widthA, heightA] : [heightA, widthA];
  const [kB, n] = transposeB ? [widthB, heightB] : [heightB, widthB];
  util.assert(
    k === kB,
    () =>
      `matMul: inner shapes (${k}) and (${kB}) of [${a.shape}] and [${b.shape}] differ (transposeA ${transposeA}, transposeB ${transposeB}).`,
  );
  const outer = backend_util.assertAndGetBroadcastShape(outerA, outerB);
  const batch = util.sizeFromShape(outer);
  const y = backend.output([...outer, m, n]);
  const [left, right] = [itemsOf(backend, a, outer), itemsOf(backend, b, outer)];
  gemm(backend, {
    ...{ m, n, k, batch },
    a: { ...rowMajor(left.tensor, widthA, { transposed: transposeA }), batchStep: left.step },
    b: { ...rowMajor(right.tensor, widthB, { transposed: transposeB }), batchStep: right.step },
    c: { ...rowMajor(y, n), batchStep: m * n },
  });
  for (const { tensor } of [left, right])
    if (tensor !== a && tensor !== b) backend.disposeData(tensor.dataId);
  return y;
}

/** The items of a batch one after the other, or one that all share; repeated where neither holds. */
function itemsOf(
  backend: WebGpuBackend,
  x: TensorInfo,
  outer: readonly number[],
): { tensor: TensorInfo; step: number } {
  const own = x.shape.slice(0, -2);
  const inner = x.shape.slice(-2);
  const size = util.sizeFromShape(inner);
  const count = util.sizeFromShape(own);
  if (count === 1) return { tensor: x, step: 0 };
  if (count === util.sizeFromShape([...outer])) return { tensor: x, step: size };
  const shape = [...outer, ...inner];
  const strides = broadcastStrides(x.shape, shape);
  return { tensor: gatherSteps(backend, { shape, tensor: x, strides }), step: size };
}
