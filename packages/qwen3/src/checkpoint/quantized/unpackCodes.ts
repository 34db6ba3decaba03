/** How codes lie in 32-bit words. */
interface Packing {
  /** Of the codes. */
  shape: readonly [rows: number, columns: number];
  /** A divisor of 32: no code stands in two words. */
  bits: number;
  /** Whether the codes of a word are neighbours in a row or in a column. */
  along: 'row' | 'column';
}

/** Whole numbers from words, lowest bits first, with half of their range taken off. */
export function unpackCodes(
  bytes: Uint8Array<ArrayBuffer>,
  { shape: [rows, columns], bits, along }: Packing,
): Float32Array {
  const words = new Uint32Array(bytes.buffer);
  const [perWord, mask, half] = [32 / bits, 2 ** bits - 1, 2 ** (bits - 1)];
  const [log, low, isRow] = [Math.log2(perWord), perWord - 1, along === 'row'];
  const across = isRow ? Math.ceil(columns / perWord) : columns;
  const codes = new Float32Array(rows * columns);
  for (let row = 0, i = 0; row < rows; row++) {
    const first = (isRow ? row : row >> log) * across;
    for (let column = 0; column < columns; column++, i++) {
      const word = words[first + (isRow ? column >> log : column)]!;
      codes[i] = ((word >>> (((isRow ? column : row) & low) * bits)) & mask) - half;
    }
  }
  return codes;
}
