import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'tsup';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packPackages } from './packPackages.ts';

/** A program in both module systems: what each package exports, and what the installed engine computes. */
const useThem = (load: (name: string) => string): string => `
const names = ['grpo', 'mol-loss', 'ef-env', 'qwen3', 'tensor-gpu'];
const exported = {};
for (const name of names) exported[name] = Object.keys(${load("'@molrl/' + name")}).filter((key) => key !== 'default' && key !== 'module.exports').sort();
const { dapoLoss, groupAdvantages } = ${load("'@molrl/grpo'")};
const { molLoss } = ${load("'@molrl/mol-loss'")};
const advantages = groupAdvantages([1, 0], { numGenerations: 2, scaleRewards: 'none' });
const policy = dapoLoss({ logprobs: [-1, -2], advantages, completionMask: [1, 1], sequenceLength: 1 }, {});
const mixture = molLoss({ logprobs: [-2, -1], kl: [0, 0.5], roles: ['environment', 'general'] }, { alpha: 0.5 });
const losses = [...policy.gradient, mixture.loss];
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
process.stdout.write(JSON.stringify({ exported, losses, product, slope, squares, kind }));
`;

interface Seen {
  exported: Record<string, string[]>;
  /** The policy gradient of two completions, and a mixture of losses. */
  losses: number[];
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
    expect(esm.losses).toEqual([-0.25, 0.25, 2.25]);
    expect(esm.product).toEqual([11, 17]);
    expect(esm.slope).toBeCloseTo(1 - Math.tanh(1) ** 2, 5);
    expect(esm.squares).toEqual([4, 9]);
    expect(esm.kind).toBe('wasm');
    expect(cjs).toEqual(esm);
    for (const [name, names] of Object.entries(esm.exported))
      expect(names.length, name).toBeGreaterThan(0);
  });

  test('grpo and mol-loss work in a bundle that holds what is used, and nothing else', async () => {
    writeFileSync(
      join(folder, 'entry.mjs'),
      `import { dapoLoss } from '@molrl/grpo';
import { molLoss } from '@molrl/mol-loss';
const { loss } = dapoLoss({ logprobs: [-1], advantages: [2], completionMask: [1], sequenceLength: 1 }, {});
process.stdout.write(JSON.stringify([loss, molLoss({ logprobs: [-2], kl: [0], roles: ['environment'] }, { alpha: 1 }).loss]));`,
    );
    await build({
      ...{ entry: [join(folder, 'entry.mjs')], outDir: join(folder, 'bundle'), config: false },
      ...{ format: 'esm', minify: true, noExternal: [/.*/], silent: true, target: 'es2022' },
    });
    const [bundle] = filesUnder(join(folder, 'bundle'));
    const text = readFileSync(join(folder, 'bundle', bundle!), 'utf8');
    expect(text).not.toMatch(/from\s*['"]@molrl/);
    expect(text).not.toContain('groupAdvantages'); // its name stands in its error messages
    expect(gzipSync(text, { level: 9 }).length).toBeLessThan(9000); // a loss's 3 kB and mol-loss's 6 kB
    expect(run(process.execPath, [join('bundle', bundle!)])).toBe('[-2,2]');
  });
});
