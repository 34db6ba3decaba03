import { type Tensor, tensor, type Variable } from '@tensorflow/tfjs-core';
import type { AdamwMoments, AdamwScalars } from '../../adamwMoments.ts';
import type { CpuBackend } from '../engine/cpuBackend.ts';

/** Elements per chunk: about 20 us of work at the memory limit. */
const CHUNK = 16384;
/** w, g, m, v, elements. */
const ENTRY = 5;
const SCALARS = 8;

/**
 * AdamW in the kernels of adamw.c: one recorded command for the norm, one for the update, over all
 * parameters. Only the table of offsets is rewritten each step. Parameters are updated in place; one
 * whose memory is shared with another tensor gets its own copy first.
 */
export function adamwCpu(device: CpuBackend, parameters: Variable[]): AdamwMoments {
  const { cpu } = device;
  const { heap } = cpu;
  const sizes = parameters.map(({ size }) => size);
  const parts = sizes.flatMap((size, index) =>
    Array.from({ length: Math.ceil(size / CHUNK) }, (_, part) => [
      index,
      part * CHUNK,
      Math.min(CHUNK, size - part * CHUNK),
    ]),
  );
  const blocks: number[] = [];
  const block = (bytes: number) => {
    const offset = heap.alloc(bytes, 'optimizer moments');
    blocks.push(offset);
    return offset;
  };
  const free = () => {
    for (const offset of blocks.splice(0)) heap.free(offset);
  };
  try {
    const moments = sizes.map((size) => ({ mean: block(4 * size), square: block(4 * size) }));
    const views = moments.map(({ mean, square }, index) => ({
      mean: heap.f32(mean, sizes[index]!).fill(0),
      square: heap.f32(square, sizes[index]!).fill(0),
    }));
    const table = block(4 * ENTRY * sizes.length);
    const chunks = block(12 * parts.length);
    const sums = block(8 * parts.length);
    const scalars = block(4 * SCALARS);
    heap.u32(chunks, 3 * parts.length).set(parts.flat());
    const entries = heap.u32(table, ENTRY * sizes.length);
    const norm = cpu.record(() =>
      cpu.run('adamwNorm', parts.length, { parameters: table, parts: chunks, sums }),
    );
    const update = cpu.record(() =>
      cpu.run('adamwUpdate', parts.length, { parameters: table, parts: chunks, scalars }),
    );

    const point = (gradients: Tensor[]) => {
      for (const [index, parameter] of parameters.entries()) {
        own(device, parameter);
        const { mean, square } = moments[index]!;
        const entry = [
          device.offset(parameter),
          device.offset(gradients[index]!),
          mean,
          square,
          sizes[index]!,
        ];
        entries.set(entry, index * ENTRY);
      }
    };
    return {
      async squaredNorms(gradients) {
        point(gradients);
        norm.run(); // a program is done when it returns
        const partial = new Float64Array(heap.memory.buffer, sums, parts.length);
        const totals = new Float64Array(sizes.length);
        for (const [part, [index = 0]] of parts.entries()) totals[index]! += partial[part]!;
        return totals;
      },
      update(gradients, values) {
        point(gradients);
        heap.f32(scalars, SCALARS).set(scalarWords(values));
        update.run();
      },
      read(index) {
        const { mean, square } = views[index]!;
        return { mean: Float32Array.from(mean), square: Float32Array.from(square) };
      },
      write(index, { mean, square }) {
        views[index]!.mean.set(mean);
        views[index]!.square.set(square);
      },
      dispose() {
        norm.dispose();
        update.dispose();
        free();
      },
    };
  } catch (error) {
    free();
    throw error;
  }
}

/** In the order that adamw.c reads them. */
function scalarWords(values: AdamwScalars): number[] {
  const { clip, keep, beta1, beta2, stepSize, inverseRootBias2, eps } = values;
  return [clip, keep, 1 - beta1, beta2, 1 - beta2, stepSize, inverseRootBias2, eps];
}

/** Gives a parameter memory of its own: clones and saved tensors must keep their old values. */
function own(device: CpuBackend, parameter: Variable): void {
  if (device.refCount(parameter.dataId) <= 1) return;
  const copy = tensor(Float32Array.from(parameter.dataSync()), parameter.shape, 'float32');
  parameter.assign(copy);
  copy.dispose();
}
