import { sampleOf } from './checkTest.ts';

/** Deeper values cannot be a result: the interpreters' own limit. */
const MAX_DEPTH = 500;

/**
 * What keeps a value from travelling into an interpreter and back, `args[0].x is undefined`; `null` when nothing does.
 * The wire is JSON with BigInts and nothing else: a Date or a field without a value, which `data/jsonFault.ts` lets
 * `JSON.stringify` write in its way, would come back as something else and fail a right program.
 */
export function wireFault(
  value: unknown,
  name: string,
  around: readonly unknown[] = [],
): string | null {
  if (value === null || ['string', 'boolean', 'bigint'].includes(typeof value)) return null;
  if (typeof value === 'number') return Number.isFinite(value) ? null : `has ${name} = ${value}`;
  if (typeof value !== 'object') return `has ${name} = ${sampleOf(value)}`;
  if (around.includes(value)) return `has ${name} inside itself`;
  if (around.length > MAX_DEPTH) return `has values deeper than ${MAX_DEPTH}`;
  const path = [...around, value];
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      // also holes
      const fault = wireFault(value[i], `${name}[${i}]`, path);
      if (fault !== null) return fault;
    }
    return null;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return `has ${name} = a ${value.constructor?.name ?? 'object with a prototype'}`;
  }
  for (const [key, item] of Object.entries(value)) {
    const fault = wireFault(item, `${name}.${key}`, path);
    if (fault !== null) return fault;
  }
  return null;
}
