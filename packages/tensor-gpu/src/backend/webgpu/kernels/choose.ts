import { util } from '@tensorflow/tfjs-core';
import { defineProgram, programFamily, type WordType } from '../engine/program.ts';
import type { GpuDtype } from '../engine/webGpuBackend.ts';
import { broadcastStrides, gatherSteps } from './strides.ts';
import type { TfjsGpuKernel } from './tfjsGpuKernel.ts';
import { WORDS } from './words.ts';

const selectProgram = defineProgram({
  name: 'select',
  reads: { condition: 'i32', t: 'u32', e: 'u32' },
  writes: { y: 'u32' },
  params: { size: 'u32' },
  body: `
  let i = block * LANES + lane;
  if (i < params.size) { y[i] = select(e[i], t[i], condition[i] != 0); }`,
});

const selectKernel: TfjsGpuKernel = {
  name: 'Select',
  run: ({ backend, inputs }) => {
    const { condition, t, e } = inputs;
    const { shape, dtype } = t!;
    const isWhole = String(condition!.shape) === String(shape);
    // a condition of rank 1 chooses whole rows
    const strides = isWhole
      ? undefined
      : broadcastStrides(
          [...condition!.shape, ...new Array<number>(shape.length - 1).fill(1)],
          shape,
        );
    const mask = strides
      ? gatherSteps(backend, { shape, tensor: condition!, strides })
      : condition!;
    const y = backend.output(shape, dtype as GpuDtype); // what its own tensors have
    const size = util.sizeFromShape(shape);
    backend.run(selectProgram, {
      tensors: { condition: mask, t: t!, e: e!, y },
      params: { size },
      blocks: Math.ceil(size / 256),
    });
    if (mask !== condition) backend.disposeData(mask.dataId);
    return y;
  },
};

const oneHotProgram = programFamily((type: WordType) =>
  defineProgram({
    name: `oneHot ${type}`,
    reads: { indices: 'i32' },
    writes: { y: type },
    params: { size: 'u32', depth: 'u32', on: type, off: type },
    body: `
  let i = block * LANES + lane;
  if (i < params.size) { y[i] = select(params.off, params.on, indices[i / params.depth] == i32(i % params.depth)); }`,
  }),
);

const oneHotKernel: TfjsGpuKernel = {
  name: 'OneHot',
  run: ({ backend, inputs, attrs }) => {
    const indices = inputs.indices!;
    const { dtype, depth, onValue, offValue } = attrs as unknown as {
      dtype: GpuDtype;
      depth: number;
      onValue: number;
      offValue: number;
    }; // attributes of OneHot
    const shape = [...indices.shape, depth];
    const size = util.sizeFromShape(shape);
    const y = backend.output(shape, dtype);
    backend.run(oneHotProgram(WORDS[dtype] ?? 'f32'), {
      tensors: { indices, y },
      params: { size, depth, on: onValue, off: offValue },
      blocks: Math.ceil(size / 256),
    });
    return y;
  },
};

/** `tf.where` and `tf.oneHot`. */
export const chooseKernels: TfjsGpuKernel[] = [selectKernel, oneHotKernel];
