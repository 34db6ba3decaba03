import type { Browser } from 'playwright-core';
import { sampleReport } from '../../examples/mol-rl/sampleReport.ts';
import { sampleComparison } from '../../examples/trainer/seeing/report/sampleRun.ts';

/** Runs in the page, as text: the workspace has no types of the DOM. Gives one sentence per fault. */
const FAULTS = `(() => {
  for (const details of document.querySelectorAll('details')) details.open = true;
  const faults = [];
  const { scrollWidth } = document.documentElement;
  if (scrollWidth > innerWidth) faults.push('the page is ' + scrollWidth + ' px wide');
  const texts = [...document.querySelectorAll('svg text')];
  if (texts.length === 0) faults.push('there is no chart');
  for (const text of texts) {
    const { x, width } = text.getBBox();
    if (x < 0 || x + width > text.ownerSVGElement.viewBox.baseVal.width) faults.push(text.textContent + ' is cut');
    const { height } = text.getBoundingClientRect();
    if (height < 10) faults.push(text.textContent + ' is ' + height + ' px high');
  }
  return faults;
})()`;

/** What does not fit a telephone of 360 px in the reports of the main job and of the trainer; `null` = all fits. */
export async function reportFault(browser: Browser): Promise<string | null> {
  const page = await browser.newPage({ viewport: { width: 360, height: 800 } });
  const faults: string[] = [];
  try {
    for (const html of [sampleReport(), sampleComparison()]) {
      await page.setContent(html);
      faults.push(...(await page.evaluate<string[]>(FAULTS)));
    }
  } finally {
    await page.close();
  }
  return faults.length === 0 ? null : faults.join('; ');
}
