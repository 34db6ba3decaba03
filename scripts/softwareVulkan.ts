import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { repositoryRoot } from './repositoryRoot.ts';
import { runCommand } from './runCommand.ts';

/** SwiftShader, Google's Vulkan on a CPU, lies in this package as an archive of its own. */
const PACKAGE = '@sparticuz/chromium@143.0.4';
/** Where Debian's chromium has it. */
const SYSTEM = '/usr/lib/chromium';
const DRIVER = 'vk_swiftshader_icd.json';

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
