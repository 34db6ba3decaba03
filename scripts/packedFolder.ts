import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packPackages } from './packPackages.ts';

/** An empty folder in which the five packed packages were installed with npm. */
export interface PackedFolder {
  folder: string;
  /** Package name -> tarball. */
  packed: Record<string, string>;
  /** What npm said. */
  installation: string;
  /** Runs a program there, as a user would. @throws {Error} with its output when it fails. */
  run(command: string, args: readonly string[]): string;
  dispose(): void;
}

/** Makes one. @param others - What is installed beside them, as npm takes it. */
export function packedFolder(others: readonly string[]): PackedFolder {
  const folder = mkdtempSync(join(tmpdir(), 'molrl-packed-'));
  const run = (command: string, args: readonly string[]): string => {
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
  const packed = packPackages();
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const quietly = ['--foreground-scripts', '--no-audit', '--no-fund'];
  const installation = run('npm', ['install', ...quietly, ...Object.values(packed), ...others]);
  const dispose = (): void => rmSync(folder, { recursive: true, force: true });
  return { folder, packed, installation, run, dispose };
}
