import { defineConfig } from 'tsup';
import { thirdPartyLicenses } from '../../scripts/thirdPartyLicenses.ts';

export default defineConfig({
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  dts: true,
  clean: true,
  target: 'es2022',
  esbuildPlugins: [thirdPartyLicenses()],
});
