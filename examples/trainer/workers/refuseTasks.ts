/**
 * Tasks travel as JSON: what JSON would change is refused.
 *
 * @throws {Error} with the first such value and where it is.
 */
export function refuseTasks(tasks: readonly unknown[]): void {
  for (const [i, task] of tasks.entries()) check(task, `task ${i}`);
}

function check(value: unknown, path: string): void {
  if (value === undefined || value === null) return;
  if (typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number' && Number.isFinite(value) && !Object.is(value, -0)) return;
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries())
      check(item === undefined ? Symbol('hole') : item, `${path}[${i}]`);
    return;
  }
  const isPlain =
    typeof value === 'object' && [Object.prototype, null].includes(Object.getPrototypeOf(value));
  if (!isPlain) {
    throw new Error(
      `workers: ${path} is ${String(value)}, which cannot be sent to a worker as JSON. Keep texts, numbers, lists and plain objects in tasks, and build the rest in the environment's reset.`,
    );
  }
  for (const [name, item] of Object.entries(value)) check(item, `${path}.${name}`);
}
