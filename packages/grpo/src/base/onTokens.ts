import { assertLength } from './assertTokens.ts';
import { GrpoError } from './errors.ts';
import { numbersOf } from './readColumn.ts';
import type { TokenRows } from './tokenRows.ts';

/** `[B]` or one value per token, as one value per token. */
export function onTokens(
  where: string,
  { name, values }: { name: string; values: ArrayLike<number> },
  { rows, starts, mask }: TokenRows,
): Float64Array {
  assertLength(where, { [name]: values });
  const size = mask.length;
  if (values.length !== rows && values.length !== size) {
    throw new GrpoError(
      'shape',
      `${where}: ${name} must have ${rows} or ${size} values, got ${values.length}.`,
    );
  }
  const numbers = numbersOf(values); // null would become 0
  if (values.length !== rows) return Float64Array.from(numbers);
  const out = new Float64Array(size);
  for (let row = 0; row < rows; row++) out.fill(numbers[row]!, starts[row]!, starts[row + 1]!);
  return out;
}
