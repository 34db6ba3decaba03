import type { Browser } from 'playwright-core';
import { equal } from './equal.ts';
import { openPage } from './pageDriver.ts';
import type { PageCheck } from './trainPage.ts';

/** What the training page must do on a GPU: what it does without one, and go on after the device was lost in the middle of an update. */
export function gpuPageChecks(browser: Browser, origin: string): PageCheck[] {
  return [
    [
      'the training page trains on the GPU, and a device lost in mid-step goes on from the checkpoint with the same bits',
      async () => {
        const driver = await openPage(browser, `${origin}/index.html`);
        const { page, reads } = driver;
        await reads('#device', /^webgpu/);
        // two updates in which the attempts differ in reward, so that the weights move
        const settings = { seed: 4, arm: 'grpo', prompts: 1, numGenerations: 4, grpoUpdates: 2 };
        await driver.start(settings);
        await page.click('#step');
        await reads('#position', /^grpo 1\/2, paused/);
        await page.click('#step');
        await page.waitForTimeout(1500); // into the update
        await page.evaluate('loseDevice()');
        await reads('#notice', /device was lost/);
        await reads('#notice', /^$/); // opened anew
        await reads('#position', /^grpo 1\/2, paused/);
        await page.click('#step');
        await reads('#position', /^grpo 2\/2, paused/);
        const shared = String((await driver.files('#share'))['run.json']);
        await driver.close();
        const other = await openPage(browser, `${origin}/index.html`);
        equal(await other.replay(shared), 'Replayed 2 steps: the same bits.');
        await other.close();
      },
    ],
  ];
}
