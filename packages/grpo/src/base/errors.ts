/**
 * Why a call was refused.
 * `shape`: lengths that do not fit; `option`: a value outside its range; `unknown-name`: a name we do not have;
 * `not-finite`: NaN or infinity where a number must be; `double-correction`: one mismatch would be corrected twice;
 * `missing`: an input that the chosen options need.
 */
export type GrpoErrorCode =
  | 'shape'
  | 'option'
  | 'unknown-name'
  | 'not-finite'
  | 'double-correction'
  | 'missing';

/** Every error this package throws. Branch on `code`; `message` says what came and what to do. */
export class GrpoError extends Error {
  readonly code: GrpoErrorCode;

  constructor(code: GrpoErrorCode, message: string) {
    super(message);
    this.name = 'GrpoError';
    this.code = code;
  }
}

/** Throws `option` for the first given value that a loss's formula has no place for; 0 and `undefined` are not given. */
export function refuse(where: string, given: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(given)) {
    if (value) throw new GrpoError('option', `${where}: has no ${key}: leave it out.`);
  }
}
