import { showValue } from '../base/showValue.ts';
import type { RopeScaling } from './ropeScaling.ts';

/** Fields of each type: those that must be there, then those that may. */
export const ROPE_SCALING_FIELDS: Record<
  RopeScaling['ropeType'],
  { needed: readonly string[]; optional: readonly string[] }
> = {
  linear: { needed: ['factor'], optional: [] },
  llama3: {
    needed: ['factor', 'lowFreqFactor', 'highFreqFactor', 'originalMaxPositionEmbeddings'],
    optional: [],
  },
  yarn: {
    needed: ['factor', 'originalMaxPositionEmbeddings'],
    optional: ['attentionFactor', 'betaFast', 'betaSlow', 'mscale', 'mscaleAllDim', 'truncate'],
  },
};

/** @throws what `fail` throws, unless the scaling has the fields of its type, all of them numbers above 0. */
export function checkRopeScaling(
  scaling: unknown,
  {
    name,
    fail,
    fieldName = (field) => field,
  }: {
    name: string;
    fail: (what: string) => never;
    /** What errors call a field. */
    fieldName?: (field: string) => string;
  },
): asserts scaling is RopeScaling {
  const types = Object.keys(ROPE_SCALING_FIELDS);
  const given = (scaling ?? {}) as Record<string, unknown>; // any value may be asked
  const { ropeType } = given;
  if (typeof ropeType !== 'string' || !Object.hasOwn(ROPE_SCALING_FIELDS, ropeType)) {
    fail(`${name} must have a ropeType of ${types.join(', ')}, got ${showValue(scaling)}.`);
  }
  const { needed, optional } = ROPE_SCALING_FIELDS[ropeType as RopeScaling['ropeType']];
  const known = ['ropeType', ...needed, ...optional];
  const odd = Object.keys(given).find((field) => !known.includes(field));
  if (odd !== undefined) {
    fail(`${name} has ${showValue(odd)}, '${ropeType}' knows ${known.join(', ')}.`);
  }
  for (const field of [...needed, ...optional]) {
    const value = given[field];
    if (value === undefined && optional.includes(field)) continue;
    const isFine =
      field === 'truncate'
        ? typeof value === 'boolean'
        : Number.isFinite(value) && (value as number) > 0;
    if (isFine) continue;
    fail(
      `${name}.${fieldName(field)} must be ${field === 'truncate' ? 'true or false' : 'a number above 0'}, got ${showValue(value)}.`,
    );
  }
  const { lowFreqFactor: low, highFreqFactor: high } = given as Record<string, number>;
  if (ropeType === 'llama3' && !(high! > low!)) {
    fail(
      `${name}: ${fieldName('highFreqFactor')} (${high}) must be above ${fieldName('lowFreqFactor')} (${low}).`,
    );
  }
}
