/** What of Node's global scope is used here; browsers have no such. */
interface NodeScope {
  process?: { getBuiltinModule?(name: 'node:module'): typeof import('node:module') };
}

/**
 * Node's `require` of a file, found without an import, so that a bundle for browsers has none of Node's modules.
 *
 * @throws {Error} where there is no Node.
 */
export function nodeRequire(from: string): NodeJS.Require {
  const modules = (globalThis as NodeScope).process?.getBuiltinModule?.('node:module');
  if (modules === undefined) throw new Error('there is no Node here');
  return modules.createRequire(from);
}
