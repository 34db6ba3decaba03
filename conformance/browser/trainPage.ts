import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDevice } from '@molrl/tensor-gpu';
import type { Browser } from 'playwright-core';
import { digestOf } from '../../examples/browser/run/digest.ts';
import { type RunFile, readRunFile } from '../../examples/browser/run/runFile.ts';
import { Session } from '../../examples/browser/run/session.ts';
import { openLearner } from '../../examples/trainer/method/learner.ts';
import { repositoryRoot } from '../../scripts/repositoryRoot.ts';
import { equal } from './equal.ts';
import { BASE, checkAdapter, checkModel, GGUF, ggufFile } from './ownModel.ts';
import { openPage } from './pageDriver.ts';

const JOB = join(repositoryRoot, 'examples', 'mol-rl');
/** A claim about the page, and the check that throws where it does not hold. */
export type PageCheck = [claim: string, check: () => Promise<void>];

/** Small enough that the whole of it takes seconds. */
const SMALL = { episodes: 16, molUpdates: 3, grpoUpdates: 2, prompts: 4, numGenerations: 4 };

/** What the training page must do without a GPU, in the order in which a person does it. */
export function trainPageChecks(browser: Browser, origin: string): PageCheck[] {
  const address = `${origin}/index.html`;
  let shared = '';
  return [
    [
      'trains on WebAssembly with a notice, one step at a time, at another rate, over a refresh; asks before and after',
      async () => {
        const driver = await openPage(browser, address);
        const { page, reads, text } = driver;
        const cores = Number(await page.evaluate('navigator.hardwareConcurrency'));
        const threads = cores === 1 ? 'one thread' : `${Math.min(cores, 16)} threads`;
        await reads('#notice', new RegExp(`in WebAssembly on ${threads}:`));
        await driver.start(SMALL);
        await page.click('#step');
        await reads('#position', /^collect 1\/1, paused/);
        await page.click('#step');
        await reads('#position', /^mol 1\/3, paused/);
        await page.fill('[name=learningRate]', '0.0005');
        await page.click('#rate button');
        await reads('#changes', /^learning rate 0.0005 from mol 2 on$/);
        await driver.refresh();
        await reads('#position', /^mol 1\/3, paused/);
        equal(await page.inputValue('[name=learningRate]'), '0.0005');
        await page.click('#train');
        await reads('#position', /^mol 2\/3, training|^mol 3\/3, training|^grpo/);
        await page.click('#pause');
        await reads('#position', /paused|done/);
        await page.reload(); // whatever was done since the checkpoint is done again
        await reads('#position', /paused|done/);
        await page.click('#train:not([disabled])');
        await reads('#position', /^grpo 2\/2, done/);
        for (const title of ['Reward', 'Loss', 'KL to the base'])
          if (!(await text('#curves')).includes(title)) throw new Error(`no curve: ${title}`);
        await reads('#episodes', /reward: [01]/);
        await page.click('#ask button');
        await reads('#answers', /before: [\s\S]*\d{4}[\s\S]*after: [\s\S]*\d{4}/);
        const width = Number(await page.evaluate('document.documentElement.scrollWidth'));
        if (width > 360) throw new Error(`the page is ${width} px wide`);
        shared = String((await driver.files('#share'))['run.json']);
        await checkModel(await driver.files('#export'));
        await driver.close();
      },
    ],
    [
      'a shared run gives the same bits elsewhere, uninterrupted, and in Node',
      async () => {
        const driver = await openPage(browser, address);
        const run = readRunFile(shared);
        equal(run.actions, [{ stage: 'mol', step: 1, learningRate: 0.0005 }]);
        equal(await driver.replay(shared), `Replayed ${run.updates} steps: the same bits.`);
        await driver.close();
        equal(await digestInNode(run), run.digest);
      },
    ],
    [
      'a tab that is hidden keeps what it did, one that is put to sleep goes on with the same bits',
      async () => {
        const driver = await openPage(browser, address);
        const { page, reads, text } = driver;
        const long = { ...SMALL, grpoUpdates: 200 };
        await driver.start(long);
        await page.click('#train');
        await reads('#position', /^grpo \d+\/200, training/);
        await page.evaluate(HIDE);
        await page.waitForTimeout(1000); // the update under way, and the file
        const seen = stepIn(await text('#position'));
        await page.reload();
        const kept = stepIn(await reads('#position', /^grpo \d+\/200, paused/));
        if (kept < 1 || kept > seen) throw new Error(`kept ${kept} of ${seen}`);
        await page.click('#train');
        await reads('#position', /training/);
        const tab = await page.context().newCDPSession(page);
        await tab.send('Page.setWebLifecycleState', { state: 'frozen' });
        await page.waitForTimeout(500);
        await tab.send('Page.setWebLifecycleState', { state: 'active' });
        const from = stepIn(await text('#position'));
        await until(async () => stepIn(await text('#position')) > from + 1);
        await page.click('#pause');
        await reads('#position', /paused/);
        const run = String((await driver.files('#share'))['run.json']);
        await driver.close();
        equal(await digestInNode(readRunFile(run)), readRunFile(run).digest);
      },
    ],
    [
      'another rate gives other bits, and a run of another model is refused',
      async () => {
        const driver = await openPage(browser, address);
        const other = shared.replace('"learningRate": 0.0005', '"learningRate": 0.0006');
        const said = await driver.replay(other);
        if (!said.includes('other bits, although the device is the same')) throw new Error(said);
        await driver.page.click('#forget');
        await driver.page.waitForSelector('#choice:not([hidden])');
        const alien = shared.replace(/"fingerprint": "[^"]+"/, '"fingerprint": "0"');
        await driver.replay(alien).then(
          (text) => equal(text, 'an error'),
          ({ message }: Error) => equal(/another model is chosen/.test(message), true),
        );
        await driver.close();
      },
    ],
    [
      'files of one’s own train an adapter, which is exported and survives a refresh',
      async () => {
        const driver = await openPage(browser, address);
        const { page, reads } = driver;
        await page.selectOption('[name=model]', 'files');
        const names = ['config.json', 'tokenizer.json', 'model.safetensors'];
        await page.setInputFiles(
          '[name=files]',
          names.map((name) => join(BASE, name)),
        );
        await driver.start({ ...SMALL, environment: 'codewords', arm: 'grpo', lora: 4 });
        await page.click('#step');
        await reads('#position', /^grpo 1\/2, paused/);
        await driver.refresh();
        await page.click('#step');
        await reads('#position', /^grpo 2\/2, paused/);
        await checkAdapter(await driver.files('#export'), BASE);
        await driver.close();
      },
    ],
    [
      'a GGUF file of one’s own trains an adapter, which is exported and survives a refresh',
      async () => {
        const driver = await openPage(browser, address);
        const { page, reads } = driver;
        await page.selectOption('[name=model]', 'files');
        await page.setInputFiles('[name=files]', await ggufFile());
        await driver.start({ ...SMALL, environment: 'codewords', lora: 4 });
        await page.click('#step');
        await reads('#position', /^collect 1\/1, paused/);
        await page.click('#step');
        await reads('#position', /^mol 1\/3, paused/);
        await driver.refresh();
        await page.click('#step');
        await reads('#position', /^mol 2\/3, paused/);
        await checkAdapter(await driver.files('#export'), GGUF);
        await driver.close();
      },
    ],
    [
      'rows of one’s own train over a refresh; the shared run needs their file',
      async () => {
        const content = '{"question": "4876 rav", "answer": "6784"}\n';
        const file = (text: string) => ({
          ...{ name: 'mine.jsonl', mimeType: 'application/json', buffer: Buffer.from(text) },
        });
        const driver = await openPage(browser, address);
        const { page, reads } = driver;
        await page.setInputFiles('[name=rows]', file(content));
        await driver.start({ ...SMALL, environment: 'rows' });
        await page.click('#step');
        await reads('#position', /^collect 1\/1, paused/);
        await reads('#episodes', /4876 rav[\s\S]*(Wrong\. The answer is 6784\.|Right\.)/);
        await driver.refresh();
        await page.click('#step');
        await reads('#position', /^mol 1\/3, paused/);
        const run = String((await driver.files('#share'))['run.json']);
        await driver.close();
        const other = await openPage(browser, address);
        await other.page.selectOption('[name=environment]', 'rows');
        await other.page.setInputFiles('[name=rows]', file(content.replace('6784', '6785')));
        await other.replay(run).then(
          (text) => equal(text, 'an error'),
          ({ message }: Error) => equal(/other rows are chosen/.test(message), true),
        );
        await other.page.setInputFiles('[name=rows]', file(content));
        equal(await other.replay(run), 'Replayed 2 steps: the same bits.');
        await other.close();
      },
    ],
  ];
}

