import { defineConfig } from 'vitest/config';
import { project } from './vitest.projects.ts';

const packed = (name: string, root: string) => {
  const plain = project(name, root);
  const test = { include: ['**/*.packed.test.ts'], exclude: ['**/node_modules/**'] };
  return { ...plain, test: { ...plain.test, ...test } };
};

/** The packed packages as users install them, in Node and in pages; a step of `pnpm check`, which packs them anyway. */
export default defineConfig({
  test: { maxWorkers: 1, projects: [packed('packed', 'scripts'), packed('pages', 'conformance')] },
});
