import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { repositoryRoot } from '../../scripts/repositoryRoot.ts';
import { PAGE_HTML } from './pageHtml.ts';

const TENSORS = join(repositoryRoot, 'packages', 'tensor-gpu', 'src');
/** A file in the folder with all builds of the reader of GGUF headers. */
const GGUF = createRequire(join(repositoryRoot, 'packages', 'qwen3', 'package.json')).resolve(
  '@huggingface/gguf',
);

/**
 * A page, from sources, as a bundler for browsers makes it: it would refuse a module of Node.
 *
 * @param entryPoints - File of each script; `page` is the one that the page names.
 * @returns Files by path on the server.
 */
export async function bundleSources(
  entryPoints: Readonly<Record<string, string>> & { page: string },
): Promise<Map<string, string | Uint8Array>> {
  const { outputFiles } = await build({
    ...{ entryPoints, outdir: '/', write: false, bundle: true },
    ...{ format: 'esm', platform: 'browser', logLevel: 'error' },
    conditions: ['@molrl/source', 'browser'],
    alias: {
      webgpu: join(TENSORS, 'backend/webgpu/engine/noDawn.ts'),
      // esbuild does not follow the package's field `browser` beside its `exports`
      '@huggingface/gguf': join(GGUF, '..', 'browser', 'index.mjs'),
    },
  });
  const files = new Map<string, string | Uint8Array>([['/index.html', PAGE_HTML]]);
  for (const { path, contents } of outputFiles) files.set(`/${basename(path)}`, contents);
  return files;
}
