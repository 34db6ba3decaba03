import type { TensorInfo, Variable } from '@tensorflow/tfjs-core';
import type { AdamwMoments, AdamwScalars } from '../../adamwMoments.ts';
import type { WebGpuBackend } from '../engine/webGpuBackend.ts';
import {
  CHUNK,
  clipProgram,
  NORM_MEMBERS,
  normProgram,
  totalsProgram,
  UPDATE_MEMBERS,
  updateProgram,
} from './adamwPrograms.ts';
import { filled } from './fill.ts';
import { ownMemory } from './ownMemory.ts';

/** Stands for no clipping: the largest f32. */
const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/** Parameters of one dispatch: devices bind few buffers at once. */
interface Group {
  first: number;
  sizes: number[];
  /** `[mean, square]` of each, one after the other. */
  moments: TensorInfo;
}

/**
 * AdamW on the device: sums of squares, the clipping factor and the update of all parameters in a few dispatches, without
 * waiting for the norm. Parameters are updated in place; one whose memory is shared gets its own copy first.
 */
export function adamwWebGpu(backend: WebGpuBackend, parameters: Variable[]): AdamwMoments {
  const sizes = parameters.map(({ size }) => size);
  const groups: Group[] = slices(sizes, UPDATE_MEMBERS).map(({ first, part }) => ({
    first,
    sizes: part,
    moments: filled(backend, [2 * part.reduce((sum, size) => sum + size, 0)], { value: 0 }),
  }));
  const chunks = sizes.map((size) => Math.ceil(size / CHUNK));
  const starts = [0];
  for (const count of chunks) starts.push(starts.at(-1)! + count);
  const table = backend.makeTensorInfo([starts.length], 'int32', Int32Array.from(starts));

  /** Per parameter, and the factor that the norm of all asks for. */
  const norms = (gradients: readonly TensorInfo[], maxGradNorm: number) => {
    const partial = backend.output([starts.at(-1)!]);
    const squares = backend.output([sizes.length]);
    const clip = backend.output([2]);
    for (const { first, part } of slices(sizes, NORM_MEMBERS)) {
      backend.run(normProgram(part.length), {
        tensors: { ...members('g', gradients.slice(first, first + part.length)), partial },
        params: { ...membersOf('size', part), ...startsOf(part), first: starts[first]! },
        blocks: part.reduce((sum, size) => sum + Math.ceil(size / CHUNK), 0),
      });
    }
    backend.run(totalsProgram, {
      tensors: { partial, starts: table, squares },
      params: {},
      blocks: sizes.length,
    });
    backend.run(clipProgram, {
      tensors: { squares, clip },
      params: { count: sizes.length, maxGradNorm },
      blocks: 1,
    });
    backend.disposeData(partial.dataId);
    return { squares, clip };
  };
  const updateBy = (
    gradients: readonly TensorInfo[],
    clip: TensorInfo,
    scalars: Omit<AdamwScalars, 'clip'>,
  ) => {
    const { beta1, beta2, ...rest } = scalars;
    for (const { first, sizes: part, moments } of groups) {
      const weights = parameters
        .slice(first, first + part.length)
        .map((weight) => ownMemory(backend, weight));
      backend.run(updateProgram(part.length), {
        tensors: {
          ...members('g', gradients.slice(first, first + part.length)),
          ...members('w', weights),
          clip,
          moments,
        },
        params: {
          ...{ ...membersOf('size', part), ...startsOf(part), ...rest },
          ...{ grow: 1 - beta1, keepSquare: beta2, growSquare: 1 - beta2 },
        },
        blocks: part.reduce((sum, size) => sum + Math.ceil(size / CHUNK), 0),
      });
    }
    backend.disposeData(clip.dataId);
  };
  const readSquares = async (squares: TensorInfo) => {
    const values = backend.read(squares.dataId);
    backend.disposeData(squares.dataId);
    return Float64Array.from((await values) as Float32Array); // squares are float32
  };
  const placeOf = (index: number) => {
    const group = groups[Math.floor(index / UPDATE_MEMBERS)]!;
    const before = group.sizes.slice(0, index - group.first).reduce((sum, size) => sum + size, 0);
    return { group, at: 2 * before, size: sizes[index]! };
  };
  return {
    async squaredNorms(gradients) {
      const { squares, clip } = norms(gradients, LARGEST);
      backend.disposeData(clip.dataId);
      return readSquares(squares);
    },
    async clippedUpdate(gradients, scalars, maxGradNorm = LARGEST) {
      const { squares, clip } = norms(gradients, maxGradNorm);
      const flag = backend.read(clip.dataId);
      updateBy(gradients, clip, scalars);
      const squaredNorms = await readSquares(squares);
      return { squaredNorms, isDone: ((await flag) as Float32Array)[1] === 1 };
    },
    update(gradients, { clip, ...scalars }) {
      updateBy(
        gradients,
        backend.makeTensorInfo([2], 'float32', Float32Array.of(clip, 1)),
        scalars,
      );
    },
    async read(index) {
      const { group, at, size } = placeOf(index);
      const all = (await backend.read(group.moments.dataId)) as Float32Array; // moments are float32
      return { mean: all.slice(at, at + size), square: all.slice(at + size, at + 2 * size) };
    },
    write(index, { mean, square }) {
      const { group, at, size } = placeOf(index);
      for (const [k, values] of [mean, square].entries()) {
        const given = backend.makeTensorInfo([size], 'float32', values);
        const to = backend.slice(group.moments);
        backend.gpu.copy(backend.slice(given), { ...to, offset: 4 * (at + k * size) }, 4 * size);
        backend.disposeData(given.dataId);
      }
    },
    dispose() {
      for (const { moments } of groups) backend.disposeData(moments.dataId);
      backend.disposeData(table.dataId);
    },
  };
}

/** Neighbours of a list, so many at a time. */
function slices(sizes: readonly number[], count: number): { first: number; part: number[] }[] {
  return Array.from({ length: Math.ceil(sizes.length / count) }, (_, k) => ({
    first: k * count,
    part: sizes.slice(k * count, (k + 1) * count),
  }));
}

/** `g0`, `g1`, … of a part. */
function members(name: string, tensors: readonly TensorInfo[]): Record<string, TensorInfo> {
  return Object.fromEntries(tensors.map((tensor, k) => [`${name}${k}`, tensor]));
}

const membersOf = (name: string, values: readonly number[]): Record<string, number> =>
  Object.fromEntries(values.map((value, k) => [`${name}${k}`, value]));

/** The first workgroup of each member. */
function startsOf(part: readonly number[]): Record<string, number> {
  let blocks = 0;
  return membersOf(
    'start',
    part.map((size) => {
      const start = blocks;
      blocks += Math.ceil(size / CHUNK);
      return start;
    }),
  );
}
