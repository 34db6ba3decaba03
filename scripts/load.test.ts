import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repositoryRoot } from './repositoryRoot.ts';

/** A package of two files, one of which finds its neighbours from its own place; a program that uses it. */
const FILES = {
  'package.json': '{ "type": "module" }',
  'packages/words/src/index.ts': `export { word } from './inner/word.ts';
export const speak = async () => (await import('./inner/speak.ts')).speak();
`,
  'packages/words/src/inner/speak.ts': `import { sound } from 'a-package-that-is-not-installed';
import { word } from './word.ts';
export const speak = () => sound(word());
`,
  'packages/words/src/inner/word.ts': `import { readFileSync } from 'node:fs';
export const word = (): string => readFileSync(new URL('word.txt', import.meta.url), 'utf8');
`,
  'packages/words/src/inner/word.txt': 'first',
  'main.ts': `import { word } from './packages/words/src/index.ts';
const said: string = word();
console.log(said);
`,
};

describe('load.mjs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'molrl-load-'));
  const write = (files: Record<string, string>): void => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  };
  const run = () =>
    spawnSync(
      process.execPath,
      ['--import', pathToFileURL(join(folder, 'scripts/load.mjs')).href, join(folder, 'main.ts')],
      { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } },
    );
  const bundles = (): string[] => readdirSync(join(folder, '.molrl/loaded'));

  beforeAll(() => {
    for (const name of ['scripts', 'node_modules', 'packages/words/src/inner'])
      mkdirSync(join(folder, name), { recursive: true });
    for (const name of ['load.mjs', 'loadBundles.mjs', 'bundlePackages.mjs'])
      copyFileSync(join(repositoryRoot, 'scripts', name), join(folder, 'scripts', name));
    symlinkSync(join(repositoryRoot, 'node_modules/tsx'), join(folder, 'node_modules/tsx'));
    write(FILES);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('a package is one file, whose modules find what lies beside them', () => {
    expect(run()).toMatchObject({ status: 0, stdout: 'first\n', stderr: '' });
    expect(bundles()).toEqual([expect.stringMatching(/^words-[0-9a-f]{16}$/)]);
  });

  test('what a lazy part needs may be missing until it is asked for', () => {
    const lazy = `import { speak } from './packages/words/src/index.ts';
console.log(await speak().catch((error: Error) => error.message));
`;
    write({ 'main.ts': lazy });
    const { status, stdout } = run();
    expect(status).toBe(0);
    expect(stdout).toContain("Cannot find package 'a-package-that-is-not-installed'");
    write({ 'main.ts': FILES['main.ts'] });
  });

  test('changed sources count at the next start; an error is told by the line of its source', () => {
    const [before] = bundles();
    write({
      'packages/words/src/inner/word.ts':
        "\nexport const word = (): string => {\n  throw new Error('no word');\n};\n",
    });
    const { status, stderr } = run();
    expect(status).toBe(1);
    expect(stderr).toMatch(/packages[\\/]words[\\/]src[\\/]inner[\\/]word\.ts:3/);
    expect(bundles()).toHaveLength(2); // a run that goes on may still need the one from before
    const lastWeek = new Date(Date.now() - 8 * 24 * 3600 * 1000);
    utimesSync(join(folder, '.molrl/loaded', before!), lastWeek, lastWeek);
    write({ 'packages/words/src/inner/word.ts': FILES['packages/words/src/inner/word.ts'] });
    expect(run().status).toBe(0);
    expect(bundles()).not.toContain(before);
  });

  test('where no bundle can be written it runs file by file', () => {
    rmSync(join(folder, '.molrl'), { recursive: true });
    write({ ...FILES, '.molrl': 'a file where a folder would be' });
    expect(run()).toMatchObject({ status: 0, stdout: 'first\n', stderr: '' });
  });
});
