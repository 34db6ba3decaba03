import type { TensorInfo, Variable } from '@tensorflow/tfjs-core';
import { BYTE_BLOCK, type ByteMoments, type CodeMap } from '../../byteMoments.ts';
import { defineProgram, type Program } from '../engine/program.ts';
import type { WebGpuBackend } from '../engine/webGpuBackend.ts';
import { filled } from './fill.ts';
import { LANES, REDUCE_LANES } from './lanes.ts';
import { ownMemory } from './ownMemory.ts';

const CODES = 256;
/** Codes of a lane: those of one word. */
const PER_LANE = 4;

/** Opens a block, moves its weights, and rounds its moments to codes again: a block per workgroup. */
const updateProgram: Program = defineProgram({
  name: 'adamw8bit',
  reads: { g: 'f32', maps: 'f32' },
  writes: { w: 'f32', codes: 'u32', absmax: 'f32' },
  params: {
    ...{ size: 'u32', clip: 'f32', keep: 'f32', beta1: 'f32', beta2: 'f32', stepSize: 'f32' },
    ...{ inverseRootBias2: 'f32', eps: 'f32', grow: 'f32', growSquare: 'f32' },
  },
  lanes: LANES,
  reductions: REDUCE_LANES,
  declarations: `
fn byteOf(word: u32, k: u32) -> u32 { return (word >> (8u * k)) & 255u; }
// the first code whose middle to the next one is not below x
fn nearest(x: f32, middles: u32) -> u32 {
  var code = 0u;
  for (var step = 128u; step > 0u; step /= 2u) {
    if (x > maps[middles + code + step - 1u]) { code += step; }
  }
  return code;
}`,
  body: `
  let words = params.blocks * ${BYTE_BLOCK / PER_LANE}u;
  let word = block * ${BYTE_BLOCK / PER_LANE}u + lane;
  let means = codes[word];
  let squares = codes[words + word];
  let meanScale = absmax[2u * block];
  let squareScale = absmax[2u * block + 1u];
  var m: vec4f;
  var v: vec4f;
  for (var k = 0u; k < ${PER_LANE}u; k++) {
    let i = ${PER_LANE}u * word + k;
    if (i < params.size) {
      let gradient = g[i] * params.clip;
      m[k] = params.beta1 * maps[byteOf(means, k)] * meanScale + params.grow * gradient;
      v[k] = params.beta2 * maps[${CODES}u + byteOf(squares, k)] * squareScale + params.growSquare * gradient * gradient;
      w[i] = w[i] * params.keep - params.stepSize * m[k] / (sqrt(v[k]) * params.inverseRootBias2 + params.eps);
    }
  }
  let sizes = abs(m);
  let topMean = maxLanes(max(max(sizes.x, sizes.y), max(sizes.z, sizes.w)), lane);
  let topSquare = maxLanes(max(max(v.x, v.y), max(v.z, v.w)), lane);
  var newMeans = 0u;
  var newSquares = 0u;
  for (var k = 0u; k < ${PER_LANE}u; k++) {
    newMeans |= nearest(select(m[k] / topMean, 0, topMean == 0), ${2 * CODES}u) << (8u * k);
    newSquares |= nearest(select(v[k] / topSquare, 0, topSquare == 0), ${3 * CODES}u) << (8u * k);
  }
  codes[word] = newMeans;
  codes[words + word] = newSquares;
  if (lane == 0u) { absmax[2u * block] = topMean; absmax[2u * block + 1u] = topSquare; }`,
});

/** AdamW's moments in bytes: codes of the means, then of the squares, four in a word; scales of both, block by block. */
export function adamwBytesWebGpu(
  backend: WebGpuBackend,
  parameters: Variable[],
  [signed, unsigned]: readonly [CodeMap, CodeMap],
): ByteMoments {
  const maps = backend.makeTensorInfo(
    [4 * CODES],
    'float32',
    joined([signed.numbers, unsigned.numbers, signed.middles, unsigned.middles]),
  );
  const entries = parameters.map(({ size }) => {
    const blocks = Math.ceil(size / BYTE_BLOCK);
    return {
      ...{ size, blocks },
      codes: codesOf(backend, blocks, [signed, unsigned]),
      absmax: filled(backend, [2 * blocks], { value: 0 }),
    };
  });
  return {
    update(gradients, { beta1, beta2, ...scalars }) {
      for (const [k, { size, blocks, codes, absmax }] of entries.entries())
        backend.run(updateProgram, {
          tensors: { g: gradients[k]!, maps, w: ownMemory(backend, parameters[k]!), codes, absmax },
          params: { size, ...scalars, beta1, beta2, grow: 1 - beta1, growSquare: 1 - beta2 },
          blocks,
        });
    },
    async read(index) {
      const { size, blocks, codes, absmax } = entries[index]!; // an index of a parameter
      const read = [backend.read(codes.dataId), backend.read(absmax.dataId)];
      const [words, scales] = (await Promise.all(read)) as [Int32Array, Float32Array]; // as they were made
      const bytes = new Uint8Array(words.buffer);
      const half = BYTE_BLOCK * blocks;
      const every = (first: number) => scales.filter((_, k) => k % 2 === first);
      return {
        mean: { codes: bytes.slice(0, size), absmax: every(0) },
        square: { codes: bytes.slice(half, half + size), absmax: every(1) },
      };
    },
    write(index, { mean, square }) {
      const entry = entries[index]!; // an index of a parameter
      const half = BYTE_BLOCK * entry.blocks;
      const bytes = new Uint8Array(2 * half);
      bytes.set(mean.codes);
      bytes.set(square.codes, half);
      const scales = Float32Array.from({ length: 2 * entry.blocks }, (_, k) =>
        Number((k % 2 === 0 ? mean : square).absmax[k >> 1]),
      );
      for (const old of [entry.codes, entry.absmax]) backend.disposeData(old.dataId);
      entry.codes = backend.makeTensorInfo([half / 2], 'int32', new Int32Array(bytes.buffer));
      entry.absmax = backend.makeTensorInfo([scales.length], 'float32', scales);
    },
    dispose() {
      for (const { codes, absmax } of entries)
        for (const { dataId } of [codes, absmax]) backend.disposeData(dataId);
      backend.disposeData(maps.dataId);
    },
  };
}

/** Codes of zeros. */
function codesOf(backend: WebGpuBackend, blocks: number, maps: readonly CodeMap[]): TensorInfo {
  const bytes = new Uint8Array(2 * BYTE_BLOCK * blocks);
  for (const [k, { numbers }] of maps.entries())
    bytes.fill(numbers.indexOf(0), k * BYTE_BLOCK * blocks, (k + 1) * BYTE_BLOCK * blocks);
  return backend.makeTensorInfo([bytes.length / 4], 'int32', new Int32Array(bytes.buffer));
}

function joined(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}
