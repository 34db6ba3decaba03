import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { defineProgram, programFamily, type WordType } from '../engine/program.ts';
import type { GpuDtype } from '../engine/webGpuBackend.ts';
import { stridesOf } from './places.ts';
import type { TfjsGpuKernel } from './tfjsGpuKernel.ts';
import { WORDS } from './words.ts';

/** `y[o, j, i]` = what `x[o, .., i]` up to j come to, in their order. */
const runningProgram = programFamily((key: string) => {
  const [name = '', type = 'f32'] = key.split(' ') as [string, WordType];
  const [first, sign] = name === 'Cumsum' ? ['0', '+'] : ['1', '*'];
  return defineProgram({
    name: `running ${key}`,
    reads: { x: type },
    writes: { y: type },
    params: { rows: 'u32', width: 'u32', inner: 'u32', exclusive: 'u32', reverse: 'u32' },
    body: `
  let row = block * LANES + lane;
  if (row < params.rows) {
    let base = row / params.inner * params.width * params.inner + row % params.inner;
    var all: ${type} = ${first};
    for (var j = 0u; j < params.width; j++) {
      let at = base + select(j, params.width - 1 - j, params.reverse != 0u) * params.inner;
      let before = all;
      all = all ${sign} x[at];
      y[at] = select(all, before, params.exclusive != 0u);
    }
  }`,
  });
});

/** `tf.cumsum` and `tf.cumprod`. */
export const runningKernels: TfjsGpuKernel[] = ['Cumsum', 'Cumprod'].map((name) => ({
  name,
  run: ({ backend, inputs, attrs }): TensorInfo => {
    const x = inputs.x!;
    const { axis, exclusive, reverse } = attrs as {
      axis: number;
      exclusive: boolean;
      reverse: boolean;
    }; // attributes of Cumsum
    const along = util.parseAxisParam(axis, x.shape)[0]!;
    const width = x.shape[along]!;
    const y = backend.output(x.shape, x.dtype as GpuDtype); // what its own tensors have
    const rows = width === 0 ? 0 : util.sizeFromShape(x.shape) / width;
    backend.run(runningProgram(`${name} ${WORDS[x.dtype]}`), {
      tensors: { x, y },
      params: {
        ...{ rows, width, inner: stridesOf(x.shape)[along]! },
        ...{ exclusive: Number(exclusive), reverse: Number(reverse) },
      },
      blocks: Math.ceil(rows / 256),
    });
    return y;
  },
}));
