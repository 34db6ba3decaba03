import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { repositoryRoot } from './repositoryRoot.ts';
import { runCommand } from './runCommand.ts';

/** SwiftShader, Google's Vulkan on a CPU, lies in this package as an archive of its own. */
const PACKAGE = '@sparticuz/chromium@143.0.4';
/** Where Debian's chromium has it. */
const SYSTEM = '/usr/lib/chromium';
const DRIVER = 'vk_swiftshader_icd.json';
/** Where Linux lists drivers of Vulkan. */
const DRIVERS = '/usr/share/vulkan/icd.d';

/**
 * The environment in which Dawn finds SwiftShader: the system's, else one that is fetched once into `.molrl/`.
 *
 * @throws where neither can be had: GPU tests fail then, they are not skipped.
 */
export async function softwareVulkan(): Promise<Record<string, string>> {
  const folder = existsSync(join(SYSTEM, DRIVER)) ? SYSTEM : await fetched();
  const loaderPath = [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  return { LD_LIBRARY_PATH: loaderPath, VK_ICD_FILENAMES: join(folder, DRIVER) };
}

/**
 * The environment in which Dawn finds llvmpipe, Mesa's Vulkan on a CPU, which offers `shader-f16`, or `undefined` where Mesa 25 or
 * later is not installed (Dawn refuses what some older ones give).
 */
export async function otherVulkan(): Promise<Record<string, string> | undefined> {
  const name = existsSync(DRIVERS)
    ? readdirSync(DRIVERS).find((file) => /^lvp_icd.*\.json$/.test(file))
    : undefined;
  if (name === undefined) return undefined;
  const file = join(DRIVERS, name);
  const { ICD } = JSON.parse(readFileSync(file, 'utf8')) as { ICD: { api_version: string } };
  const [major = 0, minor = 0] = ICD.api_version.split('.').map(Number);
  if (major < 2 && minor < 4) return undefined;
  return { VK_ICD_FILENAMES: file, XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? tmpdir() };
}

async function fetched(): Promise<string> {
  const folder = join(repositoryRoot, '.molrl', 'swiftshader');
  if (existsSync(join(folder, DRIVER))) return folder;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const options = { cwd: folder, env: process.env };
  await runCommand(
    'npm',
    ['install', '--ignore-scripts', '--no-audit', '--no-fund', PACKAGE],
    options,
  );
  const packed = join(
    folder,
    'node_modules',
    '@sparticuz',
    'chromium',
    'bin',
    'swiftshader.tar.br',
  );
  const archive = join(folder, 'swiftshader.tar');
  writeFileSync(archive, brotliDecompressSync(readFileSync(packed)));
  await runCommand('tar', ['xf', archive], options);
  return folder;
}
