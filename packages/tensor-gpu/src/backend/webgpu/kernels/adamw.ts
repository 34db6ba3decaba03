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

/** A parameter, or a part of one that is too large to be bound at once. */
interface Piece {
  /** Of the parameter. */
  index: number;
  /** Its first element there, a multiple of `CHUNK`. */
  begin: number;
  size: number;
}

/** Pieces of one dispatch: devices bind few buffers at once. */
interface Group {
  pieces: Piece[];
  /** `[mean, square]` of each, one after the other. */
  moments: TensorInfo;
}

/**
 * AdamW on the device: sums of squares, the clipping factor and the update of all parameters in a few dispatches, without
 * waiting for the norm. Parameters are updated in place; one whose memory is shared gets its own copy first.
 */
export function adamwWebGpu(backend: WebGpuBackend, parameters: Variable[]): AdamwMoments {
  const sizes = parameters.map(({ size }) => size);
  const half = Math.floor(backend.mostElements / 2); // both moments of a group are one tensor
  const most = Math.max(CHUNK, half - (half % CHUNK));
  const pieces = sizes.flatMap((size, index) => piecesOf(index, size, most));
  const groups: Group[] = grouped(pieces, { members: UPDATE_MEMBERS, most }).map((part) => ({
    pieces: part,
    moments: filled(backend, [2 * elementsOf(part)], { value: 0 }),
  }));
  const starts = [0];
  for (const size of sizes) starts.push(starts.at(-1)! + chunksOf(size));
  const table = backend.makeTensorInfo([starts.length], 'int32', Int32Array.from(starts));

  /** Per parameter, and the factor that the norm of all asks for. */
  const norms = (gradients: readonly TensorInfo[], maxGradNorm: number) => {
    const partial = backend.output([starts.at(-1)!]);
    const squares = backend.output([sizes.length]);
    const clip = backend.output([2]);
    for (const part of grouped(pieces, { members: NORM_MEMBERS, most: Number.POSITIVE_INFINITY })) {
      const { index, begin } = part[0]!; // no group is empty
      backend.run(normProgram(part.length), {
        tensors: { ...named('g', part, (piece) => gradients[piece.index]!), partial },
        windows: named('g', part, windowOf),
        params: {
          ...named('size', part, ({ size }) => size),
          ...startsOf(part),
          first: starts[index]! + chunksOf(begin),
        },
        blocks: blocksOf(part),
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
    for (const { pieces: part, moments } of groups)
      backend.run(updateProgram(part.length), {
        tensors: {
          ...named('g', part, ({ index }) => gradients[index]!),
          ...named('w', part, ({ index }) => ownMemory(backend, parameters[index]!)),
          clip,
          moments,
        },
        windows: { ...named('g', part, windowOf), ...named('w', part, windowOf) },
        params: {
          ...{ ...named('size', part, ({ size }) => size), ...startsOf(part), ...rest },
          ...{ grow: 1 - beta1, keepSquare: beta2, growSquare: 1 - beta2 },
        },
        blocks: blocksOf(part),
      });
    backend.disposeData(clip.dataId);
  };
  const readSquares = async (squares: TensorInfo) => {
    const values = backend.read(squares.dataId);
    backend.disposeData(squares.dataId);
    return Float64Array.from((await values) as Float32Array); // squares are float32
  };
  /** Where the moments of a parameter lie. */
  const placesOf = (index: number) =>
    groups.flatMap(({ pieces: part, moments }) =>
      part.flatMap((piece, k) =>
        piece.index === index ? [{ piece, moments, at: 2 * elementsOf(part.slice(0, k)) }] : [],
      ),
    );
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
      const [mean, square] = [new Float32Array(sizes[index]!), new Float32Array(sizes[index]!)];
      const places = placesOf(index);
      const read = await Promise.all(places.map(({ moments }) => backend.read(moments.dataId)));
      for (const [k, { piece, at }] of places.entries()) {
        const { begin, size } = piece;
        const all = read[k] as Float32Array; // moments are float32
        mean.set(all.subarray(at, at + size), begin);
        square.set(all.subarray(at + size, at + 2 * size), begin);
      }
      return { mean, square };
    },
    write(index, { mean, square }) {
      for (const { piece, moments, at } of placesOf(index))
        for (const [k, values] of [mean, square].entries()) {
          const { begin, size } = piece;
          const part = values.subarray(begin, begin + size);
          const given = backend.makeTensorInfo([size], 'float32', part);
          const to = backend.slice(moments);
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

function piecesOf(index: number, size: number, most: number): Piece[] {
  if (size <= most) return [{ index, begin: 0, size }];
  return Array.from({ length: Math.ceil(size / most) }, (_, k) => ({
    ...{ index, begin: k * most, size: Math.min(most, size - k * most) },
  }));
}

/** Neighbours, so many at a time, of so many elements together. */
function grouped(
  pieces: readonly Piece[],
  { members, most }: { members: number; most: number },
): Piece[][] {
  const groups: Piece[][] = [];
  for (const piece of pieces) {
    const last = groups.at(-1);
    if (last && last.length < members && elementsOf(last) + piece.size <= most) last.push(piece);
    else groups.push([piece]);
  }
  return groups;
}

const chunksOf = (size: number): number => Math.ceil(size / CHUNK);

const elementsOf = (part: readonly Piece[]): number =>
  part.reduce((sum, { size }) => sum + size, 0);

const blocksOf = (part: readonly Piece[]): number =>
  part.reduce((sum, { size }) => sum + chunksOf(size), 0);

const windowOf = ({ begin, size }: Piece) => ({ start: begin, size });

/** `NAME0`, `NAME1`, … of a part. */
function named<Value>(
  name: string,
  part: readonly Piece[],
  of: (piece: Piece) => Value,
): Record<string, Value> {
  return Object.fromEntries(part.map((piece, k) => [`${name}${k}`, of(piece)]));
}

/** The first workgroup of each member. */
function startsOf(part: readonly Piece[]): Record<string, number> {
  return Object.fromEntries(part.map((_, k) => [`start${k}`, blocksOf(part.slice(0, k))]));
}
