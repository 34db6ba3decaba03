import { join } from 'node:path';
import { openDevice } from '@molrl/tensor-gpu';
import type { Browser, Page } from 'playwright-core';
import { median } from '../../bench/median.ts';
import { ISOLATION } from '../../examples/browser/isolation.ts';
import { repositoryRoot } from '../../scripts/repositoryRoot.ts';
import { bundleSources } from './bundleSources.ts';
import { equal } from './equal.ts';
import { kernelFiles } from './kernelFiles.ts';
import { serveFiles } from './serveFiles.ts';
import { type ThreadsJob, type ThreadsResult, trainLosses } from './threadsProgram.ts';
import type { PageCheck } from './trainPage.ts';

const HERE = join(repositoryRoot, 'conformance', 'browser');
const SHAPES = ['nano', 'micro'] as const;
/** Of each training whose bits are compared. */
const STEPS = 3;
/** Of the measurement: rounds in turns of one thread and two, and the steps of each; the first is not counted. */
const ROUNDS = 3;
const MEASURED = 6;

/** Where a page calls the engine. */
type Place = 'trainHere' | 'trainInWorker';

/** What the CPU engine must do in a page that may share memory with threads, and in one that may not. */
export function threadsChecks(browser: Browser): PageCheck[] {
  return [
    ['the losses of Node’s WebAssembly, bit for bit', () => sameBits(browser)],
    ['one for each core, ended with the device', () => byDefault(browser)],
    ['none where the headers are missing, and why', () => notIsolated(browser)],
    ['none where a policy forbids them, and why', () => forbidden(browser)],
    ['a step of training with one and two, measured', () => measure(browser)],
  ];
}

async function sameBits(browser: Browser): Promise<void> {
  await onPage(browser, ISOLATION, async (page) => {
    for (const shape of SHAPES) {
      const expected = await lossesInNode({ shape, steps: STEPS });
      for (const place of ['trainHere', 'trainInWorker'] as const)
        for (const threads of [1, 2, 3]) {
          const result = await train(page, place, { shape, steps: STEPS, threads });
          equal([result.threads, result.fewerThreads], [threads, undefined]);
          equal(result.losses, expected);
        }
    }
  });
}

async function byDefault(browser: Browser): Promise<void> {
  await onPage(browser, ISOLATION, async (page) => {
    const cores = Number(await page.evaluate('navigator.hardwareConcurrency'));
    const result = await train(page, 'trainHere', { shape: 'nano', steps: 1 });
    equal([result.threads, result.fewerThreads], [Math.min(cores, 16), undefined]);
    while (page.workers().length > 0) await page.waitForTimeout(20);
  });
}

async function notIsolated(browser: Browser): Promise<void> {
  await onPage(browser, {}, async (page) => {
    for (const place of ['trainHere', 'trainInWorker'] as const)
      await alone(page, place, /not cross-origin isolated: .*Cross-Origin-Opener-Policy/);
  });
}

async function forbidden(browser: Browser): Promise<void> {
  const headers = { ...ISOLATION, 'Content-Security-Policy': "worker-src 'self'" };
  await onPage(browser, headers, async (page) => {
    for (const place of ['trainHere', 'trainInWorker'] as const)
      await alone(page, place, /1 threads could not be started .*Content.Security.Policy/);
  });
}

/** One thread, the reason, and the right losses all the same. */
async function alone(page: Page, place: Place, why: RegExp): Promise<void> {
  const job: ThreadsJob = { shape: 'nano', steps: 1, threads: 2 };
  const { threads, fewerThreads = '', losses } = await train(page, place, job);
  equal(threads, 1);
  if (!why.test(fewerThreads)) throw new Error(`it says '${fewerThreads}'`);
  equal(losses, await lossesInNode(job));
}

/** Prints what a second thread brings: it depends on what else the machine does, and is no claim that could fail. */
async function measure(browser: Browser): Promise<void> {
  await onPage(browser, ISOLATION, async (page) => {
    for (const shape of SHAPES) {
      const [one, two]: number[][] = [[], []];
      for (let round = 0; round < ROUNDS; round++)
        for (const [threads, times] of [[1, one!] as const, [2, two!] as const]) {
          const job = { shape, steps: MEASURED, threads };
          times.push(...(await train(page, 'trainInWorker', job)).milliseconds.slice(1));
        }
      const [alone, together] = [median(one!), median(two!)];
      console.log(
        `       ${shape}: ${alone.toFixed(1)} ms on one thread, ${together.toFixed(1)} ms on two: ${(alone / together).toFixed(2)} times`,
      );
    }
  });
}

const train = (page: Page, place: Place, job: ThreadsJob): Promise<ThreadsResult> =>
  page.evaluate<ThreadsResult>(`${place}(${JSON.stringify(job)})`);

async function lossesInNode({ shape, steps }: ThreadsJob): Promise<number[]> {
  const device = await openDevice('cpu', { kernels: 'wasm', threads: 1 });
  try {
    return (await trainLosses({ shape, steps })).losses;
  } finally {
    device.dispose();
  }
}

let bundled: Promise<Map<string, string | Uint8Array>> | undefined;

/** A page of its own on a server of its own. */
async function onPage(
  browser: Browser,
  headers: Readonly<Record<string, string>>,
  check: (page: Page) => Promise<void>,
): Promise<void> {
  bundled ??= files();
  const server = await serveFiles(await bundled, headers);
  const page = await browser.newPage();
  const faults: string[] = [];
  page.on('pageerror', ({ message }) => faults.push(message));
  try {
    await page.goto(`${server.origin}/index.html`);
    await page.waitForFunction('globalThis.trainHere !== undefined');
    await check(page);
    equal(faults, []);
  } finally {
    await page.close();
    await server.close();
  }
}

async function files(): Promise<Map<string, string | Uint8Array>> {
  const files = await bundleSources({
    page: join(HERE, 'threadsPage.ts'),
    worker: join(HERE, 'threadsWorker.ts'),
  });
  return new Map([...files, ...(await kernelFiles())]);
}
