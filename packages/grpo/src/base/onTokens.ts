import { assertLength } from './assertTokens.ts';
import { GrpoError } from './errors.ts';

/** `[B]` or `[B*T]` as `[B*T]`. */
export function onTokens(
  layout: { name: string; rows: number; sequenceLength: number },
  key: string,
  values: ArrayLike<number>,
): Float64Array {
  const { name, rows, sequenceLength } = layout;
  assertLength(name, key, values);
  const size = rows * sequenceLength;
  if (values.length !== rows && values.length !== size) {
    throw new GrpoError(
      'shape',
      `${name}: ${key} must have ${rows} or ${size} values, got ${values.length}.`,
    );
  }
  const span = size / values.length; // tokens that share a value
  const out = new Float64Array(size);
  for (let k = 0; k < values.length; k++) {
    const value = typeof values[k] === 'number' ? values[k]! : Number.NaN; // null would become 0
    out.fill(value, k * span, (k + 1) * span);
  }
  return out;
}
