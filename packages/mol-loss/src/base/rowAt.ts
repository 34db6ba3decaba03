/** Entries of row `i` of `[N * width]`, without a copy where the list is a typed array. */
export function rowAt(values: ArrayLike<number>, i: number, width: number): ArrayLike<number> {
  if (Array.isArray(values)) return values.slice(i * width, (i + 1) * width);
  if (ArrayBuffer.isView(values)) {
    const typed = values as Float32Array; // any typed array has subarray
    return typed.subarray(i * width, (i + 1) * width);
  }
  return Array.from({ length: width }, (_, v) => values[i * width + v]!);
}
