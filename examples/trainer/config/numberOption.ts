import { InvalidArgumentError } from 'commander';

/** The number that an option of the command line was given. */
export function numberOption(text: string): number {
  if (text.trim() === '' || Number.isNaN(Number(text)))
    throw new InvalidArgumentError('Give a number.');
  return Number(text);
}
