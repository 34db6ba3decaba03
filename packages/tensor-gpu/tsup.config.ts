import { defineConfig } from 'tsup';
import { thirdPartyLicenses } from '../../scripts/thirdPartyLicenses.ts';

export default defineConfig({
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  dts: true,
  clean: true,
  target: 'es2022',
  esbuildPlugins: [thirdPartyLicenses()],
  shims: true, // import.meta.url in the CommonJS build: prebuilds and koffi are found from it
  splitting: true, // what is imported lazily (gpu.js, tfjs's gradients) stays out of the main file
  // tfjs-core registers no gradients in Node, and Node's loader cannot import this file of it
  noExternal: [/^@tensorflow\/tfjs-core\/dist\//],
});
