import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Options } from 'tsup';
import { thirdPartyLicenses } from '../../scripts/thirdPartyLicenses.ts';

const shared: Options = {
  dts: true,
  target: 'es2022',
  esbuildPlugins: [thirdPartyLicenses()],
  splitting: true, // what is imported lazily (gpu.js, tfjs's gradients) stays out of the main file
  // tfjs-core registers no gradients in Node, and Node's loader cannot import this file of it
  noExternal: [/^@tensorflow\/tfjs-core\/dist\//],
};

const node: Options = {
  ...shared,
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  shims: true, // import.meta.url in the CommonJS build: prebuilds and koffi are found from it
};

const browser: Options = {
  ...shared,
  entry: ['src/browser.ts'],
  outDir: 'dist/browser',
  format: ['esm'],
  platform: 'browser',
  // browsers have WebGPU themselves: no bundler shall look for Dawn (a peer, which tsup would leave outside)
  noExternal: [...(shared.noExternal ?? []), 'webgpu'],
  esbuildOptions: (options) => {
    options.alias = {
      webgpu: fileURLToPath(new URL('src/backend/webgpu/engine/noDawn.ts', import.meta.url)),
    };
  },
};

export default defineConfig(() => {
  rmSync('dist', { recursive: true, force: true }); // not `clean`: the two builds run at once
  return [node, browser];
});
