import type { DecoderShape } from '../../decoderWeights.ts';
import type { CpuRuntime } from '../engine/runtime.ts';
import type { DecodeBuffers } from './decodeBuffers.ts';
import type { PageLayout } from './kvPages.ts';
import { DECODE_UNIT, type DecodeOffsets, type PackedWeights } from './packedWeights.ts';

/** Chunks of one command at most: enough for 16 threads, few enough to be taken cheaply. */
const CHUNKS = 32;
/** Elements of row-wise work that are worth waking another thread for. */
const GRAIN = 8192;
const WRITE = 1;
const ATTEND = 2;

/** All that the programs of a step refer to. */
export interface DecodeRun {
  cpu: CpuRuntime;
  shape: DecoderShape;
  offsets: DecodeOffsets;
  weights: PackedWeights;
  buffers: DecodeBuffers;
  layout: PageLayout;
}

/**
 * Embedding and layers for the live rows, into `hidden`. While prefilling, several rows are tokens of the
 * same sequence: all keys and values are written before any row attends.
 */
export function runDecodeLayers(run: DecodeRun, phase: 'prefill' | 'decode'): void {
  const { cpu, shape, offsets, weights, buffers, layout } = run;
  const { hidden, heads, kvHeads, headDim, intermediate, eps } = shape;
  const { at, rows } = buffers;
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
        tables: at.tables,
        layerOffset: index * layout.layerBytes,
        heads,
        kvHeads,
        headDim,
        eps,
        scale: 1 / Math.sqrt(headDim),
        chunks: attentionChunks,
        phases,
        format: layout.format,
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

/** Final norm, head and sampling for the live rows, into `drawn`. */
export function runDecodeHead(run: DecodeRun): void {
  const { cpu, shape, offsets, weights, buffers } = run;
  const { at, slots, logitsRows } = buffers;
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
      slots: at.rowSlots,
      settings: at.settings,
      drawn: at.drawn,
      chunks,
    });
  }
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
