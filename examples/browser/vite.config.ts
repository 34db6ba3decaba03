import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { ISOLATION } from './isolation.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Packages of this repository come from their sources, in their builds for browsers. */
const resolve = {
  conditions: ['@molrl/source', 'browser', 'module', 'import', 'default'],
  alias: [
    {
      find: 'webgpu', // browsers have it themselves
      replacement: here('../../packages/tensor-gpu/src/backend/webgpu/engine/noDawn.ts'),
    },
    { find: /^(node:)?(crypto|buffer)$/, replacement: here('worker/jobs/noNode.ts') },
  ],
};

const rollupOptions = {
  external: [
    // ef-env's reader of Parquet, which the page does not offer: rows come as JSON
    ...['hyparquet', 'hyparquet-compressors'],
    // what variants of QuickJS load that ef-env's sandbox does not use
    /^@jitl\/quickjs-wasmfile-(debug-sync|debug-asyncify|release-asyncify)\//,
  ],
};

export default defineConfig({
  root: here('.'),
  base: './', // from any folder of a server
  cacheDir: here('../../.molrl/vite'),
  resolve,
  worker: { format: 'es', rollupOptions },
  build: {
    outDir: here('../../.molrl/page'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 4096,
    rollupOptions: { ...rollupOptions, input: [here('index.html'), here('worker.html')] },
  },
  server: { fs: { allow: [here('../..')] }, headers: ISOLATION },
  preview: { headers: ISOLATION },
});
