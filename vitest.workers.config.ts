import { defineConfig } from 'vitest/config';
import { project } from './vitest.projects.ts';

const workers = project('workers', 'examples');

/** `pnpm workers`: what needs a nats-server. */
export default defineConfig({
  ...workers,
  test: {
    ...workers.test,
    ...{ include: ['**/*.nats.test.ts'], exclude: ['**/node_modules/**'], fileParallelism: false },
  },
});
