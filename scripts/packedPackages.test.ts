import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packPackages } from './packPackages.ts';

/** A program in both module systems: what each package exports, and what the installed engine computes. */
const useThem = (load: (name: string) => string): string => `
const names = ['grpo', 'mol-loss', 'ef-env', 'qwen3', 'tensor-gpu'];
const exported = {};
for (const name of names) exported[name] = Object.keys(${load("'@molrl/' + name")}).filter((key) => key !== 'default' && key !== 'module.exports').sort();
const { defineKernel, linear, openCpu, record } = ${load("'@molrl/tensor-gpu'")};
const { mul, scalar, sum, tanh, tensor1d, tensor2d } = ${load("'@tensorflow/tfjs-core'")};
const device = await openCpu({ threads: 2, kernels: 'wasm' });
const x = tensor2d([[1, 2]]);
const { value, tape } = record(() => linear(x, tensor2d([[3, 4], [5, 6]])));
const product = Array.from(await value.data());
const { value: loss, tape: second } = record(() => sum(tanh(x))); // tfjs's own gradients
const [gradient] = second.backward([[loss, scalar(1)]], [x]);
const slope = (await gradient.data())[0];
const square = defineKernel({ name: 'square2', forward: (x) => x * x, reference: (x) => mul(x, x) });
await square.ready(); // loads the chunk with gpu.js
const squares = Array.from(await square(tensor1d([2, 3])).data());
const kind = device.kind;
tape.dispose();
device.dispose();
process.stdout.write(JSON.stringify({ exported, product, slope, squares, kind }));
`;

interface Seen {
  exported: Record<string, string[]>;
  product: number[];
  slope: number;
  squares: number[];
  kind: string;
}

/** Paths of the files under a folder, relative to it, with forward slashes. */
function filesUnder(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
}

describe('the packed packages in an empty folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'molrl-packed-'));
  let installation = '';
  let packed: Record<string, string> = {};

  const run = (command: string, args: string[]): string => {
    const { status, stdout, stderr } = spawnSync(command, args, {
      cwd: folder,
      encoding: 'utf8',
      shell: process.platform === 'win32',
      // vitest's own loaders and NODE_ENV=test are not the consumer's.
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        NODE_ENV: 'production',
        npm_config_loglevel: 'warn',
      },
    });
    if (status !== 0)
      throw new Error(`${command} ${args.join(' ')}: exit code ${status}\n${stdout}${stderr}`);
    return stdout + stderr;
  };
  const runFile = (name: string, text: string): Seen => {
    writeFileSync(join(folder, name), text);
    const output = run(process.execPath, [name]);
    return JSON.parse(output.slice(output.indexOf('{'))) as Seen; // the shape written by useThem
  };

  beforeAll(() => {
    packed = packPackages();
    writeFileSync(join(folder, 'package.json'), '{ "private": true }');
    installation = run('npm', [
      'install',
      '--foreground-scripts',
      '--no-audit',
      '--no-fund',
      ...Object.values(packed),
      '@tensorflow/tfjs-core@4.22.0',
    ]);
  }, 300_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('hold what is needed and nothing else', () => {
    for (const name of Object.keys(packed)) {
      const files = filesUnder(join(folder, 'node_modules', name));
      expect(files, name).toEqual(
        expect.arrayContaining(['LICENSE', 'README.md', 'dist/index.cjs']),
      );
      const foreign = files.filter((file) => /^src|fixtures|\.test\.|node_modules/.test(file));
      expect(foreign, name).toEqual([]);
    }
  });

  test('bring no webgpu, gl, gpu.js or koffi with them', () => {
    for (const name of ['webgpu', 'gl', 'gpu.js', 'koffi'])
      expect(existsSync(join(folder, 'node_modules', name)), name).toBe(false);
    expect(existsSync(join(folder, 'node_modules', '@tensorflow', 'tfjs-core'))).toBe(true);
  });

  test('run no install script', () => {
    const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { hasInstallScript?: boolean }>;
    };
    const withScript = Object.entries(lock.packages).filter(
      ([, entry]) => entry.hasInstallScript === true,
    );
    expect(withScript.map(([path]) => path)).toEqual([]);
    expect(installation).not.toMatch(/^> .*(pre|post)?install$/m); // what --foreground-scripts would print
  });

  test('work alike as ES modules and as CommonJS, with the engine they bring', () => {
    const esm = runFile(
      'use.mjs',
      useThem((name) => `await import(${name})`),
    );
    const cjs = runFile('use.cjs', `(async () => {${useThem((name) => `require(${name})`)}})();`);
    expect(esm.product).toEqual([11, 17]);
    expect(esm.slope).toBeCloseTo(1 - Math.tanh(1) ** 2, 5);
    expect(esm.squares).toEqual([4, 9]);
    expect(esm.kind).toBe('wasm');
    expect(cjs).toEqual(esm);
    for (const [name, names] of Object.entries(esm.exported))
      expect(names.length, name).toBeGreaterThan(0);
  });
});
