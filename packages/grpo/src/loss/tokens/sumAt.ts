/** Sum of the values of some tokens. */
export function sumAt(values: ArrayLike<number>, tokens: Uint32Array): number {
  let sum = 0;
  for (let k = 0; k < tokens.length; k++) sum += values[tokens[k]!]!;
  return sum;
}
