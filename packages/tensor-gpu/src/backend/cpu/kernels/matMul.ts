import { STORED_DTYPES } from '../../../weights/storedDtype.ts';
import type { CpuRuntime } from '../engine/cpuRuntime.ts';
import { heapMatrix, type Matrix } from '../engine/matrix.ts';

type MatMulShape = Pick<MatMulArgs, 'm' | 'n' | 'k' | 'batch' | 'transposeB'>;

/** A product of batched, strided, row-major matrices in the heap: C (+)= op(A) op(B). B may be a frozen weight. */
export interface MatMulArgs {
  /** Byte offsets of A, B and C. */
  a: number;
  b: number | Matrix;
  c: number;
  /** op(A) is [m, k], op(B) is [k, n], C is [m, n]. */
  m: number;
  n: number;
  k: number;
  /** A lies as [k, m]. Default false. */
  transposeA?: boolean | undefined;
  /** B lies as [n, k]. Default false. */
  transposeB?: boolean | undefined;
  /** Floats from one row of A (B, C), as it lies, to the next. Default: dense. */
  lda?: number | undefined;
  ldb?: number | undefined;
  ldc?: number | undefined;
  /** Add to C instead of overwriting it. Default false. */
  accumulate?: boolean | undefined;
  /** Number of products. Default 1. */
  batch?: number | undefined;
  /** Floats from one item to the next. Default: dense; 0 uses one matrix for all. */
  strideA?: number | undefined;
  strideB?: number | undefined;
  strideC?: number | undefined;
  /** Item i of A (B) lies this many floats behind `a` (`b`): for broadcasts that no stride can say. */
  offsetsA?: ArrayLike<number> | undefined;
  offsetsB?: ArrayLike<number> | undefined;
}

const TRANSPOSE_A = 1;
const TRANSPOSE_B = 2;
const ACCUMULATE = 4;
const TABLE = 8;

/** A chunk is worth at least this much: about 10 microseconds of one core. */
const SMALLEST_CHUNK_FLOPS = 1e6;
/** Aim: 0.3 ms. Smaller chunks share work better among many threads, but each packs its rows and columns again. */
const CHUNK_FLOPS = 32e6;
const MOST_CHUNKS = 16;
/** Above so many chunks rows are not split further. */
const ENOUGH_CHUNKS = 8;
/** Multiples of the register tiles. */
const ROW_UNIT = 12;
const COLUMN_UNIT = 32;
const FEWEST_COLUMNS = 128;
/** Each chunk packs B for itself. With this many rows that hardly shows: 180 cost a twentieth more. */
const FEWEST_ROWS = 256;
/** To keep all cores busy it may cost a tenth: packing a transposed B takes five times as long. */
const LEAST_ROWS = { plain: 60, transposed: 96 } as const;
/** Items of a batch whose offsets fit one command. */
const TABLE_ITEMS = 1024;

const roundUp = (x: number, unit: number): number => Math.ceil(x / unit) * unit;

