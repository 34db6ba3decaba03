// `pnpm browser`: the built package, the main job's report, the engine's threads, the page that trains and the one that works for runs elsewhere, in a headless Chromium. Last line: `N passed, M failed`. Without a
// Chromium (variable CHROMIUM, or on PATH) it says so and counts nothing.
import { type Browser, chromium, type Page } from 'playwright-core';
import { ISOLATION } from '../../examples/browser/isolation.ts';
import { packPackages } from '../../scripts/packPackages.ts';
import { type BuiltPages, buildPages } from './buildPages.ts';
import { bundlePage } from './bundlePage.ts';
import { findChromium } from './findChromium.ts';
import { reportFault } from './reportPage.ts';
import { serveFiles } from './serveFiles.ts';
import { threadsChecks } from './threads.ts';
import { type PageCheck, plainServerCheck, trainPageChecks } from './trainPage.ts';
import { workerPageChecks } from './workerPage.ts';

const CHECK_LIMIT_MS = 120_000;
/** Of the worker's page: whole runs of the trainer, and 30 s until a lost job is given out again. */
const RUNS_LIMIT_MS = 300_000;
/** Budgets of pages: scripts, both kernels and, of the worker's, the sandbox for programs, compressed. */
const BUDGETS = { index: 718_000, worker: 904_000 };

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
    faults.push(...(await checkClaims('threads', threadsChecks(browser), CHECK_LIMIT_MS)));
    faults.push(...(await checkPages(browser)));
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

/** The page that trains and the page that works for others: what they are built of, and what they do. */
async function checkPages(browser: Browser): Promise<(string | null)[]> {
  const pages = buildPages();
  const faults = [partsFault(pages, 'index'), partsFault(pages, 'worker')];
  const server = await serveFiles(pages.files, ISOLATION);
  const plain = await serveFiles(pages.files);
  try {
    faults.push(
      ...(await checkClaims(
        'the training page',
        [...trainPageChecks(browser, server.origin), plainServerCheck(browser, plain.origin)],
        CHECK_LIMIT_MS,
      )),
    );
    const worker = await workerPageChecks(browser, server.origin).catch((error: Error) => {
      console.log(`absent: the worker's page was not tried. ${error.message}`);
    });
    if (worker) {
      faults.push(...(await checkClaims('the worker page', worker.checks, RUNS_LIMIT_MS)));
      await worker.close();
    }
  } finally {
    await server.close();
    await plain.close();
  }
  return faults;
}

function partsFault({ partsOf }: BuiltPages, page: keyof typeof BUDGETS): string | null {
  const { nodeModules, compressed } = partsOf(`/${page}.html`);
  const size = `${Math.ceil(compressed / 1000)} kB compressed, without the model`;
  const named = nodeModules.length > 0 ? nodeModules.join(', ') : null;
  const large = compressed > BUDGETS[page] ? `more than ${BUDGETS[page]} bytes` : null;
  return report(`${page}.html has nothing of Node: ${size}`, named ?? large);
}

async function checkClaims(
  what: string,
  checks: readonly PageCheck[],
  limit: number,
): Promise<(string | null)[]> {
  const faults: (string | null)[] = [];
  for (const [claim, check] of checks) {
    const started = performance.now();
    const fault = await within(limit, check());
    faults.push(report(`${what}: ${claim}`, fault, performance.now() - started));
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
