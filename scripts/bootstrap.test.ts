import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repositoryRoot } from './repositoryRoot.ts';

/** Stands for the main job: says what it was given, ends as its first argument wants. */
const MAIN = `
process.on('SIGTERM', () => { console.log('saved'); process.exit(143); });
console.log(JSON.stringify(process.argv.slice(2)));
if (process.argv[2] === 'wait') setTimeout(() => {}, 60_000);
else process.exit(Number(process.argv[2]));
`;

describe('bootstrap', () => {
  const folder = mkdtempSync(join(tmpdir(), 'molrl-bootstrap-'));
  const start = (...args: string[]): ChildProcess =>
    spawn(process.execPath, [join(folder, 'scripts', 'bootstrap.mjs'), ...args], {
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}`,
      },
    });
  const ended = async (child: ChildProcess): Promise<{ code: number | null; output: string }> => {
    let output = '';
    child.stdout?.on('data', (text) => {
      output += text;
    });
    child.stderr?.on('data', (text) => {
      output += text;
    });
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return { code, output };
  };

  beforeAll(() => {
    for (const name of ['scripts', 'node_modules', 'examples/mol-rl'])
      mkdirSync(join(folder, name), { recursive: true });
    for (const name of ['bootstrap.mjs', 'load.mjs', 'loadBundles.mjs', 'bundlePackages.mjs'])
      copyFileSync(join(repositoryRoot, 'scripts', name), join(folder, 'scripts', name));
    symlinkSync(join(repositoryRoot, 'node_modules', 'tsx'), join(folder, 'node_modules', 'tsx'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'examples', 'mol-rl', 'main.ts'), MAIN);
    writeFileSync(join(folder, 'pnpm-lock.yaml'), 'lock');
    const stamp = createHash('sha256').update('lock').digest('hex');
    writeFileSync(join(folder, 'node_modules', '.molrl-installed'), stamp);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('an installed workspace starts at once; a literal -- is dropped; the exit code is passed on', async () => {
    const { code, output } = await ended(start('start', '--', '7', '--quick'));
    expect(output.trim()).toBe('["7","--quick"]');
    expect(code).toBe(7);
  });

  test('a signal reaches the job, which ends in its own way', async () => {
    const child = start('start', 'wait');
    const end = ended(child);
    await new Promise<void>((resolve) => child.stdout?.once('data', () => resolve()));
    child.kill('SIGTERM');
    expect(await end).toEqual({ code: 143, output: '["wait"]\nsaved\n' });
  });

  test('the main job is installed without tools, the tests with them, and what is there stays', async () => {
    const asked = join(folder, 'asked');
    const npx = join(folder, 'bin', 'npx');
    mkdirSync(join(folder, 'bin'));
    writeFileSync(npx, `#!/bin/sh\necho "$@" > ${asked}\n`, { mode: 0o755 });
    const installedFor = async (
      lock: string,
      tools: boolean,
      ...args: string[]
    ): Promise<string> => {
      writeFileSync(
        join(folder, 'package.json'),
        '{ "type": "module", "packageManager": "pnpm@1" }',
      );
      writeFileSync(join(folder, 'pnpm-lock.yaml'), lock);
      const record = JSON.stringify({ included: { devDependencies: tools } }, null, 2);
      writeFileSync(join(folder, 'node_modules', '.modules.yaml'), record);
      rmSync(asked, { force: true });
      await ended(start(...args));
      return existsSync(asked) ? readFileSync(asked, 'utf8').trim() : 'nothing';
    };
    const all = '--yes pnpm@1 install --frozen-lockfile --reporter=append-only';
    expect(await installedFor('new', false, 'start', '0')).toBe(
      all.replace('install', 'install --prod'),
    );
    expect(await installedFor('new', false, 'start', '0')).toBe('nothing');
    expect(await installedFor('new', false, 'test', '0')).toBe(all);
    expect(await installedFor('new', false, 'page', '0')).toBe(all);
    expect(await installedFor('new', true, 'test', '0')).toBe('nothing');
    expect(await installedFor('newer', true, 'start', '0')).toBe(all);
  });

  test('an unknown command is named', async () => {
    const { code, output } = await ended(start('strat'));
    expect(output).toMatch(
      /^bootstrap: unknown command 'strat'\. Known: start, train, .*, test\.\n$/,
    );
    expect(code).toBe(1);
  });
});

test('npm runs no script of the repository before or after another', () => {
  const { scripts } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8'));
  const names = Object.keys(scripts);
  const hooks = names.flatMap((name) => [`pre${name}`, `post${name}`]);
  expect(names.filter((name) => hooks.includes(name))).toEqual([]);
});
