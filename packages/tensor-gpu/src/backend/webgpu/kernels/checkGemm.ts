import { TensorGpuError } from '../../../base/errors.ts';
import type { WebGpuBackend } from '../engine/webGpuBackend.ts';
import { gemm, rowMajor } from './gemm.ts';

const DEPTH = 37;
const COLUMNS = 67;
/** One row, a few, and more than a tile: each has a program or a path of its own. */
const ROWS: readonly number[] = [1, 5, 70];

/**
 * Compares products of whole numbers with those of this file, to the last bit: the references of the fused ops multiply with
 * the same programs, so they cannot tell.
 *
 * @throws {TensorGpuError} `backend` where a product is wrong.
 */
export async function checkGemm(backend: WebGpuBackend): Promise<void> {
  for (const rows of ROWS)
    for (const transposed of [false, true]) {
      const expected = expectedOf(rows);
      const got = await productOf(backend, rows, transposed);
      const wrong = expected.findIndex((value, k) => value !== got[k]);
      if (wrong < 0) continue;
      throw new TensorGpuError(
        'backend',
        `openDevice: this GPU multiplies wrongly: element ${wrong} of [${rows},${DEPTH}] x [${DEPTH},${COLUMNS}] is ${got[wrong]} instead of ${expected[wrong]}. Update its driver, or use openDevice('cpu').`,
      );
    }
}

/** Whole numbers from -6 to 6: their products and sums are exact in f32. */
const left = (row: number, k: number): number => ((7 * row + 5 * k) % 13) - 6;
const right = (k: number, column: number): number => ((3 * k + 11 * column) % 13) - 6;

function expectedOf(rows: number): Float32Array {
  return table([rows, COLUMNS], (row, column) => {
    let sum = 0;
    for (let k = 0; k < DEPTH; k++) sum += left(row, k) * right(k, column);
    return 1.5 * sum; // the second call adds half as much
  });
}

async function productOf(
  backend: WebGpuBackend,
  rows: number,
  transposed: boolean,
): Promise<Float32Array> {
  const [a, b] = transposed
    ? [
        table([DEPTH, rows], (k, row) => left(row, k)),
        table([COLUMNS, DEPTH], (column, k) => right(k, column)),
      ]
    : [table([rows, DEPTH], left), table([DEPTH, COLUMNS], right)];
  const [x, y] = [a, b].map((values) => backend.makeTensorInfo([values.length], 'float32', values));
  const product = backend.output([rows, COLUMNS]);
  for (const scale of [1, 0.5])
    gemm(backend, {
      ...{ m: rows, n: COLUMNS, k: DEPTH, scale, accumulate: scale !== 1 },
      a: rowMajor(x!, transposed ? rows : DEPTH, { transposed }),
      b: rowMajor(y!, transposed ? DEPTH : COLUMNS, { transposed }),
      c: rowMajor(product, COLUMNS),
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
