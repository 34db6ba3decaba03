import { TensorGpuError } from '../../../base/errors.ts';
import type { TileSize } from '../engine/tiles.ts';
import type { WebGpuBackend } from '../engine/webGpuBackend.ts';
import { gemm, rowMajor } from './gemm.ts';

const DEPTH = 37;
/** Rows and columns of a product of few rows: each has a program or a path of its own. */
const FEW: readonly (readonly [rows: number, columns: number])[] = [
  [1, 67],
  [5, 67],
];

/**
 * Compares products of whole numbers with those of this file, to the last bit: the references of the fused ops multiply with
 * the same programs, so they cannot tell.
 *
 * @throws {TensorGpuError} `backend` where a product is wrong.
 */
export async function checkGemm(backend: WebGpuBackend): Promise<void> {
  const fault = (await faultOfFew(backend)) ?? (await faultOfTile(backend, 64));
  if (fault === undefined) return;
  throw new TensorGpuError(
    'backend',
    `openDevice: this GPU multiplies wrongly: ${fault}. Update its driver, or use openDevice('cpu').`,
  );
}

async function faultOfFew(backend: WebGpuBackend): Promise<string | undefined> {
  for (const shape of FEW) {
    const fault = await faultOf(backend, shape);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** What is wrong with products of a tile and a bit in each direction; undefined: nothing. */
export function faultOfTile(backend: WebGpuBackend, tile: TileSize): Promise<string | undefined> {
  return faultOf(backend, [tile + 6, tile + 3], tile);
}

async function faultOf(
  backend: WebGpuBackend,
  shape: readonly [rows: number, columns: number],
  tile?: TileSize,
): Promise<string | undefined> {
  const [rows, columns] = shape;
  const expected = expectedOf(shape);
  for (const transposed of [false, true]) {
    const got = await productOf(backend, { shape, transposed, tile });
    const wrong = expected.findIndex((value, k) => value !== got[k]);
    if (wrong >= 0)
      return `element ${wrong} of [${rows},${DEPTH}] x [${DEPTH},${columns}] is ${got[wrong]} instead of ${expected[wrong]}`;
  }
  return undefined;
}

/** Whole numbers from -6 to 6: their products and sums are exact in f32. */
const left = (row: number, k: number): number => ((7 * row + 5 * k) % 13) - 6;
const right = (k: number, column: number): number => ((3 * k + 11 * column) % 13) - 6;

function expectedOf(shape: readonly [number, number]): Float32Array {
  return table(shape, (row, column) => {
    let sum = 0;
    for (let k = 0; k < DEPTH; k++) sum += left(row, k) * right(k, column);
    return 1.5 * sum; // the second call adds half as much
  });
}

async function productOf(
  backend: WebGpuBackend,
  {
    shape: [rows, columns],
    transposed,
    tile,
  }: {
    shape: readonly [rows: number, columns: number];
    transposed: boolean;
    tile: TileSize | undefined;
  },
): Promise<Float32Array> {
  const [a, b] = transposed
    ? [
        table([DEPTH, rows], (k, row) => left(row, k)),
        table([columns, DEPTH], (column, k) => right(k, column)),
      ]
    : [table([rows, DEPTH], left), table([DEPTH, columns], right)];
  const [x, y] = [a, b].map((values) => backend.makeTensorInfo([values.length], 'float32', values));
  const product = backend.output([rows, columns]);
  for (const scale of [1, 0.5])
    gemm(backend, {
      ...{ m: rows, n: columns, k: DEPTH, scale, accumulate: scale !== 1, tile },
      a: rowMajor(x!, transposed ? rows : DEPTH, { transposed }),
      b: rowMajor(y!, transposed ? DEPTH : columns, { transposed }),
      c: rowMajor(product, columns),
    });
  const reading = backend.read(product.dataId);
  for (const { dataId } of [x!, y!, product]) backend.disposeData(dataId);
  return (await reading) as Float32Array; // a product is float32
}

function table(
  [rows, columns]: readonly [number, number],
  of: (row: number, column: number) => number,
): Float32Array {
  return Float32Array.from({ length: rows * columns }, (_, k) =>
    of(Math.floor(k / columns), k % columns),
  );
}
