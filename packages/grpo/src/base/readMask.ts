import { assertLength, type Field, fieldOf, placeOf, type RowLayout } from './assertTokens.ts';
import { GrpoError } from './errors.ts';
import { shown } from './shown.ts';

/** 1 or true = counts, 0 or false = does not. Nothing else is a mask. */
export type Mask = ArrayLike<number> | ArrayLike<boolean>;

export interface ReadMaskOptions {
  /** How many values it must have. */
  length: number;
  /** For the place in an error. */
  layout?: RowLayout | undefined;
  /** An outer mask: places outside it are 0 and never read. */
  within?: Uint8Array | undefined;
}

/**
 * A mask as zeros and ones. Every mask a caller hands over is read here, once; what follows compares with 0. One of zeros and
 * ones in bytes is taken as it is: write into a copy.
 *
 * @throws {GrpoError} `shape` unless it has `length` values; `option` at the first that is not 0, 1, false or true.
 */
export function readMask(
  where: string,
  field: Field<Mask>,
  { length, layout, within }: ReadMaskOptions,
): Uint8Array {
  assertLength(where, field, length);
  const [name, mask] = fieldOf(field);
  if (mask instanceof Uint8Array && within === undefined && isBinary(mask)) return mask;
  const read = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    if (within !== undefined && within[i] === 0) continue;
    const keep = mask[i];
    if (keep === 1 || keep === true) read[i] = 1;
    else if (keep !== 0 && keep !== false) {
      const place = placeOf(i, layout);
      throw new GrpoError(
        'option',
        `${where}: ${name} must be 0, 1, false or true, got ${shown(keep)} at ${place}.`,
      );
    }
  }
  return read;
}

function isBinary(mask: Uint8Array): boolean {
  let bits = 0;
  for (let i = 0; i < mask.length; i++) bits |= mask[i]!;
  return bits <= 1;
}

/** How many places count. */
export function countOf(mask: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < mask.length; i++) sum += mask[i]!;
  return sum;
}
