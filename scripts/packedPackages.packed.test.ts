import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type BuildResult, build as esbuild } from 'esbuild';
import { build } from 'tsup';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PackedFolder, packedFolder } from './packedFolder.ts';
import { useThem, useWithoutPeers } from './packedPrograms.ts';
import { repositoryRoot } from './repositoryRoot.ts';
import { THIRD_PARTY_FILE } from './thirdPartyLicenses.ts';

interface Seen {
  exported: Record<string, string[]>;
  /** The policy gradient of two completions, and a mixture of losses. */
  losses: number[];
  product: number[];
  slope: number;
  squares: number[];
  kind: string;
}

const WORKERS = ['javascriptWorker', 'pythonWorker', 'typescriptWorker'];

/** Free names that exist in Node only, renamed so that they can be found in a bundle. */
const NODE_GLOBALS = { process: 'nodeProcess', Buffer: 'nodeBuffer', require: 'nodeRequire' };

/** Paths of the files under a folder, relative to it, with forward slashes. */
function filesUnder(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
}

describe('the packed packages in an empty folder', () => {
  let installed: PackedFolder;
  let folder = '';
  const run: PackedFolder['run'] = (command, args) => installed.run(command, args);
  const runFile = (name: string, text: string): Seen => {
    writeFileSync(join(folder, name), text);
    const output = run(process.execPath, [name]);
    return JSON.parse(output.slice(output.indexOf('{'))) as Seen; // the shape written by useThem
  };

  beforeAll(() => {
    installed = packedFolder(['@tensorflow/tfjs-core@4.22.0']);
    folder = installed.folder;
  }, 300_000);

  afterAll(() => installed.dispose());

  test('hold what is needed and nothing else', () => {
    for (const name of Object.keys(installed.packed)) {
      const files = filesUnder(join(folder, 'node_modules', name));
      expect(files, name).toEqual(
        expect.arrayContaining(['LICENSE', 'README.md', 'dist/index.cjs']),
      );
      const foreign = files.filter((file) => /^src|fixtures|\.test\.|node_modules/.test(file));
      expect(foreign, name).toEqual([]);
    }
  });

  test('carry the licence texts of what is bundled in them', () => {
    const read = (name: string, file: string): string =>
      readFileSync(join(folder, 'node_modules', name, file), 'utf8');
    const texts = read('@molrl/tensor-gpu', `dist/${THIRD_PARTY_FILE}`);
    for (const [bundled, words] of Object.entries({
      '@tensorflow/tfjs-core 4.22.0 (Apache-2.0)': /Copyright \d+ Google/,
      'gpu.js 2.24.1 (MIT)': /Copyright.*gpu\.js/i,
      'gpu-mock.js 1.4.1 (MIT)': /Permission is hereby granted/,
      'acorn 8.14.0 (MIT)': /Copyright.*Acorn contributors|Permission is hereby granted/i,
    })) {
      const [, text = ''] = texts.split(bundled);
      expect(text.slice(0, 3000), bundled).toMatch(words);
    }
    expect(texts).toContain('TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION');
    for (const name of Object.keys(installed.packed)) {
      const bundles = filesUnder(join(folder, 'node_modules', name, 'dist')).filter((file) =>
        /\.c?js$/.test(file),
      );
      const foreign = bundles.flatMap((file) => [
        ...read(name, `dist/${file}`).matchAll(
          /^\s*\/\/ .*node_modules\/((?:@[^/]+\/)?[^/@.][^/]*)\/(?!.*node_modules)/gm,
        ),
      ]);
      const licences = existsSync(join(folder, 'node_modules', name, 'dist', THIRD_PARTY_FILE))
        ? read(name, `dist/${THIRD_PARTY_FILE}`)
        : '';
      for (const [, bundled] of foreign)
        expect(licences, `${name} bundles ${bundled}`).toContain(`\n${bundled} `);
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
    expect(installed.installation).not.toMatch(/^> .*(pre|post)?install$/m); // what --foreground-scripts would print
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
    expect(gzipSync(text, { level: 9 }).length).toBeLessThan(15_700); // a loss's 9.5 kB and mol-loss's 7.5 kB, less what they share
    expect(run(process.execPath, [join('bundle', bundle!)])).toBe('[-2,2]');
  });

  describe('ef-env', () => {
    const fileOfIt = (file: string): string =>
      readFileSync(join(folder, 'node_modules/@molrl/ef-env', file), 'utf8');
    const runForJson = (name: string, text: string): unknown => {
      writeFileSync(join(folder, name), text);
      return JSON.parse(run(process.execPath, [name]));
    };
    /** Bundles for a browser, as users do; what is not installed stays outside, as it is loaded lazily. */
    const bundleForBrowser = (
      contents: string,
    ): Promise<BuildResult<{ write: false; metafile: true }>> =>
      esbuild({
        ...{ stdin: { contents, resolveDir: folder }, write: false, metafile: true },
        ...{ bundle: true, minify: true, format: 'esm', logLevel: 'silent', define: NODE_GLOBALS },
        ...{ platform: 'browser', conditions: ['browser', 'import'] },
      });
    const importsOf = ({ metafile }: BuildResult<{ metafile: true }>): string[] =>
      Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));

    test('declares types that need no other package, and take the Worker of a browser', () => {
      writeFileSync(
        join(folder, 'page.ts'),
        `import { type Environment, javascriptSandbox } from '@molrl/ef-env';
export const environment: Environment<unknown> | null = null;
export const sandbox = javascriptSandbox({ worker: () => new Worker('worker.js', { type: 'module' }) });`,
      );
      const program = ts.createProgram([join(folder, 'page.ts')], {
        ...{ strict: true, noEmit: true, types: [], lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'] },
        ...{ target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
        moduleResolution: ts.ModuleResolutionKind.Bundler,
      });
      const faults = ts.getPreEmitDiagnostics(program).map(({ messageText }) => messageText);
      expect(faults).toEqual([]);
    });

    test('names the package to install wherever an optional one is missing', () => {
      const esm = runForJson(
        'peerless.mjs',
        useWithoutPeers((name) => `await import(${name})`),
      ) as Record<string, [string, string]>; // as that program writes it
      for (const [peer, [code, message]] of Object.entries(esm)) {
        expect(code, `${peer}: ${message}`).toBe('missing-peer');
        expect(message).toContain(`npm install ${peer}`);
      }
      const required = useWithoutPeers((name) => `require(${name})`);
      const cjs = runForJson('peerless.cjs', `(async () => {${required}})();`);
      expect(cjs).toEqual(esm);
    });

    test('bundles for browsers: nothing of Node, optional packages outside', async () => {
      const everything = await bundleForBrowser("export * from '@molrl/ef-env';");
      const workers = await bundleForBrowser(
        WORKERS.map((name) => `import '@molrl/ef-env/${name}';`).join(''),
      );
      for (const bundle of [everything, workers]) {
        const [{ text } = { text: '' }] = bundle.outputFiles;
        expect(text).not.toMatch(/nodeProcess|nodeBuffer|nodeRequire/);
        expect(text.length).toBeGreaterThan(1000);
        const peers = Object.keys(JSON.parse(fileOfIt('package.json')).peerDependencies);
        expect(peers).toEqual(expect.arrayContaining(importsOf(bundle)));
      }
    });

    test('brings a core of less than 12.4 kB', async () => {
      const { outputFiles } = await bundleForBrowser(
        "export { collect, defineEnvironment, rubric, promptEnvironment } from '@molrl/ef-env';",
      );
      expect(outputFiles).toHaveLength(1);
      expect(gzipSync(outputFiles[0]!.contents, { level: 9 }).length).toBeLessThan(12_400);
    });

    test('runs JavaScript once quickjs-emscripten is installed', () => {
      const peer = 'quickjs-emscripten'; // the workspace's copy, as a link: npm would take seconds
      symlinkSync(
        join(repositoryRoot, 'packages/ef-env/node_modules', peer),
        join(folder, 'node_modules', peer),
        'junction',
      );
      const program = (load: string): string => `
const { javascriptSandbox } = ${load};
const sandbox = javascriptSandbox();
const tests = [{ args: [20, 22], expected: 42 }];
const code = 'function solve(a, b) { return a + b; }';
const { outcome, passed } = await sandbox.run({ mode: 'function', code, tests });
await sandbox.dispose();
process.stdout.write(JSON.stringify({ outcome, passed }));`;
      const answer = { outcome: 'pass', passed: 1 };
      expect(runForJson('sandbox.mjs', program("await import('@molrl/ef-env')"))).toEqual(answer);
      const required = program("require('@molrl/ef-env')");
      expect(runForJson('sandbox.cjs', `(async () => {${required}})();`)).toEqual(answer);
    });
  });
});
