import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { StoredDtype } from '../../../weights/storedDtype.ts';
import { defineProgram, type Program, programFamily, type WordType } from '../engine/program.ts';
import { storedRead, storedWord } from '../engine/storedReads.ts';
import { lanesOf, perLane, type TileSize, tileOf, USUAL_TILES } from '../engine/tiles.ts';
import type { WebGpuBackend } from '../engine/webGpuBackend.ts';
import { SHARES, sumShares } from './sumShares.ts';
import { WINDOW_UNIT } from './windows.ts';

/** The depth of a workgroup's tiles in workgroup memory. */
const DEPTH = 16;
/** Rows and columns of the kernel for few rows. */
const FEW_ROWS = 8;
const FEW_COLUMNS = 8;

/** A matrix in a tensor: where it begins, and elements from row to row and from column to column. */
export interface GpuMatrix {
  readonly tensor: TensorInfo;
  readonly start?: number | undefined;
  readonly rowStep: number;
  readonly columnStep: number;
  /** Elements to the matrix of the next item of a batch. Default 0: all share it. */
  readonly batchStep?: number | undefined;
}

/** `c = scale a b` or `c += scale a b`; `c` has its columns side by side. */
export interface GemmArgs {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch?: number | undefined;
  readonly a: GpuMatrix;
  readonly b: GpuMatrix;
  readonly c: GpuMatrix;
  readonly accumulate?: boolean | undefined;
  /** Factor of the product. Default 1. */
  readonly scale?: number | undefined;
  /** A row's sums have the same order for any number of rows: what sampling needs. */
  readonly sameForAnyRows?: boolean | undefined;
  /** Rows and columns of a workgroup. Default: those that the device has for products of this size. */
  readonly tile?: TileSize | undefined;
}

const PARAMS: Record<string, WordType> = {
  ...{ m: 'u32', n: 'u32', k: 'u32', accumulate: 'u32', scale: 'f32' },
  ...{ aStart: 'u32', aRow: 'u32', aColumn: 'u32', aBatch: 'u32' },
  ...{ bStart: 'u32', bRow: 'u32', bColumn: 'u32', bBatch: 'u32' },
  ...{ cStart: 'u32', cRow: 'u32', cBatch: 'u32' },
};

/** WGSL: the workgroup memory of `tiledProduct`, and how it reads b. */
export const tileMemory = (tile: TileSize, ofB: StoredDtype = 'f32'): string => `
${storedRead('b', ofB)}
const TILE = ${tile}u;
const DEPTH = ${DEPTH}u;
var<workgroup> tileA: array<f32, ${tile * DEPTH}>;
var<workgroup> tileB: array<f32, ${tile * DEPTH}>;`;

/** WGSL: puts a tile of a matrix into workgroup memory, column of depth by column; neighbouring lanes read what lies side by side. */
const loadTile = (
  tile: string,
  {
    read,
    item,
    first,
    end,
  }: { read: (at: string) => string; item: string; first: string; end: string },
  [step, depthStep]: readonly [step: string, depthStep: string],
): string => `
    if (${depthStep} == 1u) {
      let k = lane % DEPTH;
      var at = ${item} + (${first} + lane / DEPTH) * ${step} + k0 + k;
      let isDeep = k0 + k < kEnd;
      for (var i = lane / DEPTH; i < TILE; i += LANES / DEPTH) {
        var value = 0.0;
        if (isDeep && ${first} + i < ${end}) { value = ${read('at')}; }
        ${tile}[k * TILE + i] = value;
        at += LANES / DEPTH * ${step};
      }
    } else {
      let i = lane % TILE;
      let isInside = ${first} + i < ${end};
      var at = ${item} + (${first} + i) * ${step} + (k0 + lane / TILE) * ${depthStep};
      for (var k = lane / TILE; k < DEPTH; k += LANES / TILE) {
        var value = 0.0;
        if (isInside && k0 + k < kEnd) { value = ${read('at')}; }
        ${tile}[k * TILE + i] = value;
        at += LANES / TILE * ${depthStep};
      }
    }`;

const upTo = (count: number): number[] => Array.from({ length: count }, (_, k) => k);

