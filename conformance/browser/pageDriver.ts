import { readFile } from 'node:fs/promises';
import type { Browser, BrowserContext, Page } from 'playwright-core';

/** Longest wait for something on the page: a step on SwiftShader takes ten seconds, more on a busy machine. */
const PATIENCE = 120_000;

/** The training page in a browser profile of its own, as a person uses it. */
export interface PageDriver {
  readonly page: Page;
  text(selector: string): Promise<string>;
  /** Waits until the element's text matches. @throws {Error} what the page says went wrong. */
  reads(selector: string, pattern: RegExp): Promise<string>;
  /** Fills the form and starts. */
  start(settings: Readonly<Record<string, string | number>>): Promise<void>;
  /** Presses a button that offers files, and downloads them. */
  files(button: string): Promise<Record<string, Buffer>>;
  /** Gives a shared run to the page. @returns What it says in the end. */
  replay(run: string): Promise<string>;
  refresh(): Promise<void>;
  close(): Promise<void>;
}

export async function openPage(browser: Browser, address: string): Promise<PageDriver> {
  const context: BrowserContext = await browser.newContext({
    viewport: { width: 360, height: 800 },
    acceptDownloads: true,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.on('pageerror', (error) => console.log(`       ${error.message}`));
  page.on('console', (message) => console.log(`       ${message.text()}`));
  const text = async (selector: string): Promise<string> =>
    (await page.textContent(selector)) ?? '';
  const reads = async (selector: string, pattern: RegExp): Promise<string> => {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const found = await text(selector);
      if (pattern.test(found)) return found;
      const fault = await text('#error');
      if (fault !== '') throw new Error(fault);
      if (Date.now() > deadline) throw new Error(`${selector} says '${found}', not ${pattern}`);
      await page.waitForTimeout(50);
    }
  };
  const opened = (): Promise<string> => reads('#device', /wasm|webgpu/);
  await page.goto(address);
  await opened();
  return {
    ...{ page, text, reads },
    async start(settings) {
      await page.click('summary');
      for (const [name, value] of Object.entries(settings)) {
        const field = page.locator(`#choice [name=${name}]`);
        const isList = (await field.evaluate((element) => element.tagName)) === 'SELECT';
        await (isList ? field.selectOption(String(value)) : field.fill(String(value)));
      }
      await page.click('#choice button');
      await reads('#position', /not begun/);
    },
    async files(button) {
      await page.click(button);
      await page.waitForSelector('#files a');
      const files: Record<string, Buffer> = {};
      for (const link of await page.locator('#files a').all()) {
        const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
        files[download.suggestedFilename()] = await readFile(await download.path());
      }
      await page.evaluate("document.getElementById('files').replaceChildren()");
      return files;
    },
    async replay(run) {
      const file = { name: 'run.json', mimeType: 'application/json', buffer: Buffer.from(run) };
      await page.setInputFiles('#replay', file);
      return reads('#notice', /^Replayed/);
    },
    async refresh() {
      await page.reload();
      await opened();
      await reads('#position', /paused|done/);
    },
    close: () => context.close(),
  };
}
