import { defineConfig } from 'vitest/config';

const conditions = ['@molrl/source', 'module', 'node', 'import', 'default'];
const project = (name: string, root: string) => ({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ['@molrl/source'] } },
  test: {
    name,
    root,
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    pool: 'forks' as const,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // tfjs is loaded by Node, one copy for all; only its gradients (which Node's loader cannot take) are bundled, once
    deps: {
      optimizer: {
        ssr: { enabled: true, include: ['@tensorflow/tfjs-core/dist/register_all_gradients.js'] },
      },
    },
  },
});

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
