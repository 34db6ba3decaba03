import { util } from '@tensorflow/tfjs-core';
import { defineProgram, programFamily, type WordType } from '../engine/program.ts';
import type { TfjsGpuKernel } from './tfjsGpuKernel.ts';
import { withRows } from './withRows.ts';
import { WORDS } from './words.ts';

/** The place of the extreme number of each row; of equals the first. */
const argProgram = programFamily((key: string) => {
  const [name = '', type = 'f32'] = key.split(' ') as [string, WordType];
  return defineProgram({
    name: `arg ${key}`,
    reads: { x: type },
    writes: { y: 'i32' },
    params: { rows: 'u32', width: 'u32' },
    body: `
  let row = block * LANES + lane;
  if (row < params.rows) {
    var at = 0u;
    for (var j = 1u; j < params.width; j++) {
      if (x[row * params.width + j] ${name === 'ArgMax' ? '>' : '<'} x[row * params.width + at]) { at = j; }
    }
    y[row] = i32(at);
  }`,
  });
});

/** `tf.argMax` and `tf.argMin`. */
export const argKernels: TfjsGpuKernel[] = ['ArgMax', 'ArgMin'].map((name) => ({
  name,
  run: ({ backend, inputs, attrs }) => {
    const x = inputs.x!;
    const axes = util.parseAxisParam((attrs.axis as number | undefined) ?? 0, x.shape); // attribute of ArgMax
    return withRows(backend, { x, axes }, (rows, [shape, reduced]) => {
      const y = backend.output(shape, 'int32');
      const count = util.sizeFromShape(shape);
      backend.run(argProgram(`${name} ${WORDS[x.dtype]}`), {
        tensors: { x: rows, y },
        params: { rows: count, width: util.sizeFromShape(reduced) },
        blocks: Math.ceil(count / 256),
      });
      return y;
    });
  },
}));
