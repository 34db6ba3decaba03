import { spawnSync } from 'node:child_process';
import { packPackages } from './packPackages.ts';
import { repositoryRoot } from './repositoryRoot.ts';

/** One line of `pnpm check`: a claim about the repository and the command that proves it. */
interface Check {
  readonly name: string;
  readonly command: readonly string[];
}

const node = (...args: string[]): string[] => [process.execPath, ...args];
const tool = (path: string, ...args: string[]): string[] => node(`node_modules/${path}`, ...args);
const script = (file: string): string[] =>
  node('--conditions=@molrl/source', '--import', 'tsx', file);
const packages = ['tensor-gpu', 'qwen3', 'mol-loss', 'ef-env', 'grpo'];

/** ef-env's worker files are started by their address and tensor-gpu's kernels fetched by theirs: nothing in them is to be typed. */
const UNTYPED = [
  '--exclude-entrypoints',
  ...['javascriptWorker', 'pythonWorker', 'typescriptWorker'],
  ...['relaxed.wasm', 'simd.wasm'],
];

const sourceChecks: Check[] = [
  { name: 'types of the workspace', command: tool('typescript/bin/tsc', '-p', 'tsconfig.json') },
  ...packages.map((name) => ({
    name: `types of ${name} alone`,
    command: tool('typescript/bin/tsc', '-p', `packages/${name}/tsconfig.json`),
  })),
  { name: 'types of the page', command: tool('typescript/bin/tsc', '-p', 'examples/browser') },
  {
    name: "types of the sandbox's programs",
    command: tool(
      'typescript/bin/tsc',
      '-p',
      'packages/ef-env/src/judges/sandbox/javascript/programs',
    ),
  },
  {
    name: 'types of the thread pool',
    command: tool(
      'typescript/bin/tsc',
      '-p',
      'packages/tensor-gpu/src/backend/cpu/engine/programs',
    ),
  },
  {
    name: 'lint',
    command: tool(
      '@biomejs/biome/bin/biome',
      'check',
      '--error-on-warnings',
      '--diagnostic-level=warn',
    ),
  },
  { name: 'dead code', command: tool('knip/bin/knip.js') },
  {
    name: 'floors',
    command: tool(
      'dependency-cruiser/bin/dependency-cruise.mjs',
      'packages',
      'examples',
      '--config',
    ),
  },
  { name: 'dependencies', command: script('scripts/checkDependencies.ts') },
  { name: 'documentation', command: script('scripts/testDocs.ts') },
];

function packageChecks(tarballs: Record<string, string>): Check[] {
  const each = Object.entries(tarballs).flatMap(([name, file]) => [
    { name: `publint ${name}`, command: tool('publint/src/cli.js', file, '--strict') },
    {
      name: `attw ${name}`,
      command: tool('@arethetypeswrong/cli/dist/index.js', file, ...UNTYPED),
    },
  ]);
  return [
    ...each,
    { name: 'size budgets', command: tool('size-limit/bin.js') },
    {
      name: 'packages in an empty folder',
      command: tool('vitest/vitest.mjs', 'run', '--config', 'vitest.packed.config.ts'),
    },
  ];
}

/** Runs one check; its output is shown only when it fails. */
function passes({ name, command }: Check): boolean {
  const started = Date.now();
  const [file, ...args] = command;
  const { status, stdout, stderr, error } = spawnSync(file ?? '', args, {
    cwd: repositoryRoot,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (status !== 0) console.log([stdout, stderr, error?.message].filter(Boolean).join('\n'));
  return status === 0;
}

function main(): void {
  const results = sourceChecks.map(passes);
  let tarballs: Record<string, string> = {};
  try {
    tarballs = packPackages();
    console.log('ok     build and pack');
    results.push(true);
  } catch (error) {
    console.log(`FAILED build and pack\n${error instanceof Error ? error.message : error}`);
    results.push(false);
  }
  results.push(...packageChecks(tarballs).map(passes));
  const passed = results.filter(Boolean).length;
  console.log(`${passed} passed, ${results.length - passed} failed`);
  process.exitCode = passed === results.length ? 0 : 1;
}

main();
