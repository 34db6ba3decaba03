// `pnpm release:trial`: a release from start to end into a registry on this machine, and what its users see of it. Works
// in copies; the working tree, npm and git's remotes stay as they are. Last line: `N passed, M failed`.
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { firstBlockProgram } from './firstBlockProgram.ts';
import { type LocalRegistry, localRegistry } from './localRegistry.ts';
import { packPackages, pnpmCommand } from './packPackages.ts';
import { repositoryRoot } from './repositoryRoot.ts';
import { runCommand } from './runCommand.ts';

const PACKAGES = readdirSync(join(repositoryRoot, 'packages')).sort();
const TOGETHER = ['qwen3', 'tensor-gpu'];

/** What the second release brings: a minor of one package. */
const SECOND = '---\n"@molrl/tensor-gpu": minor\n---\nA trial.\n';

class Trial {
  readonly folder = mkdtempSync(join(tmpdir(), 'molrl-release-'));
  readonly workspace = join(this.folder, 'workspace');
  readonly registry: LocalRegistry;
  passed = 0;
  failed = 0;

  constructor(registry: LocalRegistry) {
    this.registry = registry;
  }

  async check(claim: string, body: () => Promise<void>): Promise<void> {
    const started = performance.now();
    const fault = await body().then(
      () => null,
      (error: Error) => error.message,
    );
    if (fault === null) this.passed++;
    else this.failed++;
    console.log(
      `${fault === null ? 'ok    ' : 'FAILED'} ${claim} (${((performance.now() - started) / 1000).toFixed(1)} s)`,
    );
    if (fault !== null) console.log(`       ${fault.replaceAll('\n', '\n       ')}`);
  }

  /** Environment of npm, pnpm and changesets: our registry for our scope, pnpm on the PATH, no login of the user. */
  get environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      ...{ NODE_OPTIONS: '', NODE_ENV: 'production', CI: '1', npm_config_loglevel: 'error' },
      PATH: `${join(this.folder, 'bin')}${delimiter}${process.env.PATH}`,
    };
  }

  run(command: string, args: string[], cwd: string): Promise<string> {
    return runCommand(command, args, { cwd, env: this.environment });
  }

  /** Copy of what a release reads, as a git repository of its own. */
  async prepare(): Promise<void> {
    packPackages(); // builds what is not built
    const files = [
      'package.json',
      'pnpm-workspace.yaml',
      'pnpm-lock.yaml',
      'LICENSE',
      '.changeset',
    ];
    for (const file of files)
      cpSync(join(repositoryRoot, file), join(this.workspace, file), { recursive: true });
    for (const name of PACKAGES)
      for (const part of ['package.json', 'README.md', 'dist', 'prebuilds'])
        if (readdirSync(join(repositoryRoot, 'packages', name)).includes(part))
          cpSync(
            join(repositoryRoot, 'packages', name, part),
            join(this.workspace, 'packages', name, part),
            { recursive: true },
          );
    symlinkSync(
      join(repositoryRoot, 'node_modules'),
      join(this.workspace, 'node_modules'),
      'junction',
    );
    // The one dependence between packages, as pnpm links it.
    const link = join(this.workspace, 'packages/qwen3/node_modules/@molrl/tensor-gpu');
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(this.workspace, 'packages/tensor-gpu'), link, 'junction');
    writeFileSync(join(this.workspace, '.gitignore'), 'node_modules\n');
    writeFileSync(join(this.workspace, '.npmrc'), this.npmrc());
    mkdirSync(join(this.folder, 'bin'));
    const [command, ...args] = pnpmCommand();
    writeFileSync(
      join(this.folder, 'bin', 'pnpm'),
      `#!/bin/sh\nexec "${command}" ${args.map((arg) => `"${arg}"`).join(' ')} "$@"\n`,
      { mode: 0o755 },
    );
    await this.commit('start');
  }

  npmrc(): string {
    const { origin } = this.registry;
    return `@molrl:registry=${origin}/\n${origin.slice('http:'.length)}/:_authToken=trial\naudit=false\nfund=false\nprefer-offline=true\n`;
  }

  async commit(message: string): Promise<void> {
    const git = (...args: string[]) =>
      this.run(
        'git',
        ['-c', 'user.name=trial', '-c', 'user.email=trial@localhost', ...args],
        this.workspace,
      );
    if (message === 'start') await git('init', '-q');
    await git('add', '-A');
    await git('commit', '-qm', message);
  }

  /** What `pnpm version-packages` and `pnpm release` do, but for the build. Returns what was published. */
  async release(): Promise<string[]> {
    const before = this.registry.published.length;
    const changeset = join(repositoryRoot, 'node_modules/@changesets/cli/bin.js');
    await this.run(process.execPath, [changeset, 'version'], this.workspace);
    await this.commit('versions');
    await this.run(process.execPath, [changeset, 'publish', '--no-git-tag'], this.workspace);
    return this.registry.published.slice(before).sort();
  }

  /** A user's folder with these packages installed. */
  async project(name: string, packages: string[]): Promise<string> {
    const folder = join(this.folder, name);
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
    writeFileSync(join(folder, '.npmrc'), this.npmrc());
    await this.run('npm', ['install', ...packages, '@tensorflow/tfjs-core@4.22.0'], folder);
    return folder;
  }

  /** Runs the first program of a package's README in a user's folder. */
  async firstBlock(name: string, folder: string): Promise<void> {
    const file = join(folder, `${name}.mjs`);
    writeFileSync(
      file,
      firstBlockProgram(join(folder, 'node_modules', '@molrl', name, 'README.md')),
    );
    await this.run(process.execPath, [file], folder);
  }
}

