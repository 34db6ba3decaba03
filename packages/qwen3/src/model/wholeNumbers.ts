import { Qwen3Error } from '../errors.ts';
import { showValue } from '../showValue.ts';

/**
 * Numbers as an Int32Array, which would otherwise cut 1.5 to 1 and turn NaN into 0 without a word.
 *
 * @throws {Qwen3Error} `option` with the place of the first that does not fit.
 */
export function wholeNumbers(
  functionName: string,
  name: string,
  values: ArrayLike<number>,
): Int32Array {
  if (values instanceof Int32Array) return values;
  const whole = Int32Array.from(values);
  for (let i = 0; i < whole.length; i++) {
    if (whole[i] === values[i]) continue;
    throw new Qwen3Error(
      'option',
      `${functionName}: ${name}[${i}] must be a whole number below 2^31, got ${showValue(values[i])}.`,
    );
  }
  return whole;
}
