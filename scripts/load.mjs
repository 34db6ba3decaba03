// `node --conditions=@molrl/source --import ./scripts/load.mjs PROGRAM.ts`: TypeScript runs as it stands (tsx), and each
// package of the workspace is loaded as one file, made anew when its sources have changed. A start opens a third of the files.
import 'tsx';
import { register } from 'node:module';
import { bundlePackages } from './bundlePackages.mjs';

const bundles = await bundlePackages().catch(() => ({})); // a folder that cannot be written, say: file by file, then
register('./loadBundles.mjs', import.meta.url, { data: bundles });