/** Version of an installed package. */
function versionIn(folder: string, name: string): string {
  const file = join(folder, 'node_modules', '@molrl', name, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version; // npm's format
}

function equal(what: string, actual: unknown, expected: unknown): void {
  const [got, want] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (got !== want) throw new Error(`${what}: ${got}, expected ${want}.`);
}

async function main(): Promise<void> {
  const trial = new Trial(await localRegistry());
  const all = PACKAGES.map((name) => `@molrl/${name}`);
  let user = join(trial.folder, 'user');
  let versions: Record<string, string> = {};
  try {
    await trial.prepare();
    await trial.check('the first release publishes the five packages', async () => {
      const published = await trial.release();
      equal(
        'published',
        published.map((one) => one.replace(/@[^@]*$/, '')),
        all,
      );
    });
    await trial.check('they install from the registry into an empty folder', async () => {
      user = await trial.project('user', all);
      versions = Object.fromEntries(PACKAGES.map((name) => [name, versionIn(user, name)]));
    });
    for (const name of PACKAGES)
      await trial.check(`the first program of ${name}'s README runs there`, () =>
        trial.firstBlock(name, user),
      );

    await trial.check(
      'a minor of tensor-gpu is a release of tensor-gpu and qwen3, of one version',
      async () => {
        writeFileSync(join(trial.workspace, '.changeset', 'trial.md'), SECOND);
        const published = await trial.release();
        equal(
          'published',
          published.map((one) => one.replace(/@[^@]*$/, '')),
          TOGETHER.map((name) => `@molrl/${name}`),
        );
        equal('versions', new Set(published.map((one) => one.replace(/.*@/, ''))).size, 1);
      },
    );
    await trial.check('those who have the first release keep it, and it runs', async () => {
      await trial.run('npm', ['ci'], user);
      await trial.run('npm', ['update'], user); // within the ranges that npm install wrote
      equal(
        'versions',
        Object.fromEntries(PACKAGES.map((name) => [name, versionIn(user, name)])),
        versions,
      );
      for (const name of PACKAGES) await trial.firstBlock(name, user);
    });
    await trial.check('those who install now get one tensor-gpu, and everything runs', async () => {
      const later = await trial.project('later', all);
      equal('copies', readdirSync(join(later, 'node_modules', '@molrl')).sort(), PACKAGES);
      equal('version of qwen3', versionIn(later, 'qwen3'), versionIn(later, 'tensor-gpu'));
      const nested = readdirSync(join(later, 'node_modules', '@molrl', 'qwen3'));
      equal('a second tensor-gpu inside qwen3', nested.includes('node_modules'), false);
      for (const name of PACKAGES) await trial.firstBlock(name, later);
    });
  } finally {
    await trial.registry.close();
    rmSync(trial.folder, { recursive: true, force: true });
  }
  console.log(`${trial.passed} passed, ${trial.failed} failed`);
  process.exitCode = trial.failed === 0 ? 0 : 1;
}

await main();
