import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, '.molrl', 'loaded');
const WITH = [fileURLToPath(import.meta.url), join(root, 'pnpm-lock.yaml')];

/**
 * URL of each package's index.ts -> one file with all that it imports of its own, and one for each part that it imports
 * when it is asked for; other packages stay imports.
 */
export async function bundlePackages() {
  const entries = readdirSync(join(root, 'packages')).map(async (name) => {
    const index = join(root, 'packages', name, 'src', 'index.ts');
    const own = join(folder, `${name}-${digestOfSources(dirname(index))}`);
    if (!existsSync(own)) await bundle(index, own, name);
    return [pathToFileURL(index).href, pathToFileURL(join(own, 'index.mjs')).href];
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Names, times and sizes of the sources, of this file, and of the list of what is installed. */
function digestOfSources(source) {
  const names = readdirSync(source, { recursive: true }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
  );
  const files = [...names.sort().map((name) => join(source, name)), ...WITH];
  const hash = createHash('sha256');
  for (const file of files) {
    const { mtimeMs, size } = statSync(file, { throwIfNoEntry: false }) ?? {};
    hash.update(`${file} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}

async function bundle(index, own, name) {
  const tsx = createRequire(import.meta.url).resolve('tsx/package.json');
  const { build } = createRequire(tsx)('esbuild'); // tsx's own: an installation without tools has it
  const { outputFiles } = await build({
    ...{ entryPoints: [index], outdir: own, write: false, bundle: true, packages: 'external' },
    // What is imported lazily stays so: it may need a package that is not installed.
    ...{ splitting: true, outExtension: { '.js': '.mjs' } },
    ...{ format: 'esm', platform: 'node', target: 'node20', conditions: ['@molrl/source'] },
    ...{ sourcemap: 'inline', sourcesContent: false, plugins: [ownUrls, tfjsGradients] },
  });
  const partial = `${own}.${process.pid}`;
  await mkdir(partial, { recursive: true });
  for (const { path, contents } of outputFiles)
    await writeFile(join(partial, basename(path)), contents);
  await rename(partial, own).catch(() => rm(partial, REMOVE)); // another that started at the same time was quicker
  await removeOld(name);
}

const REMOVE = { recursive: true, force: true };
const WEEK = 7 * 24 * 3600 * 1000;

/** Bundles of former sources: a run that goes on may still ask for a lazy part, so they stay for a week. */
async function removeOld(name) {
  const own = readdirSync(folder).filter((one) => one.replace(/-[^-]*$/, '') === name);
  const old = own.filter((one) => Date.now() - statSync(join(folder, one)).mtimeMs > WEEK);
  await Promise.all(old.map((one) => rm(join(folder, one), REMOVE)));
}

/** A module finds what lies beside it from its own place, not from the bundle's. */
const ownUrls = {
  name: 'own-urls',
  setup: (build) =>
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const contents = await readFile(path, 'utf8');
      const url = JSON.stringify(pathToFileURL(path).href);
      return { contents: contents.replaceAll('import.meta.url', url), loader: 'ts' };
    }),
};

/**
 * Node's loader takes tfjs's gradients only file by file, and translated: here they are in the bundle, as in the built
 * package. What they import of other packages is found from their own place.
 */
const tfjsGradients = {
  name: 'tfjs-gradients',
  setup: (build) =>
    build.onResolve({ filter: /^[^.]/ }, ({ path, importer }) => {
      const isOfTfjs = /^@tensorflow\/tfjs-core\/dist\//;
      if (isOfTfjs.test(path)) return { path: createRequire(importer).resolve(path) };
      if (!/[\\/]tfjs-core[\\/]dist[\\/]/.test(importer)) return undefined;
      const file = createRequire(importer).resolve(path);
      return { path: pathToFileURL(file).href, external: true };
    }),
};
