import type { Browser, Page } from 'playwright-core';

/** Longest wait for something on the page: a trainer may have to start before, on a busy machine. */
const PATIENCE = 120_000;

/** The page of a worker in a browser profile of its own, as a person uses it. */
export interface Tab {
  readonly page: Page;
  /** Waits until the element's text matches. @throws {Error} what the page says went wrong, where that is not asked for. */
  reads(selector: string, pattern: RegExp): Promise<string>;
  close(): Promise<void>;
}

export interface TabOptions {
  /** The page. */
  address: string;
  /** What is filled in. */
  url: string;
  token?: string | undefined;
  /** Files of a model of one's own. */
  model?: readonly string[] | undefined;
}

/** Opens the page and connects. */
export async function openTab(browser: Browser, options: TabOptions): Promise<Tab> {
  const { address, url, token = '', model = [] } = options;
  const context = await browser.newContext({ viewport: { width: 360, height: 800 } });
  const page = await context.newPage();
  page.on('pageerror', (error) => console.log(`       ${error.message}`));
  const reads = async (selector: string, pattern: RegExp): Promise<string> => {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const found = (await page.textContent(selector)) ?? '';
      if (pattern.test(found)) return found;
      const fault = selector === '#error' ? '' : await page.textContent('#error');
      if (fault) throw new Error(fault);
      if (Date.now() > deadline) throw new Error(`${selector} says '${found}', not ${pattern}`);
      await page.waitForTimeout(50);
    }
  };
  await page.goto(address);
  await page.fill('[name=url]', url);
  await page.fill('[name=token]', token);
  await page.setInputFiles('[name=files]', [...model]);
  await page.click('#connect button');
  return { page, reads, close: () => context.close() };
}
