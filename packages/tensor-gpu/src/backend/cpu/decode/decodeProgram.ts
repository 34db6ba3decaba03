import { STORED_DTYPES } from '../../../weights/storedDtype.ts';
import type { DecoderShape } from '../../decoderWeights.ts';
import type { CpuRuntime } from '../engine/cpuRuntime.ts';
import type { DecodeBuffers } from './decodeBuffers.ts';
import {
  type DecodeOffsets,
  runAttentionOutput,
  runLogits,
  runMlp,
  runQkv,
} from './decodeProducts.ts';
import type { JoinedBiases } from './joinedBiases.ts';
import type { PageLayout } from './kvPages.ts';

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
  biases: JoinedBiases;
  buffers: DecodeBuffers;
  layout: PageLayout;
}

/**
 * Embedding and layers for the live rows, into `hidden`. While prefilling, several rows are tokens of the
 * same sequence: all keys and values are written before any row attends.
 */
export function runDecodeLayers(run: DecodeRun, phase: 'prefill' | 'decode'): void {
  const { cpu, shape, offsets, biases, buffers, layout } = run;
  const { hidden, heads, kvHeads, headDim, eps } = shape;
  const { at, rows } = buffers;
  const share = (elements: number) => Math.min(CHUNKS, Math.max(1, Math.floor(elements / GRAIN)));
  const attentionChunks = Math.min(CHUNKS, rows * kvHeads);

  const embedChunks = share((rows * hidden) / 4);
  cpu.run('decodeEmbed', embedChunks, {
    live: at.live,
    tokens: at.tokens,
    table: offsets.embed.address,
    type: STORED_DTYPES[offsets.embed.dtype].code,
    hidden: at.hidden,
    width: hidden,
    chunks: embedChunks,
  });
  for (const [index, layer] of offsets.layers.entries()) {
    runNorm(run, layer.inputNorm);
    runQkv(run, layer);
    for (const phases of phase === 'prefill' ? [WRITE, ATTEND] : [WRITE | ATTEND])
      cpu.run('decodeAttention', attentionChunks, {
        live: at.live,
        qkv: at.qkv,
        out: at.mixed,
        bias: biases.offsets[index]!,
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
        window: layer.window ?? 0,
        chunks: attentionChunks,
        phases,
        format: layout.format,
      });
    runAttentionOutput(run, layer);
    runNorm(run, layer.postNorm);
    runMlp(run, layer);
  }
}

/** Final norm, head and sampling for the live rows, into `drawn`. */
export function runDecodeHead(run: DecodeRun): void {
  const { cpu, shape, offsets, buffers } = run;
  const { at, slots, logitsRows } = buffers;
  const { vocabulary } = shape;
  runNorm(run, offsets.norm);
  const chunks = Math.min(CHUNKS, logitsRows);
  for (let first = 0; first < slots; first += logitsRows) {
    runLogits(run, offsets.head, first);
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