/**
 * WGSL: a tile of a product, 8 x 8 or 4 x 4 results a lane, for any program with the params of `gemm` and the lanes of that tile. It
 * has `row0` and `rowEnd`, `column0`, the depth from `kBegin` to `kEnd`, and where the matrices begin: `aItem`, `bItem`, `cItem`. A
 * result is added up in the order of the depth, whatever the tile.
 */
export function tiledProduct(tile: TileSize): string {
  const own = perLane(tile);
  const fours = upTo(own / 4);
  const right = (j: number) =>
    `vec4f(${[0, 1, 2, 3].map((i) => `tileB[p + ${4 * j + i}u]`).join(', ')})`;
  const row = (i: number) =>
    `let a${i} = tileA[q + ${i}u]; ${fours.map((j) => `sums[${i}][${j}] += a${i} * right${j};`).join(' ')}`;
  return `
  let top = lane / ${tile / own}u * ${own}u;
  let left = lane % ${tile / own}u * ${own}u;
  var sums: array<array<vec4f, ${own / 4}>, ${own}>;
  for (var k0 = kBegin; k0 < kEnd; k0 += DEPTH) {
    ${loadTile('tileA', { read: (at) => `a[${at}]`, item: 'aItem', first: 'row0', end: 'rowEnd' }, ['params.aRow', 'params.aColumn'])}
    ${loadTile('tileB', { read: (at) => `bAt(${at})`, item: 'bItem', first: 'column0', end: 'params.n' }, ['params.bColumn', 'params.bRow'])}
    workgroupBarrier();
    for (var k = 0u; k < DEPTH; k++) {
      let p = k * TILE + left;
      let q = k * TILE + top;
      ${fours.map((j) => `let right${j} = ${right(j)};`).join('\n      ')}
      ${upTo(own).map(row).join('\n      ')}
    }
    workgroupBarrier();
  }
  for (var i = 0u; i < ${own}u; i++) {
    let row = row0 + top + i;
    for (var j = 0u; j < ${own}u; j++) {
      let column = column0 + left + j;
      if (row < rowEnd && column < params.n) {
        let at = cItem + row * params.cRow + column;
        c[at] = select(0, c[at], params.accumulate != 0u) + params.scale * sums[i][j / 4u][j % 4u];
      }
    }
  }`;
}

/** Tiles of A and B in workgroup memory; of B as it is stored. */
const tiledOf = programFamily((key: `${TileSize} ${StoredDtype}`) => {
  const [size, ofB] = key.split(' ') as [string, StoredDtype]; // as the key is written
  const tile = Number(size) as TileSize;
  return defineProgram({
    name: ['gemm', tile === 64 ? '' : tile, ofB === 'f32' ? '' : ofB].filter(Boolean).join(' '),
    reads: { a: 'f32', b: storedWord(ofB) },
    stored: { b: ofB },
    writes: { c: 'f32' },
    params: PARAMS,
    lanes: lanesOf(tile),
    declarations: tileMemory(tile, ofB),
    body: `
  let across = (params.n + TILE - 1u) / TILE;
  let perItem = across * ((params.m + TILE - 1u) / TILE);
  let item = block / perItem;
  let row0 = block % perItem / across * TILE;
  let column0 = block % perItem % across * TILE;
  let rowEnd = params.m;
  let kBegin = 0u;
  let kEnd = params.k;
  let aItem = params.aStart + item * params.aBatch;
  let bItem = params.bStart + item * params.bBatch;
  let cItem = params.cStart + item * params.cBatch;${tiledProduct(tile)}`,
  });
});

const tiled = (tile: TileSize, ofB: StoredDtype): Program => tiledOf(`${tile} ${ofB}`);

