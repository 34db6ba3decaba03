import { GrpoError } from './errors.ts';

/** Throws `option` when the count of the whole step is 0 although something is trained `here`. */
export function assertTotal(
  where: string,
  name: string,
  total: number | undefined,
  here: number,
): void {
  if (total !== 0 || here === 0) return;
  throw new GrpoError(
    'option',
    `${where}: ${name} is 0, but this call has ${here}. Count the whole step: stepTotals.`,
  );
}