/** What a browser does to a page whose tab is left for another one. */
const HIDE = `Object.defineProperty(document, 'hidden', { configurable: true, value: true });
document.dispatchEvent(new Event('visibilitychange'));`;

const stepIn = (position: string): number => Number(/ (\d+)\//.exec(position)?.[1] ?? 0);

/** @throws {Error} after half a minute. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await holds()); ) {
    if (Date.now() > end) throw new Error('nothing more was done');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** On a server that sends no headers of its own. */
export function plainServerCheck(browser: Browser, origin: string): PageCheck {
  return [
    'where the server does not isolate it, it says that it computes on one thread, and why',
    async () => {
      const driver = await openPage(browser, `${origin}/index.html`);
      await driver.reads('#notice', /on one thread \(the page is not cross-origin isolated: /);
      await driver.close();
    },
  ];
}

/** The same run by the same kernels, without a browser. */
async function digestInNode({ plan, actions, updates }: RunFile): Promise<string> {
  const device = await openDevice('cpu', { kernels: 'wasm', threads: 1 });
  try {
    const learner = await openLearner({ source: BASE, format: 'recipe' });
    const text = readFileSync(join(JOB, 'text', 'train.txt'), 'utf8');
    const session = new Session(learner, plan, { text, actions });
    for (let k = 0; k < updates; k++) await session.next();
    const digest = await digestOf(await session.snapshot());
    session.dispose();
    learner.dispose();
    return digest;
  } finally {
    device.dispose();
  }
}
