// Part of `pnpm webgpu`: the GPU engine in a headless Chromium, on SwiftShader, against the CPU engine here; and the page that trains. Last line: `N passed,
// M failed`. It fails where there is no Chromium (variable CHROMIUM, or on PATH) or no GPU in it.
import { join } from 'node:path';
import { openDevice } from '@molrl/tensor-gpu';
import { type Browser, chromium } from 'playwright-core';
import { ISOLATION } from '../../examples/browser/isolation.ts';
import { repositoryRoot } from '../../scripts/repositoryRoot.ts';
import { buildPages } from './buildPages.ts';
import { bundleSources } from './bundleSources.ts';
import { findChromium } from './findChromium.ts';
import type { GpuPageResult } from './gpuPage.ts';
import { gpuProgram } from './gpuProgram.ts';
import { gpuPageChecks } from './gpuTrainPage.ts';
import { kernelFiles } from './kernelFiles.ts';
import { serveFiles } from './serveFiles.ts';

type Checked = [claim: string, ok: boolean, detail: string];

const HERE = join(repositoryRoot, 'conformance', 'browser');
const LIMIT_MS = 180_000;

/** What both pages made of it: figures of the engine, and a fault of the page that trains. */
async function inChromium(): Promise<GpuPageResult & { trainPage: Checked[] }> {
  const executablePath = findChromium();
  if (executablePath === null)
    throw new Error(
      'there is no Chromium: set CHROMIUM, or install one (apt-get install chromium)',
    );
  const files = await bundleSources({ page: join(HERE, 'gpuPage.ts') });
  const server = await serveFiles(new Map([...files, ...(await kernelFiles())]));
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
    const result = await page.evaluate<GpuPageResult>('runGpuPage()');
    await page.close(); // its device makes room
    return { ...result, trainPage: await checkTrainPage(browser) };
  } finally {
    await browser.close();
    await server.close();
  }
}

async function checkTrainPage(browser: Browser): Promise<Checked[]> {
  const server = await serveFiles(buildPages().files, ISOLATION);
  try {
    const checked: Checked[] = [];
    for (const [claim, check] of gpuPageChecks(browser, server.origin)) {
      const fault = await check().catch((error: Error) => error.message); // checks throw Errors
      checked.push([claim, fault === undefined, fault ?? '']);
    }
    return checked;
  } finally {
    await server.close();
  }
}

async function main(): Promise<void> {
  const device = await openDevice('cpu');
  const expected = await gpuProgram();
  device.dispose();
  const actual = await inChromium();
  console.log(`GPU: ${actual.adapter}`);
  const { gpu, wasm } = actual.stepMs;
  console.log(
    `       a step of nano: ${gpu.toFixed(0)} ms there, ${wasm.toFixed(0)} ms in WebAssembly on one thread in the same page: ${(wasm / gpu).toFixed(3)} times as fast`,
  );
  const apart = (a: number[], b: number[]) => Math.max(...a.map((x, k) => Math.abs(x - b[k]!)));
  const checks: Checked[] = [
    ['every fused op is its reference', actual.wrong.length === 0, actual.wrong.join('; ')],
    ['twelve ops run as kernels', actual.checked === 12, String(actual.checked)],
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
    ...actual.trainPage,
  ];
  for (const [claim, ok, detail] of checks)
    console.log(ok ? `ok     ${claim}` : `FAILED ${claim}\n       ${detail}`);
  const failed = checks.filter(([, ok]) => !ok).length;
  console.log(`${checks.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

await main();