/** Rows and columns of a chunk: from the shape alone, so that results do not depend on the number of threads. */
export function matMulGrid({ m, n, k, batch = 1, transposeB = false }: MatMulShape): {
  rows: number;
  columns: number;
  items: number;
  chunks: number;
} {
  const flops = 2 * m * n * k;
  if (batch > 1 && flops * batch < MOST_CHUNKS * CHUNK_FLOPS * 4) {
    const items = Math.max(1, Math.min(batch, Math.round(SMALLEST_CHUNK_FLOPS / flops)));
    if (batch / items >= 4 || flops < 2 * SMALLEST_CHUNK_FLOPS)
      return { rows: m, columns: n, items, chunks: Math.ceil(batch / items) };
  }
  const few = Math.min(ENOUGH_CHUNKS, Math.floor(flops / SMALLEST_CHUNK_FLOPS));
  const wanted = Math.max(1, Math.min(MOST_CHUNKS, Math.max(few, Math.round(flops / CHUNK_FLOPS))));
  const tall = Math.ceil(m / Math.max(FEWEST_ROWS, m / wanted));
  let columns = Math.min(
    n,
    roundUp(Math.max(FEWEST_COLUMNS, n / Math.ceil(wanted / tall)), COLUMN_UNIT),
  );
  const least = transposeB ? LEAST_ROWS.transposed : LEAST_ROWS.plain;
  const most = Math.ceil(Math.min(wanted, ENOUGH_CHUNKS) / Math.ceil(n / columns));
  const down = Math.max(tall, Math.min(most, Math.floor(m / least)));
  const rows = Math.min(m, roundUp(m / down, ROW_UNIT));
  if (down === 1 && columns === n && wanted > 1 && n >= 2 * COLUMN_UNIT)
    columns = roundUp(n / 2, COLUMN_UNIT); // narrow, but two threads can share it
  const across = Math.ceil(n / columns);
  return { rows, columns, items: 1, chunks: Math.ceil(m / rows) * across * batch };
}

/** Runs (or records) a product. Nothing is checked here: offsets and shapes are the caller's promise. */
export function matMulCpu(cpu: CpuRuntime, args: MatMulArgs): void {
  const { a, b, c, m, n, k, transposeA = false, transposeB = false, batch = 1 } = args;
  if (m === 0 || n === 0 || batch === 0 || (k === 0 && args.accumulate)) return;
  const { lda = transposeA ? m : k, ldb = transposeB ? k : n, ldc = n } = args;
  const { strideA = m * k, strideB = k * n, strideC = m * n, offsetsA, offsetsB } = args;
  const table = offsetsA !== undefined || offsetsB !== undefined;
  const { address, dtype } = typeof b === 'number' ? heapMatrix(cpu, b) : b;
  if (table && batch > TABLE_ITEMS) {
    const whole = { ...args, b: { address, dtype }, strideA, strideB, strideC };
    for (let from = 0; from < batch; from += TABLE_ITEMS)
      matMulCpu(cpu, part(whole, from, Math.min(TABLE_ITEMS, batch - from)));
    return;
  }
  let flags = transposeA ? TRANSPOSE_A : 0;
  if (transposeB) flags |= TRANSPOSE_B;
  if (args.accumulate) flags |= ACCUMULATE;
  if (table) flags |= TABLE;
  const { rows, columns, items, chunks } = matMulGrid({ m, n, k, batch, transposeB });
  const places: number[] = [];
  if (table)
    for (let i = 0; i < batch; i++)
      places.push(offsetsA?.[i] ?? i * strideA, offsetsB?.[i] ?? i * strideB);
  // one literal: a spread here costs as much as a small product
  cpu.run('gemm', chunks, {
    a,
    b: address,
    type: STORED_DTYPES[dtype].code,
    c,
    m,
    n,
    k,
    lda,
    ldb,
    ldc,
    flags,
    rowsPerChunk: rows,
    columnsPerChunk: columns,
    itemsPerChunk: items,
    batch,
    strideA,
    strideB,
    strideC,
    table: places,
  });
}

/** Floats between two items of a batch. */
interface Strides {
  strideA: number;
  strideB: number;
  strideC: number;
}

function part(
  args: Omit<MatMulArgs, 'b' | keyof Strides> & Strides & { b: Matrix },
  from: number,
  batch: number,
): MatMulArgs {
  const { strideA, strideB, strideC } = args;
  const slice = (offsets: ArrayLike<number> | undefined): number[] | undefined =>
    offsets && Array.from({ length: batch }, (_, i) => offsets[from + i]!);
  return {
    ...args,
    batch,
    a: args.a + (args.offsetsA ? 0 : 4 * from * strideA),
    b: { ...args.b, address: args.b.address + (args.offsetsB ? 0 : 4 * from * strideB) },
    c: args.c + 4 * from * strideC,
    offsetsA: slice(args.offsetsA),
    offsetsB: slice(args.offsetsB),
  };
}
