/** A tensor, or a weight that lies elsewhere: anything whose values are known by an object. */
interface Values {
  readonly dataId?: object | undefined;
  readonly shape: readonly number[];
}

const versions = new WeakMap<object, { id: number; writes: number }>();
let ids = 0;

function versionOf(values: Values): { id: number; writes: number } {
  const key = values.dataId ?? values;
  const known = versions.get(key);
  if (known !== undefined) return known;
  const fresh = { id: ids++, writes: 0 };
  versions.set(key, fresh);
  return fresh;
}

/**
 * A name for the present values of these weights: it changes with `assign`, with a step of the optimizer, and with a
 * tensor put in another's place. Equal names, equal values.
 *
 * @example
 * const w = variable(tensor1d([1, 2]));
 * const before = weightVersion([w]);
 * w.assign(tensor1d([3, 4]));
 * weightVersion([w]) === before; // false
 */
export function weightVersion(weights: Iterable<Values>): string {
  return Array.from(weights, (values) => {
    const { id, writes } = versionOf(values);
    return `${id}.${writes}`;
  }).join(' ');
}

/** Says that the values of these tensors were written in place. */
export function markWritten(tensors: Iterable<Values>): void {
  for (const tensor of tensors) versionOf(tensor).writes++;
}
