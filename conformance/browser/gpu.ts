// Part of `pnpm webgpu`: the GPU engine in a headless Chromium, on SwiftShader, against the CPU engine here. Last line: `N passed,
// M failed`. It fails where there is no Chromium (variable CHROMIUM, or on PATH) or no GPU in it.
import { join } from 'node:path';
import { openDevice } from '@molrl/tensor-gpu';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { repositoryRoot } from '../../scripts/repositoryRoot.ts';
import { findChromium } from './findChromium.ts';
import type { GpuPageResult } from './gpuPage.ts';
import { gpuProgram } from './gpuProgram.ts';
import { serveFiles } from './serveFiles.ts';

const HERE = join(repositoryRoot, 'conformance', 'browser');
const TENSORS = join(repositoryRoot, 'packages', 'tensor-gpu', 'src');
const LIMIT_MS = 180_000;
/** Who may name modules of Node in the page: qwen3 has no build for browsers yet, and reads files by them. */
const READERS = /\/packages\/qwen3\/|\/@huggingface\/gguf\//;

/** The page, from sources, as a bundler for browsers makes it: it would refuse a module of Node. */
async function bundle(): Promise<Map<string, string | Uint8Array>> {
  const { outputFiles } = await build({
    ...{ entryPoints: { page: join(HERE, 'gpuPage.ts') }, outdir: '/', write: false, bundle: true },
    ...{ format: 'esm', platform: 'browser', conditions: ['@molrl/source'], logLevel: 'error' },
    alias: {
      '@molrl/tensor-gpu': join(TENSORS, 'browser.ts'),
      webgpu: join(TENSORS, 'backend/webgpu/engine/noDawn.ts'),
    },
    plugins: [
      {
        name: 'leaves out the readers of files',
        setup: ({ onResolve, onLoad }) => {
          onResolve({ filter: /^(node:.*|fs|fs\/promises|stream|url)$/ }, ({ path, importer }) =>
            READERS.test(importer) ? { path, namespace: 'empty' } : undefined,
          );
          onLoad({ filter: /.*/, namespace: 'empty' }, () => ({
            contents: 'module.exports = {};',
          }));
        },
      },
    ],
  });
  const html =
    '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';
  return new Map<string, string | Uint8Array>([
    ['/index.html', html],
    ['/page.js', outputFiles[0]!.contents],
  ]);
}

async function inChromium(): Promise<GpuPageResult> {
  const executablePath = findChromium();
  if (executablePath === null)
    throw new Error(
      'there is no Chromium: set CHROMIUM, or install one (apt-get install chromium)',
    );
  const server = await serveFiles(await bundle());
  const args = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];
  const browser = await chromium.launch({ executablePath, args });
  console.log(`Chromium ${browser.version()}`);
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(LIMIT_MS);
    page.on('pageerror', (error) => console.log(`       ${error.message}`));
    page.on('console', (message) => console.log(`       ${message.text()}`));
    await page.goto(`${server.origin}/index.html`);
    await page.waitForFunction('globalThis.runGpuPage !== undefined');
    return await page.evaluate<GpuPageResult>('runGpuPage()');
  } finally {
    await browser.close();
    await server.close();
  }
}

async function main(): Promise<void> {
  const device = await openDevice('cpu');
  const expected = await gpuProgram();
  device.dispose();
  const actual = await inChromium();
  console.log(`GPU: ${actual.adapter}`);
  const apart = (a: number[], b: number[]) => Math.max(...a.map((x, k) => Math.abs(x - b[k]!)));
  const checks: [claim: string, ok: boolean, detail: string][] = [
    ['every fused op is its reference', actual.wrong.length === 0, actual.wrong.join('; ')],
    ['eleven ops run as kernels', actual.checked === 11, String(actual.checked)],
    [
      'losses of five updates are the CPU’s to 1e-4',
      apart(actual.losses, expected.losses) < 1e-4,
      `${actual.losses} and ${expected.losses}`,
    ],
    [
      'gradient norms to 1e-3',
      apart(actual.gradNorms, expected.gradNorms) < 1e-3,
      `${actual.gradNorms} and ${expected.gradNorms}`,
    ],
    [
      'the same tokens are sampled',
      String(actual.ids) === String(expected.ids),
      `${actual.ids} and ${expected.ids}`,
    ],
  ];
  for (const [claim, ok, detail] of checks)
    console.log(ok ? `ok     ${claim}` : `FAILED ${claim}\n       ${detail}`);
  const failed = checks.filter(([, ok]) => !ok).length;
  console.log(`${checks.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

await main();
