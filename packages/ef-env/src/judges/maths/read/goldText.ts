import { EfEnvError } from '../../../base/errors.ts';

/**
 * A reference answer as text: rows of data often hold whole numbers.
 *
 * @throws {EfEnvError} `task` for what is neither a text nor a finite number, as in a column that a row lacks, and for a
 * whole number beyond 2^53, which has lost its digits already.
 */
export function goldText(caller: string, gold: string | number): string {
  if (typeof gold === 'string') return gold;
  if (Number.isFinite(gold) && (!Number.isInteger(gold) || Number.isSafeInteger(gold))) {
    return String(gold);
  }
  if (Number.isFinite(gold)) {
    throw new EfEnvError(
      'task',
      `${caller}: the reference answer ${gold} is beyond 2^53, where numbers lose digits. Hand it over as text.`,
    );
  }
  throw new EfEnvError(
    'task',
    `${caller}: the reference answer must be a text or a finite number, got ${gold}. Is it another column of your rows?`,
  );
}