/** For up to eight rows: eight lanes share the dot products of a column with all rows. */
const fewRowsOf = programFamily((key: `${1 | typeof FEW_ROWS} ${StoredDtype}`) => {
  const [given, ofB] = key.split(' ') as [string, StoredDtype]; // as the key is written
  const rows = given === '1' ? 1 : FEW_ROWS;
  return defineProgram({
    name: ofB === 'f32' ? `gemm of ${rows} rows` : `gemm of ${rows} rows, ${ofB}`,
    reads: { a: 'f32', b: storedWord(ofB) },
    stored: { b: ofB },
    writes: { c: 'f32' },
    params: PARAMS,
    lanes: 64,
    declarations: `
${storedRead('b', ofB)}
const ROWS = ${rows}u;
const COLUMNS = ${FEW_COLUMNS}u;
const SHARES = ${SHARES}u;`,
    reductions: sumShares(rows),
    body: `
  let across = (params.n + COLUMNS - 1u) / COLUMNS;
  let perItem = across * ((params.m + ROWS - 1u) / ROWS);
  let item = block / perItem;
  let row0 = block % perItem / across * ROWS;
  let column = block % perItem % across * COLUMNS + lane / SHARES;
  let aItem = params.aStart + item * params.aBatch + row0 * params.aRow;
  let bItem = params.bStart + item * params.bBatch + column * params.bColumn;
  let rows = min(ROWS, params.m - row0);
  var sums: array<f32, ROWS>;
  if (column < params.n) {
    for (var k = lane % SHARES; k < params.k; k += SHARES) {
      let right = bAt(bItem + k * params.bRow);
      for (var i = 0u; i < ROWS; i++) {
        if (i < rows) { sums[i] += a[aItem + i * params.aRow + k * params.aColumn] * right; }
      }
    }
  }
  let sum = sumShares(&sums, lane);
  let i = lane % SHARES;
  if (i < rows && column < params.n) {
    let at = params.cStart + item * params.cBatch + (row0 + i) * params.cRow + column;
    c[at] = select(0, c[at], params.accumulate != 0u) + params.scale * sum;
  }`,
  });
});

const fewRows = (rows: 1 | typeof FEW_ROWS, ofB: StoredDtype): Program =>
  fewRowsOf(`${rows} ${ofB}`);

/** The programs that products of any size run with usual tiles; those with a frozen weight are compiled at its first use. */
export const gemmPrograms: readonly Program[] = [
  tiled(USUAL_TILES.small, 'f32'),
  ...([1, FEW_ROWS] as const).map((rows) => fewRows(rows, 'f32')),
];

/** What products of float32 run with that tile. */
export const tilePrograms = (sizes: readonly TileSize[]): Program[] =>
  [...new Set(sizes)].map((tile) => tiled(tile, 'f32'));

/** A product of matrices. Nothing is done for an empty result; an empty sum is 0. What the device cannot bind at once is split. */
export function gemm(backend: WebGpuBackend, args: GemmArgs): void {
  const most = backend.mostElements - WINDOW_UNIT;
  // a frozen weight is there as it is stored if it can be bound as a whole
  const halves = halved(
    args,
    most,
    backend.storedAs(args.b.tensor) === 'f32' ? most : Number.POSITIVE_INFINITY,
  );
  if (halves === undefined) product(backend, args);
  else for (const half of halves) gemm(backend, half);
}

/** Two products instead of one with a matrix of more than `most` elements. */
function halved(args: GemmArgs, most: number, mostOfB: number): [GemmArgs, GemmArgs] | undefined {
  const { m, n, k, batch = 1, a, b, c } = args;
  const extent = (matrix: GpuMatrix, rows: number, columns: number) =>
    extentOf(matrix, [batch, rows, columns]);
  const [largeA, largeC] = [extent(a, m, k) > most, extent(c, m, n) > most];
  const largeB = extent(b, k, n) > mostOfB;
  if (!largeA && !largeB && !largeC) return undefined;
  if (batch > 1) return cutBatch(args);
  if (largeB && n > 1 && b.columnStep >= b.rowStep) return cutColumns(args);
  if (m > 1 && (largeC || (largeA && a.rowStep >= a.columnStep))) return cutRows(args);
  return k > 1 ? cutDepth(args) : undefined;
}

/** Elements from the first to the last that a product touches. */
function extentOf(
  { rowStep, columnStep, batchStep = 0 }: GpuMatrix,
  [batch, rows, columns]: readonly [number, number, number],
): number {
  return (batch - 1) * batchStep + (rows - 1) * rowStep + (columns - 1) * columnStep + 1;
}

const moved = (matrix: GpuMatrix, by: number): GpuMatrix => ({
  ...matrix,
  start: (matrix.start ?? 0) + by,
});

