import { EfEnvError } from './errors.ts';
import { guessOf } from './nearestName.ts';

/** @throws {EfEnvError} `option` unless `value` is one of `choices`: types do not reach options read from a file. */
export function checkChoice(what: string, value: unknown, choices: readonly string[]): void {
  if (choices.includes(value as string)) return; // equal or not, whatever it is
  const known = choices.map((choice) => `'${choice}'`).join(', ');
  const guess = typeof value === 'string' ? guessOf(value, choices) : '';
  throw new EfEnvError(
    'option',
    `${what} must be one of ${known}, got ${JSON.stringify(value)}.${guess}`,
  );
}
