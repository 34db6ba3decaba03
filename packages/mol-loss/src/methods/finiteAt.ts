import { show } from '../base/assertNumber.ts';
import { MolLossError } from '../base/errors.ts';

/** Entry i of a list, or the `not-finite` error that names it. */
export function finiteAt(
  { where, name }: { where: string; name: string },
  values: ArrayLike<number>,
  i: number,
): number {
  const value = values[i];
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new MolLossError(
    'not-finite',
    `${where}: ${name}[${i}] is ${show(value)}. Look for NaN in the forward pass, or mask the token.`,
  );
}
