import { rowBytes, STORED_DTYPES } from '../../../weights/storedDtype.ts';
import type { DecoderShape, DecoderWeights, LoraFactors } from '../../decoderWeights.ts';
import type { CpuRuntime } from '../engine/cpuRuntime.ts';
import type { Matrix } from '../engine/matrix.ts';
import { f32Bits } from '../engine/packWords.ts';
import type { DecodeBuffers } from './decodeBuffers.ts';

/** Where a model's weights lie: matrices as they are stored, vectors and adapters by their heap offsets. */
export type DecodeOffsets = DecoderWeights<Matrix, number>;

/** What the products of a step refer to. */
export interface DecodeProducts {
  cpu: CpuRuntime;
  shape: DecoderShape;
  buffers: DecodeBuffers;
}

type Layer = DecodeOffsets['layers'][number];

/** Chunks of one product at most: enough for 16 threads to end together. */
const CHUNKS = 64;
/** Columns of a unit of work, GROUP in kernels/decodeLinear.c. */
const GROUP = 16;
/** A chunk should take some microseconds: so many bytes of weights from memory, or so many multiply-adds. */
const CHUNK_BYTES = 64 << 10;
const CHUNK_MULTIPLIES = 1 << 17;
/** The flags of kernels/decodeLinear.c. */
const FLAGS = { write: 0, add: 1, gate: 2 } as const;
const ALONE = 4;

/** One matrix of a product: which columns of y it makes. */
interface Part {
  matrix: Matrix;
  columns: number;
  lora?: LoraFactors<number> | undefined;
}

interface Product {
  /** Heap offset of rows of `width` floats. */
  x: number;
  width: number;
  y: number;
  parts: readonly Part[];
  /** `'add'`: y += x W^T; `'gate'`: of two parts, silu(x W0^T) * (x W1^T). Default `'write'`: the parts side by side. */
  into?: keyof typeof FLAGS;
  /** Rows of x from `first` on, `rows` at most, into y from its beginning. Default: all. */
  first?: number;
  rows?: number;
}

/** Queries, keys and values of all rows, side by side. */
export function runQkv(run: DecodeProducts, layer: Layer): void {
  const { at } = run.buffers;
  const { hidden, heads, kvHeads, headDim } = run.shape;
  const { q, k, v, lora } = layer;
  const keys = kvHeads * headDim;
  runProduct(run, {
    ...{ x: at.normed, width: hidden, y: at.qkv },
    parts: [
      { matrix: q, columns: heads * headDim, lora: lora?.q },
      { matrix: k, columns: keys, lora: lora?.k },
      { matrix: v, columns: keys, lora: lora?.v },
    ],
  });
}

/** Adds what attention has mixed to the hidden states. */
export function runAttentionOutput(run: DecodeProducts, { o, lora }: Layer): void {
  const { at } = run.buffers;
  const { hidden, heads, headDim } = run.shape;
  const parts = [{ matrix: o, columns: hidden, lora: lora?.o }];
  runProduct(run, { x: at.mixed, width: heads * headDim, y: at.hidden, parts, into: 'add' });
}

/** Adds the gated MLP to the hidden states. */
export function runMlp(run: DecodeProducts, { gate, up, down, lora }: Layer): void {
  const { at } = run.buffers;
  const { hidden, intermediate } = run.shape;
  runProduct(run, {
    ...{ x: at.normed, width: hidden, y: at.active, into: 'gate' },
    parts: [
      { matrix: gate, columns: intermediate, lora: lora?.gate },
      { matrix: up, columns: intermediate, lora: lora?.up },
    ],
  });
  const parts = [{ matrix: down, columns: hidden, lora: lora?.down }];
  runProduct(run, { x: at.active, width: intermediate, y: at.hidden, parts, into: 'add' });
}

/** Logits of `rows` rows from `first` on. */
export function runLogits(run: DecodeProducts, head: Matrix, first: number): void {
  const { at, logitsRows } = run.buffers;
  const { hidden, vocabulary } = run.shape;
  const parts = [{ matrix: head, columns: vocabulary }];
  runProduct(run, {
    ...{ x: at.normed, width: hidden, y: at.logits, parts },
    ...{ first, rows: logitsRows },
  });
}

/** The most columns that x A^T of one product has in any layer. */
export function widestRank({ layers }: Pick<DecodeOffsets, 'layers'>): number {
  const groups = [['q', 'k', 'v'], ['o'], ['gate', 'up'], ['down']] as const;
  const widths = layers.flatMap(({ lora }) =>
    groups.map((names) => names.reduce((sum, name) => sum + (lora?.[name]?.rank ?? 0), 0)),
  );
  return Math.max(0, ...widths);
}

function runProduct(run: DecodeProducts, product: Product): void {
  const { x, width, y, parts, into = 'write', first = 0, rows = run.buffers.rows } = product;
  const adapted = parts.flatMap(({ lora }) => lora ?? []);
  const ranks = adapted.reduce((sum, { rank }) => sum + rank, 0);
  if (ranks > 0) runLowRank(run, product, adapted);
  const columns = parts.reduce((sum, part) => sum + part.columns, 0);
  const ldy = into === 'gate' ? columns / 2 : columns;
  let column = 0;
  let rank = 0;
  const words = parts.flatMap((part) => {
    const { matrix, lora } = part;
    const { address, dtype } = matrix;
    const place = [STORED_DTYPES[dtype].code, address % 2 ** 32, Math.floor(address / 2 ** 32)];
    const low = lora
      ? [lora.b, lora.rank, rank, f32Bits(lora.scaling), lora.lengths ?? 0]
      : [0, 0, 0, 0, 0];
    const columnOfY = into === 'gate' ? 0 : column;
    column += part.columns;
    rank += lora?.rank ?? 0;
    return [...place, width, part.columns, columnOfY, ...low];
  });
  const chunks = chunksOf(parts, width, rows);
  run.cpu.run('decodeLinear', chunks, {
    ...{ live: run.buffers.at.live, x, y, t: run.buffers.at.lowRank },
    ...{ ldx: width, ldy, ldt: ranks, firstRow: first, rows, chunks },
    flags: FLAGS[into] | (run.cpu.threads === 1 ? ALONE : 0),
    count: parts.length,
    parts: words,
  });
}

/** `t = x A^T` of the adapters, side by side. */
function runLowRank(
  run: DecodeProducts,
  { x, width }: Product,
  adapted: readonly LoraFactors<number>[],
): void {
  const parts = adapted.map(({ a, rank }) => ({
    matrix: { address: run.cpu.address(a), dtype: 'f32' as const },
    columns: rank,
  }));
  runProduct(run, { x, width, y: run.buffers.at.lowRank, parts });
}

/** By the shape alone; every element of y is made by one chunk, so results do not depend on it. */
function chunksOf(parts: readonly Part[], width: number, rows: number): number {
  const bytes = parts.reduce(
    (sum, { matrix, columns }) => sum + columns * rowBytes(matrix.dtype, width),
    0,
  );
  const columns = parts.reduce((sum, part) => sum + part.columns, 0);
  const wanted = Math.max(bytes / CHUNK_BYTES, (columns * width * rows) / CHUNK_MULTIPLIES);
  return Math.max(1, Math.min(CHUNKS, Math.floor(wanted), Math.floor(columns / GROUP)));
}
