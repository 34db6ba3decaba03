import type { SamplingSettings } from '../../../sampling/samplingProbabilities.ts';
import type { DecoderShape } from '../../decoderWeights.ts';
import type { CpuRuntime } from '../engine/runtime.ts';
import type { DecodeBuffers } from './decodeBuffers.ts';
import { DECODE_UNIT, type DecodeOffsets, type PackedWeights } from './packedWeights.ts';

/** Chunks of one command at most: enough for 16 threads, few enough to be taken cheaply. */
const CHUNKS = 32;
/** Elements of row-wise work that are worth waking another thread for. */
const GRAIN = 8192;
const WRITE = 1;
const ATTEND = 2;

/** All that the programs of one wave refer to. */
export interface DecodeRun {
  cpu: CpuRuntime;
  shape: DecoderShape;
  offsets: DecodeOffsets;
  weights: PackedWeights;
  buffers: DecodeBuffers;
  sampling: SamplingSettings;
}

/**
 * Embedding and layers for the live rows, into `hidden`. While prefilling, rows are tokens of the same
 * sequence: all keys and values are written before any row attends.
 */
export function runDecodeLayers(run: DecodeRun, phase: 'prefill' | 'decode'): void {
  const { cpu, shape, offsets, weights, buffers } = run;
  const { hidden, heads, kvHeads, headDim, intermediate, eps } = shape;
  const { at, rows, capacity } = buffers;
  const share = (elements: number) => Math.min(CHUNKS, Math.max(1, Math.floor(elements / GRAIN)));
  const attentionChunks = Math.min(CHUNKS, rows * kvHeads);

  const embedChunks = share((rows * hidden) / 4);
  cpu.run('decodeEmbed', embedChunks, {
    live: at.live,
    tokens: at.tokens,
    embed: offsets.embed,
    hidden: at.hidden,
    width: hidden,
    chunks: embedChunks,
  });
  for (const [index, layer] of offsets.layers.entries()) {
    const packed = weights.layers[index]!;
    runNorm(run, layer.inputNorm);
    runLinear(run, {
      x: at.normed,
      packed: packed.qkv,
      y: at.qkv,
      width: hidden,
      columns: (heads + 2 * kvHeads) * headDim,
    });
    for (const phases of phase === 'prefill' ? [WRITE, ATTEND] : [WRITE | ATTEND])
      cpu.run('decodeAttention', attentionChunks, {
        live: at.live,
        qkv: at.qkv,
        out: at.mixed,
        bias: packed.bias,
        qNorm: layer.qNorm ?? 0,
        kNorm: layer.kNorm ?? 0,
        cos: layer.cos ?? offsets.cos,
        sin: layer.sin ?? offsets.sin,
        positions: at.positions,
        slots: at.rowSlots,
        cache: at.caches[index]!,
        heads,
        kvHeads,
        headDim,
        capacity,
        eps,
        scale: 1 / Math.sqrt(headDim),
        chunks: attentionChunks,
        phases,
      });
    runLinear(run, {
      x: at.mixed,
      packed: packed.o,
      y: at.hidden,
      width: heads * headDim,
      columns: hidden,
      add: true,
    });
    runNorm(run, layer.postNorm);
    const chunks = linearChunks(intermediate);
    cpu.run('decodeGateUp', chunks, {
      live: at.live,
      x: at.normed,
      packed: packed.gateUp,
      y: at.active,
      width: hidden,
      columns: intermediate,
      chunks,
    });
    runLinear(run, {
      x: at.active,
      packed: packed.down,
      y: at.hidden,
      width: intermediate,
      columns: hidden,
      add: true,
    });
  }
}

/** Final norm, head and sampling for the live rows; advances their tokens, positions and counts. */
export function runDecodeHead(run: DecodeRun): void {
  const { cpu, shape, offsets, weights, buffers, sampling } = run;
  const { at, slots, logitsRows, maxTokens } = buffers;
  const { hidden, vocabulary } = shape;
  runNorm(run, offsets.norm);
  const chunks = Math.min(CHUNKS, logitsRows);
  for (let first = 0; first < slots; first += logitsRows) {
    runLinear(run, {
      x: at.normed,
      packed: weights.head,
      y: at.logits,
      width: hidden,
      columns: vocabulary,
      first,
      rows: logitsRows,
    });
    cpu.run('sampleTokens', chunks, {
      live: at.live,
      logits: at.logits,
      vocabulary,
      firstRow: first,
      rows: logitsRows,
      temperature: sampling.temperature,
      topK: sampling.topK,
      topP: sampling.topP,
      minP: sampling.minP,
      repetitionPenalty: sampling.repetitionPenalty,
      slots: at.rowSlots,
      seeds: at.seeds,
      counts: at.counts,
      seen: at.seen,
      ids: at.ids,
      logprobs: at.logprobs,
      maxTokens,
      tokens: at.tokens,
      positions: at.positions,
      chunks,
      suppressed: at.suppressed,
      anySuppressed: sampling.suppressTokens.length > 0 ? 1 : 0,
      samplingLogprobs: at.samplingLogprobs,
    });
  }
}

/** Copies the keys and values of shared prompts: `copies` is `[from, to, length]` per slot. */
export function runDecodeCopies(run: DecodeRun, copies: readonly number[]): void {
  if (copies.length === 0) return;
  const { cpu, shape, buffers } = run;
  const list = cpu.heap.alloc(4 * copies.length);
  cpu.heap.u32(list, copies.length).set(copies);
  for (const cache of buffers.at.caches)
    cpu.run('decodeCopy', shape.kvHeads, {
      copies: list,
      count: copies.length / 3,
      cache,
      kvHeads: shape.kvHeads,
      headDim: shape.headDim,
      capacity: buffers.capacity,
    });
  cpu.heap.free(list);
}

function runNorm({ cpu, shape, buffers }: DecodeRun, weight: number): void {
  const { at, rows } = buffers;
  const { hidden, eps } = shape;
  const chunks = Math.min(CHUNKS, Math.max(1, Math.floor((rows * hidden) / GRAIN)));
  cpu.run('decodeNorm', chunks, {
    live: at.live,
    x: at.hidden,
    weight,
    y: at.normed,
    width: hidden,
    eps,
    chunks,
  });
}

function linearChunks(columns: number): number {
  return Math.min(CHUNKS, Math.ceil(columns / DECODE_UNIT));
}

function runLinear(
  { cpu, buffers }: DecodeRun,
  product: {
    x: number;
    packed: number;
    y: number;
    width: number;
    columns: number;
    add?: boolean;
    first?: number;
    rows?: number;
  },
): void {
  const { x, packed, y, width, columns, add = false, first = 0, rows = buffers.rows } = product;
  const chunks = linearChunks(columns);
  cpu.run('decodeLinear', chunks, {
    live: buffers.at.live,
    x,
    packed,
    y,
    width,
    columns,
    add: add ? 1 : 0,
    firstRow: first,
    rows,
    chunks,
  });
}
