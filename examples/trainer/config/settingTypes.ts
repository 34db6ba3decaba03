import { z } from 'zod';

/** Names of the same setting elsewhere, for the reference page. */
interface Elsewhere {
  trl?: string;
  verl?: string;
  primeRl?: string;
}

export const named = <T extends z.ZodType>(
  type: T,
  description: string,
  elsewhere: Elsewhere = {},
): T => type.meta({ description, ...elsewhere });

export function count(low: number, high: number): z.ZodNumber {
  const must = `must be an integer from ${low} to ${high}`;
  return z.number(must).int(must).min(low, must).max(high, must);
}

export function within(low: number, high: number): z.ZodNumber {
  const must = `must be a number from ${low} to ${high}`;
  return z.number(must).min(low, must).max(high, must);
}

export function positive(high: number): z.ZodNumber {
  const must = `must be a number above 0, at most ${high}`;
  return z.number(must).gt(0, must).max(high, must);
}

export const path = (what: string): z.ZodString =>
  z.string(`must be ${what}`).min(1, `must be ${what}`);
export const oneOf = <const T extends readonly [string, ...string[]]>(names: T) =>
  z.enum(names, `must be one of ${names.join(', ')}`);
