import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, '.molrl', 'loaded');
const WITH = [fileURLToPath(import.meta.url), join(root, 'pnpm-lock.yaml')];

/** URL of each package's index.ts -> one file with all that it imports of its own; other packages stay imports. */
export async function bundlePackages() {
  const entries = readdirSync(join(root, 'packages')).map(async (name) => {
    const index = join(root, 'packages', name, 'src', 'index.ts');
    const file = join(folder, `${name}-${digestOfSources(dirname(index))}.mjs`);
    if (!existsSync(file)) await bundle(index, file, name);
    return [pathToFileURL(index).href, file];
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

async function bundle(index, file, name) {
  const tsx = createRequire(import.meta.url).resolve('tsx/package.json');
  const { build } = createRequire(tsx)('esbuild'); // tsx's own: an installation without tools has it
  const { outputFiles } = await build({
    ...{ entryPoints: [index], outfile: file, write: false, bundle: true, packages: 'external' },
    ...{ format: 'esm', platform: 'node', target: 'node20', conditions: ['@molrl/source'] },
    ...{ sourcemap: 'inline', sourcesContent: false, plugins: [ownUrls, tfjsGradients] },
  });
  await mkdir(folder, { recursive: true });
  const old = readdirSync(folder).filter((one) => one.replace(/-[^-]*$/, '') === name);
  const partial = `${file}.${process.pid}`;
  await writeFile(partial, outputFiles[0].contents);
  await rename(partial, file); // whoever starts at the same time finds all of it or nothing
  await Promise.all(old.map((one) => rm(join(folder, one), { force: true })));
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
