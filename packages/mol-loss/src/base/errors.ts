/**
 * Why a call was refused.
 * `shape`: lengths that do not fit; `option`: a value outside its range; `unknown-name`: a name we do not have;
 * `not-finite`: NaN or infinity where a number must be; `missing`: an input that the roles or options need.
 */
export type MolLossErrorCode = 'shape' | 'option' | 'unknown-name' | 'not-finite' | 'missing';

/** Every error this package throws. Branch on `code`; `message` says what came and what to do. */
export class MolLossError extends Error {
  readonly code: MolLossErrorCode;

  constructor(code: MolLossErrorCode, message: string) {
    super(message);
    this.name = 'MolLossError';
    this.code = code;
  }
}
