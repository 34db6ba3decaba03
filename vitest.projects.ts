const conditions = ['@molrl/source', 'module', 'node', 'import', 'default'];

/** How the tests of a folder are run. */
export const project = (name: string, root: string) => ({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ['@molrl/source'] } },
  test: {
    name,
    root,
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', '**/*.{webgpu,nats,packed}.test.ts'],
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
