// `pnpm browser`: the built package, the main job's report, and the page that trains, in a headless Chromium. Last line: `N passed, M failed`. Without a
// Chromium (variable CHROMIUM, or on PATH) it says so and counts nothing.
import { type Browser, chromium, type Page } from 'playwright-core';
import { packPackages } from '../../scripts/packPackages.ts';
import { buildPage } from './buildPage.ts';
import { bundlePage } from './bundlePage.ts';
import { findChromium } from './findChromium.ts';
import { reportFault } from './reportPage.ts';
import { serveFiles } from './serveFiles.ts';
import { trainPageChecks } from './trainPage.ts';

const CHECK_LIMIT_MS = 120_000;
/** Budget of the training page: scripts and both kernels, compressed. */
const PAGE_BYTES = 706_000;

/** What page.ts puts into the global scope of the page. */
interface CheckPage {
  checkNames: string[];
  runCheck(name: string): Promise<void>;
}

async function main(): Promise<void> {
  const executablePath = findChromium();
  if (executablePath === null) {
    console.log('absent: no Chromium. Set CHROMIUM or install one.\n0 passed, 0 failed');
    return;
  }
  packPackages(); // builds what is not built
  const server = await serveFiles(await bundlePage());
  const browser = await chromium.launch({ executablePath });
  console.log(`Chromium ${browser.version()}`);
  try {
    const faults = await runChecks(await browser.newPage(), server.origin);
    faults.push(report('the report of the main job fits 360 px', await reportFault(browser)));
    faults.push(...(await checkTrainPage(browser)));
    const failed = faults.filter((fault) => fault !== null).length;
    console.log(`${faults.length - failed} passed, ${failed} failed`);
    process.exitCode = failed === 0 && faults.length > 0 ? 0 : 1;
  } finally {
    await browser.close();
    await server.close();
  }
}

/** Runs what the page names, one after the other. */
async function runChecks(page: Page, origin: string): Promise<(string | null)[]> {
  const foreign: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(origin)) foreign.push(request.url());
  });
  page.on('pageerror', (error) => console.log(`       ${error.message}`));
  page.on('console', (message) => console.log(`       ${message.text()}`));
  await page.goto(`${origin}/index.html`);
  const names = await page.evaluate(() => (globalThis as unknown as CheckPage).checkNames);
  const faults: (string | null)[] = [];
  for (const name of names) {
    const started = performance.now();
    const run = page.evaluate((name) => (globalThis as unknown as CheckPage).runCheck(name), name);
    faults.push(report(name, await within(CHECK_LIMIT_MS, run), performance.now() - started));
  }
  faults.push(report('no request left this machine', foreign.length ? foreign.join(' ') : null));
  return faults;
}

/** The page that trains: what it is built of, and what it does. */
async function checkTrainPage(browser: Browser): Promise<(string | null)[]> {
  const { files, nodeModules, compressed } = buildPage();
  const size = `${Math.ceil(compressed / 1000)} kB compressed, without the model`;
  const named = nodeModules.length > 0 ? nodeModules.join(', ') : null;
  const large = compressed > PAGE_BYTES ? `more than ${PAGE_BYTES} bytes` : null;
  const faults = [report(`the training page has nothing of Node: ${size}`, named ?? large)];
  const server = await serveFiles(files);
  try {
    for (const [claim, check] of trainPageChecks(browser, server.origin)) {
      const started = performance.now();
      const fault = await within(CHECK_LIMIT_MS, check());
      faults.push(report(`the training page: ${claim}`, fault, performance.now() - started));
    }
  } finally {
    await server.close();
  }
  return faults;
}

function report(name: string, fault: string | null, milliseconds = 0): string | null {
  const verdict = fault === null ? 'ok    ' : 'FAILED';
  console.log(`${verdict} ${name} (${(milliseconds / 1000).toFixed(1)} s)`);
  if (fault !== null) console.log(`       ${fault}`);
  return fault;
}

/** What a check threw, or that it took too long; `null` = it passed. */
async function within(limit: number, check: Promise<void>): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`still not done after ${limit / 1000} s`), limit);
  });
  const fault = await Promise.race([
    check.then(
      () => null,
      (error: Error) => error.message,
    ),
    late,
  ]);
  clearTimeout(timer);
  return fault;
}

await main();
