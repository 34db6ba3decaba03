import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './repositoryRoot.ts';

const packFolder = join(repositoryRoot, '.molrl', 'packed');
const packagesFolder = join(repositoryRoot, 'packages');

/**
 * Builds the five packages and packs each as `npm publish` would, into `.molrl/packed`.
 * Does nothing when no file that goes into them has changed since the last time.
 *
 * @returns package name -> absolute path of its tarball.
 * @throws {Error} with the tool's own output when a build or a pack fails.
 */
export function packPackages(): Record<string, string> {
  const names = readdirSync(packagesFolder).sort();
  const tarballs = Object.fromEntries(
    names.map((name) => [`@molrl/${name}`, join(packFolder, `${name}.tgz`)]),
  );
  const stampFile = join(packFolder, 'inputs.sha256');
  const stamp = digestOfInputs(names);
  const isFresh = existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp;
  if (isFresh && Object.values(tarballs).every((file) => existsSync(file))) return tarballs;

  rmSync(packFolder, { recursive: true, force: true });
  mkdirSync(packFolder, { recursive: true });
  for (const name of names) {
    const cwd = join(packagesFolder, name);
    runOrThrow(
      process.execPath,
      [join(repositoryRoot, 'node_modules/tsup/dist/cli-default.js')],
      cwd,
    );
    const [command, ...args] = pnpmCommand();
    runOrThrow(command, [...args, 'pack', '--out', join(packFolder, `${name}.tgz`)], cwd);
  }
  writeFileSync(stampFile, stamp);
  return tarballs;
}

/** pnpm itself when it started us, else the pinned one: only pnpm resolves `workspace:` ranges. */
export function pnpmCommand(): [string, ...string[]] {
  const starter = process.env.npm_execpath ?? '';
  if (/pnpm[^/\\]*$/.test(starter)) return [process.execPath, starter];
  const manifest = readFileSync(join(repositoryRoot, 'package.json'), 'utf8');
  const { packageManager } = JSON.parse(manifest) as { packageManager: string };
  return ['npx', '--yes', packageManager];
}

function runOrThrow(command: string, args: string[], cwd: string): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    shell: process.platform === 'win32' && command === 'npx',
    // Inside vitest NODE_ENV is 'test' and NODE_OPTIONS may carry its loaders.
    env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '' },
  });
  if (status === 0) return;
  const output = [error?.message, stdout, stderr].filter(Boolean).join('\n');
  throw new Error(`packPackages: ${command} ${args.join(' ')} failed in ${cwd}.\n${output}`);
}

/** Everything a build or a pack reads: sources, kernels, prebuilds, manifests, build settings. */
function digestOfInputs(names: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of ['pnpm-lock.yaml', 'tsconfig.base.json', 'LICENSE']) {
    const path = join(repositoryRoot, file);
    if (existsSync(path)) hash.update(readFileSync(path));
  }
  for (const name of names) {
    const folder = join(packagesFolder, name);
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !/[\\/](node_modules|dist|fixtures)[\\/]|\.test(-d)?\.ts$/.test(path))
      .sort();
    for (const path of files)
      hash.update(path.slice(repositoryRoot.length)).update(readFileSync(path));
  }
  return hash.digest('hex');
}
