import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import webpack from 'webpack';
import type { PackedFolder } from '../../scripts/packedFolder.ts';
import { repositoryRoot } from '../../scripts/repositoryRoot.ts';
import { packedProgram } from './packedProgram.ts';

/** The files of a page, by path on the server. */
export type PageFiles = Map<string, Uint8Array | string>;

const VITE = join(repositoryRoot, 'examples', 'node_modules', 'vite', 'bin', 'vite.js');
const page = (head: string): string =>
  `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">${head}`;

/** Where a page without a bundler finds what it imports: what the READMEs tell. */
const IMPORTS: Record<string, string> = {
  '@molrl/ef-env': '@molrl/ef-env/dist/index.js',
  '@molrl/grpo': '@molrl/grpo/dist/index.js',
  '@molrl/mol-loss': '@molrl/mol-loss/dist/index.js',
  '@molrl/qwen3': '@molrl/qwen3/dist/index.js',
  '@molrl/tensor-gpu': '@molrl/tensor-gpu/dist/browser/browser.js',
  '@huggingface/tokenizers': '@huggingface/tokenizers/dist/tokenizers.min.mjs',
  '@tensorflow/tfjs-core': '@tensorflow/tfjs-core/dist/tf-core.fesm.min.js',
  '@tensorflow/tfjs-backend-cpu': '@tensorflow/tfjs-backend-cpu/dist/tf-backend-cpu.fesm.min.js',
};

/** The random numbers of tfjs-backend-cpu are no ES module: a script puts them into the global scope. */
const ALEA = '/node_modules/seedrandom/lib/alea.js';
const SEEDRANDOM = 'data:text/javascript,export const alea = globalThis.alea';

/** Both have a module of this name in themselves, so that it depends on who asks. */
const WITH_PLATFORM = ['@molrl/ef-env', '@molrl/qwen3'];

function filesOf(folder: string): PageFiles {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return new Map(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length).replaceAll('\\', '/'), readFileSync(path)]),
  );
}

function withVite({ folder, run }: PackedFolder): PageFiles {
  const root = join(folder, 'vite');
  mkdirSync(root);
  writeFileSync(join(root, 'index.html'), page('<script type="module" src="./main.js"></script>'));
  const imports = ['relaxed', 'simd']
    .map((name) => `import ${name} from '@molrl/tensor-gpu/${name}.wasm?url';`)
    .join('\n');
  writeFileSync(
    join(root, 'main.js'),
    packedProgram(imports, '{ kernels: [relaxed, simd], threads: 2 }'),
  );
  run(process.execPath, [VITE, 'build', root, '--logLevel', 'error']);
  return filesOf(join(root, 'dist'));
}

async function withWebpack({ folder }: PackedFolder): Promise<PageFiles> {
  const root = join(folder, 'webpack');
  mkdirSync(root);
  const kernels = ['relaxed', 'simd'].map(
    (name) => `new URL('@molrl/tensor-gpu/${name}.wasm', import.meta.url)`,
  );
  writeFileSync(join(root, 'main.js'), packedProgram('', `{ kernels: [${kernels}], threads: 2 }`));
  const path = join(root, 'dist');
  const output = { path, filename: 'main.js' };
  const compiler = webpack({ mode: 'production', context: root, entry: './main.js', output });
  await new Promise<void>((resolve, reject) => {
    compiler.run((error, stats) => {
      if (error) reject(error);
      else if (stats?.hasErrors()) reject(new Error(stats.toString('errors-only')));
      else compiler.close(() => resolve());
    });
  });
  return new Map([
    ...filesOf(path),
    ['/index.html', page('<script defer src="./main.js"></script>')],
  ]);
}

/** No bundler: an import map names the files of the packages, as they were installed. */
function withImportMap({ folder }: PackedFolder): PageFiles {
  const address = (file: string): string => `/node_modules/${file}`;
  const imports: Record<string, string> = { seedrandom: SEEDRANDOM };
  for (const [name, file] of Object.entries(IMPORTS)) imports[name] = address(file);
  const scopes = Object.fromEntries(
    WITH_PLATFORM.map((name) => [
      address(`${name}/`),
      { '#platform': address(`${name}/dist/platformBrowser.js`) },
    ]),
  );
  const kernels = ['relaxed', 'simd'].map(
    (name) => `'/node_modules/@molrl/tensor-gpu/prebuilds/wasm/${name}.wasm'`,
  );
  const files: PageFiles = new Map([[ALEA, readFileSync(join(folder, ALEA))]]);
  for (const name of new Set(Object.values(IMPORTS).map((file) => file.split('/dist/')[0])))
    for (const [path, bytes] of filesOf(join(folder, 'node_modules', name!)))
      files.set(`/node_modules/${name}${path}`, bytes);
  const map = `<script src="${ALEA}"></script><script type="importmap">${JSON.stringify({ imports, scopes })}</script>`;
  const program = packedProgram('', `{ kernels: [${kernels}], threads: 2 }`);
  return files.set('/index.html', page(`${map}<script type="module">${program}</script>`));
}

/** How a page comes to use the packed packages. */
export const PACKED_PAGES = {
  Vite: withVite,
  webpack: withWebpack,
  'an import map': withImportMap,
};
