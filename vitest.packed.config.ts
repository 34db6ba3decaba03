import { defineConfig } from 'vitest/config';
import { project } from './vitest.projects.ts';

const packed = project('packed', 'scripts');

/** The packed packages as users install them; a step of `pnpm check`, which packs them anyway. */
export default defineConfig({
  ...packed,
  test: { ...packed.test, include: ['**/*.packed.test.ts'], exclude: ['**/node_modules/**'] },
});
