import { MolLossError } from './errors.ts';

/** Where a number may lie: `min` and `max` included, `above` not. */
export interface NumberRange {
  integer?: boolean;
  min?: number;
  above?: number;
  max?: number;
}

/** Throws `option` unless `value` is a finite number in the range; a number in quotes is none. `what`: `'molLoss: alpha'`. */
export function assertNumber(
  what: string,
  value: unknown,
  range: NumberRange = {},
): asserts value is number {
  const { integer = false, min = -Infinity, above = -Infinity, max = Infinity } = range;
  const fits =
    typeof value === 'number' &&
    (integer ? Number.isInteger(value) : Number.isFinite(value)) &&
    value >= min &&
    value > above &&
    value <= max;
  if (fits) return;
  const bounds = [
    'min' in range ? `>= ${min}` : '',
    'above' in range ? `> ${above}` : '',
    'max' in range ? `<= ${max}` : '',
  ].filter(Boolean);
  const kind = integer ? 'an integer' : 'a number';
  throw new MolLossError(
    'option',
    `${what} must be ${[kind, bounds.join(' and ')].join(' ').trim()}, got ${show(value)}.`,
  );
}

/** Every integer of 32 bits is another seed; beyond them, and between them, two seeds would be one. */
export const SEED: NumberRange = { integer: true, min: 0, max: 2 ** 32 - 1 };

/** A value as an error message shows it: strings in quotes, and never a whole array. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  return Array.isArray(value) || ArrayBuffer.isView(value) ? 'an array' : 'an object';
}
