import { defineConfig } from 'vitest/config';
import { project } from './vitest.projects.ts';

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      project('tensor-gpu', 'packages/tensor-gpu'),
      project('qwen3', 'packages/qwen3'),
      project('mol-loss', 'packages/mol-loss'),
      project('grpo', 'packages/grpo'),
      project('ef-env', 'packages/ef-env'),
      project('examples', 'examples'),
      project('conformance', 'conformance'),
      project('bench', 'bench'),
      project('scripts', 'scripts'),
    ],
  },
});
