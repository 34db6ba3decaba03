import { util } from '@tensorflow/tfjs-core';
import { defineProgram, programFamily } from '../engine/program.ts';
import type { GpuDtype } from '../engine/webGpuBackend.ts';
import type { TfjsGpuKernel } from './tfjsGpuKernel.ts';
import { runElements } from './windows.ts';
import { WORDS } from './words.ts';

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
    runElements(backend, castProgram(`${x.dtype} ${dtype}`), { tensors: { x, y }, size });
    return y;
  },
};

/** Ops that give numbers another shape or type. */
export const nameKernels: TfjsGpuKernel[] = [...aliasKernels, castKernel];
