import { Qwen3Error } from '../base/errors.ts';

/** How weights are stored. */
export type StoredType = 'F32' | 'BF16' | 'F16' | 'Q8_0';

/** From here on a value rounds up to infinity: half a unit below the type's range. A block of Q8_0 has an F16 for 127 steps. */
const LIMITS: Readonly<Record<StoredType, number>> = {
  F32: Number.POSITIVE_INFINITY,
  BF16: 2 ** 128 - 2 ** 119,
  F16: 65_520,
  Q8_0: 65_520 * 127,
};

/** A tensor's values under its name. */
export interface NamedValues {
  name: string;
  values: Float32Array;
}

/** @throws {Qwen3Error} `option` at the first value that would not be a finite number in the file, which could not be loaded again. */
export function assertStorable(
  caller: string,
  { name, values }: NamedValues,
  type: StoredType,
): void {
  const limit = LIMITS[type];
  const bad = values.findIndex((value) => !(Math.abs(value) < limit));
  if (bad < 0) return;
  const fix = Number.isFinite(values[bad])
    ? 'Store it in a wider type'
    : 'The run diverged; go back to an earlier checkpoint';
  throw new Qwen3Error(
    'option',
    `${caller}: ${name} is ${values[bad]} at index ${bad}, which ${type} cannot hold as a number. ${fix}. Nothing was written.`,
  );
}
