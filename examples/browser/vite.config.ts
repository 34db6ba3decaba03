import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Packages of this repository come from their sources, in their builds for browsers. */
const resolve = {
  conditions: ['@molrl/source', 'browser', 'module', 'import', 'default'],
  // browsers have WebGPU themselves
  alias: { webgpu: here('../../packages/tensor-gpu/src/backend/webgpu/engine/noDawn.ts') },
};

/** Of ef-env's reader of Parquet, which the page does not offer: rows come as JSON. */
const rollupOptions = { external: ['hyparquet', 'hyparquet-compressors'] };

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
    rollupOptions,
  },
  server: { fs: { allow: [here('../..')] } },
});
