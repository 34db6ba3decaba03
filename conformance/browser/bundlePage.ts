import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { repositoryRoot } from '../../scripts/repositoryRoot.ts';
import { PAGE_HTML } from './pageHtml.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
const efEnv = createRequire(join(repositoryRoot, 'packages/ef-env/package.json'));

/**
 * The page and the workers as a user's bundler makes them of the built package, by path on the server, with
 * the files that the interpreters load: QuickJS's beside its worker, Pyodide's in a folder of their own.
 */
export async function bundlePage(): Promise<Map<string, string | Uint8Array>> {
  const { outputFiles } = await build({
    entryPoints: {
      page: join(HERE, 'page.ts'),
      javascriptWorker: '@molrl/ef-env/javascriptWorker',
      pythonWorker: '@molrl/ef-env/pythonWorker',
      typescriptWorker: '@molrl/ef-env/typescriptWorker',
    },
    ...{ absWorkingDir: HERE, outdir: '/', write: false, bundle: true, splitting: true },
    ...{ format: 'esm', platform: 'browser', conditions: ['browser', 'import'], logLevel: 'error' },
  });
  const files = new Map<string, string | Uint8Array>([['/index.html', PAGE_HTML]]);
  for (const { path, contents } of outputFiles) files.set(`/${basename(path)}`, contents);
  const quickjs = createRequire(efEnv.resolve('quickjs-emscripten'));
  const wasm = quickjs.resolve('@jitl/quickjs-wasmfile-release-sync/wasm');
  files.set(`/${basename(wasm)}`, await readFile(wasm));
  const pyodide = dirname(efEnv.resolve('pyodide'));
  for (const name of await readdir(pyodide))
    files.set(`/pyodide/${name}`, await readFile(join(pyodide, name)));
  const typescript = dirname(efEnv.resolve('typescript'));
  const library: Record<string, string> = {};
  for (const name of await readdir(typescript))
    if (/^lib\.(es|decorators)[a-z0-9.]*\.d\.ts$/.test(name))
      library[name] = await readFile(join(typescript, name), 'utf8');
  files.set('/typescriptLib.json', JSON.stringify(library));
  files.set('/rows.parquet', parquetRows());
  return files;
}

function parquetRows(): Uint8Array {
  const columnData = [
    { name: 'question', data: ['1 + 1?', '2 + 2?'] },
    { name: 'answer', data: [2, 4] },
  ];
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}
