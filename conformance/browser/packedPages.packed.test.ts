import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ISOLATION } from '../../examples/browser/isolation.ts';
import { type PackedFolder, packedFolder } from '../../scripts/packedFolder.ts';
import { findChromium } from './findChromium.ts';
import { namesNode } from './namesNode.ts';
import { PACKED_PAGES, type PageFiles } from './packedPages.ts';
import { packedProgram } from './packedProgram.ts';
import { serveFiles } from './serveFiles.ts';

/** Budget of a page with all five packages, tfjs-core and what is loaded on demand: scripts, compressed, without kernels. */
const SCRIPT_BYTES = 433_000;
const executablePath = findChromium();
/** Where there is no Chromium the pages are built and not opened; on CI that is a failure. */
const inChromium = test.skipIf(executablePath === null && !process.env.CI);

describe('pages made of the packed packages', () => {
  let installed: PackedFolder;
  let browser: Browser | undefined;
  let inNode: string;

  beforeAll(async () => {
    installed = packedFolder(['@tensorflow/tfjs-core@4.22.0']);
    const program = packedProgram('', "{ kernels: 'wasm', threads: 1 }");
    const print = 'process.stdout.write(await globalThis.packedResult);';
    writeFileSync(join(installed.folder, 'page.mjs'), `${program}${print}`);
    const output = installed.run(process.execPath, ['page.mjs']);
    inNode = output.slice(output.indexOf('{"rewards"'));
    if (executablePath !== null) browser = await chromium.launch({ executablePath });
  }, 300_000);

  afterAll(async () => {
    await browser?.close();
    installed.dispose();
  });

  test('do something: rewards differ, so that there is a gradient', () => {
    const { rewards, gradNorm, squares } = JSON.parse(inNode);
    expect(new Set(rewards)).toEqual(new Set([0, 1]));
    expect(gradNorm).toBeGreaterThan(0);
    expect(squares).toEqual([4, 9]);
  });

  describe.each(Object.entries(PACKED_PAGES))('by %s', (name, build) => {
    let files: PageFiles;

    beforeAll(async () => {
      files = await build(installed);
    }, 120_000);

    test.skipIf(name === 'an import map')('have nothing of Node, and a stated size', () => {
      const scripts = [...files].filter(([path]) => path.endsWith('.js'));
      const named = scripts.filter(([, text]) => namesNode(String(text))).map(([path]) => path);
      const bytes = scripts.reduce((sum, [, text]) => sum + gzipSync(text).length, 0);
      console.log(`${name}: ${scripts.length} scripts, ${bytes} bytes compressed`);
      expect(named).toEqual([]);
      expect(bytes).toBeLessThan(SCRIPT_BYTES);
    });

    inChromium.each([
      ['two threads', ISOLATION, 2],
      ['one, where the server does not let them share memory', {}, 1],
    ])('compute what Node computes, bit for bit, on %s', async (_, headers, threads) => {
      if (!browser) throw new Error('there is no Chromium: set CHROMIUM, or install one');
      const server = await serveFiles(files, headers);
      const page = await browser.newPage();
      const faults: string[] = [];
      page.on('pageerror', ({ message }) => faults.push(message));
      page.on('request', (request) => {
        if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(server.origin))
          faults.push(request.url());
      });
      page.on('response', (response) => {
        if (!response.ok()) faults.push(`${response.status()} ${response.url()}`);
      });
      try {
        await page.goto(`${server.origin}/index.html`);
        const result = await page.evaluate('globalThis.packedResult');
        expect(faults).toEqual([]);
        expect(result).toBe(inNode);
        expect(await page.evaluate('globalThis.packedThreads')).toBe(threads);
      } finally {
        await page.close();
        await server.close();
      }
    });
  });
});