function cutBatch({ batch = 1, a, b, c, ...rest }: GemmArgs): [GemmArgs, GemmArgs] {
  const half = batch >> 1;
  const [from, into, to] = [a, b, c].map((x) => moved(x, half * (x.batchStep ?? 0)));
  return [
    { ...rest, batch: half, a, b, c },
    { ...rest, batch: batch - half, a: from!, b: into!, c: to! },
  ];
}

function cutRows({ m, a, c, ...rest }: GemmArgs): [GemmArgs, GemmArgs] {
  const half = m >> 1;
  return [
    { ...rest, m: half, a, c },
    { ...rest, m: m - half, a: moved(a, half * a.rowStep), c: moved(c, half * c.rowStep) },
  ];
}

function cutColumns({ n, b, c, ...rest }: GemmArgs): [GemmArgs, GemmArgs] {
  const half = n >> 1;
  return [
    { ...rest, n: half, b, c },
    { ...rest, n: n - half, b: moved(b, half * b.columnStep), c: moved(c, half) },
  ];
}

function cutDepth({ k, a, b, ...rest }: GemmArgs): [GemmArgs, GemmArgs] {
  const half = k >> 1;
  const [from, into] = [moved(a, half * a.columnStep), moved(b, half * b.rowStep)];
  return [
    { ...rest, k: half, a, b },
    { ...rest, k: k - half, a: from, b: into, accumulate: true },
  ];
}

function product(backend: WebGpuBackend, args: GemmArgs): void {
  const { m, n, k, batch = 1, accumulate = false, scale = 1 } = args;
  const bound = boundMatrices(backend, args);
  const { a, b, c } = bound.matrices;
  const { sameForAnyRows = false } = args;
  const isFew = sameForAnyRows || m <= FEW_ROWS;
  const fewer = m === 1 ? 1 : FEW_ROWS;
  const tile = args.tile ?? tileOf(backend.tiles, batch * m * n);
  const [rows, columns] = isFew ? [fewer, FEW_COLUMNS] : [tile, tile];
  const ofB = backend.storedAs(args.b.tensor);
  backend.run(isFew ? fewRows(fewer, ofB) : tiled(tile, ofB), {
    tensors: { a: a.tensor, b: b.tensor, c: c.tensor },
    windows: bound.windows,
    params: {
      ...{ m, n, k, accumulate: accumulate ? 1 : 0, scale },
      ...{ aStart: a.start ?? 0, aRow: a.rowStep, aColumn: a.columnStep, aBatch: a.batchStep ?? 0 },
      ...{ bStart: b.start ?? 0, bRow: b.rowStep, bColumn: b.columnStep, bBatch: b.batchStep ?? 0 },
      ...{ cStart: c.start ?? 0, cRow: c.rowStep, cBatch: c.batchStep ?? 0 },
    },
    blocks: batch * Math.ceil(m / rows) * Math.ceil(n / columns),
    flops: 2 * batch * m * n * k,
  });
}

/** The matrices, those in a tensor that is too large counted from the beginning of a window. */
function boundMatrices(backend: WebGpuBackend, { a, b, c, ...sizes }: GemmArgs) {
  const { m, n, k, batch = 1 } = sizes;
  const windows: Record<string, { start: number; size: number }> = {};
  const bind = (name: string, matrix: GpuMatrix, [rows, columns]: readonly [number, number]) => {
    const isWhole = util.sizeFromShape(matrix.tensor.shape) <= backend.mostElements;
    if (isWhole || backend.storedAs(matrix.tensor) !== 'f32') return matrix;
    const begin = matrix.start ?? 0;
    const start = begin - (begin % WINDOW_UNIT);
    const size = begin - start + extentOf(matrix, [batch, rows, columns]);
    windows[name] = { start, size: Math.max(1, size) };
    return moved(matrix, -start);
  };
  const matrices = { a: bind('a', a, [m, k]), b: bind('b', b, [k, n]), c: bind('c', c, [m, n]) };
  return { matrices, windows };
}

/** A matrix whose rows lie one after the other, or its transpose. */
export function rowMajor(
  tensor: TensorInfo,
  width: number,
  { transposed = false, start = 0 }: { transposed?: boolean; start?: number } = {},
): GpuMatrix {
  return transposed
    ? { tensor, start, rowStep: 1, columnStep: width }
    : { tensor, start, rowStep: width, columnStep: 1 };
}
