import { rmSync } from 'node:fs';
import { defineConfig, type Options } from 'tsup';
import { thirdPartyLicenses } from '../../scripts/thirdPartyLicenses.ts';

const shared: Options = {
  target: 'es2022',
  outDir: 'dist',
  esbuildPlugins: [thirdPartyLicenses()],
  removeNodeProtocol: false, // a bundler shall not take 'path' for a package
};

const modules: Options = {
  ...shared,
  format: ['esm'],
  entry: {
    index: 'src/index.ts',
    platformNode: 'src/platform/node.ts',
    platformBrowser: 'src/platform/browser.ts',
  },
  external: ['#platform'], // chosen by package.json where the code runs or is bundled
};

/** CommonJS is for Node only, so its platform is built in. */
const commonJs: Options = {
  ...shared,
  format: ['cjs'],
  entry: { index: 'src/index.ts' },
  esbuildOptions: (options) => {
    options.alias = { '#platform': './src/platform/node.ts' };
  },
};

/** Once for both, as they are the same. */
const declarations: Options = {
  ...shared,
  format: ['esm', 'cjs'],
  entry: { index: 'src/index.ts' },
  dts: { only: true },
};

export default defineConfig(() => {
  rmSync('dist', { recursive: true, force: true }); // not `clean`: the builds run at once
  return [modules, commonJs, declarations];
});
