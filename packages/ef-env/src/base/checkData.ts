import { EfEnvError } from './errors.ts';

/** @throws {EfEnvError} `option` for what is no text, before a method of texts is called on it. */
export function checkText(caller: string, name: string, value: unknown): void {
  if (typeof value === 'string') return;
  throw new EfEnvError('option', `${caller}: ${name} must be a text, got ${kindOf(value)}.`);
}

/** @throws {EfEnvError} `option` for what is no list. */
export function checkList(caller: string, name: string, value: unknown): void {
  if (Array.isArray(value)) return;
  throw new EfEnvError('option', `${caller}: ${name} must be an array, got ${kindOf(value)}.`);
}

const kindOf = (value: unknown): string => (value === null ? 'null' : typeof value);
