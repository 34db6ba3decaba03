/** @throws {Error} if they differ as JSON. */
export function equal(actual: unknown, expected: unknown): void {
  const [got, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (got !== wanted) throw new Error(`got ${got}, expected ${wanted}`);
}
