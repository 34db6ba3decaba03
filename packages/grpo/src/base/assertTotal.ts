import { GrpoError } from './errors.ts';

/** Throws `option` when the count of the whole step is 0 although something is trained `here`. `what`: `'gmpoLoss: numSequences'`. */
export function assertTotal(what: string, total: number | undefined, here: number): void {
  if (total !== 0 || here === 0) return;
  throw new GrpoError(
    'option',
    `${what} is 0, but this call has ${here}. Count the whole step: stepTotals.`,
  );
}
