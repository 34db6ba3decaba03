import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';

/** How floats are stored: exact, or rounded to half the size (8 significant bits). */
export type WeightDtype = 'float32' | 'bfloat16';

/** Spellings of other libraries. */
const ALIASES: Record<string, WeightDtype> = {
  f32: 'float32',
  fp32: 'float32',
  float: 'float32',
  float32: 'float32',
  bf16: 'bfloat16',
  bfloat16: 'bfloat16',
};

/** @throws {Qwen3Error} `option` for anything but the two names, also for a missing one. */
export function checkWeightDtype(
  functionName: string,
  dtype: unknown,
): asserts dtype is WeightDtype {
  if (dtype === 'float32' || dtype === 'bfloat16') return;
  const known = typeof dtype === 'string' ? dtype.toLowerCase().replace(/^torch\./, '') : '';
  const meant = Object.hasOwn(ALIASES, known) ? ALIASES[known] : undefined;
  throw new Qwen3Error(
    'option',
    `${functionName}: dtype must be 'float32' or 'bfloat16', got ${showValue(dtype)}.${meant ? ` Did you mean '${meant}'?` : ''}`,
  );
}
