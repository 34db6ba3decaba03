/** Rows of a projection that makes `heads` heads: floats, or the bytes that store them. */
export interface RotaryRows<Values extends Float32Array | Uint8Array> {
  values: Values;
  heads: number;
}

/**
 * Files of the architecture `llama` hold the rows of q and k in the order of its rotation, which turns neighbours; Hugging
 * Face's turns row i with row i + half of a head. This puts them in the latter order:
 *
 *     row (head, 2 i + p) -> row (head, p half + i)        p = 0, 1
 *
 * Left as they are, such a model still speaks fluently, with a loss that is one nat too high.
 */
export function fromLlamaRows<Values extends Float32Array | Uint8Array>(
  { values, heads }: RotaryRows<Values>,
  rows: number,
): Values {
  return moveRows(values, rows, (row) => {
    const size = rows / heads;
    const inHead = row % size;
    return row - inHead + (inHead % 2) * (size / 2) + Math.floor(inHead / 2);
  });
}

/** The other way round, for writing. */
export function toLlamaRows(
  { values, heads }: RotaryRows<Float32Array>,
  rows: number,
): Float32Array {
  return moveRows(values, rows, (row) => {
    const size = rows / heads;
    const inHead = row % size;
    return row - inHead + 2 * (inHead % (size / 2)) + Math.floor(inHead / (size / 2));
  });
}

function moveRows<Values extends Float32Array | Uint8Array>(
  values: Values,
  rows: number,
  target: (row: number) => number,
): Values {
  const width = values.length / rows;
  const moved = values.slice() as Values; // of the same kind
  for (let row = 0; row < rows; row++) {
    moved.set(values.subarray(row * width, (row + 1) * width), target(row) * width);
  }
  return moved;
}
