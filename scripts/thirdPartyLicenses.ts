import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Plugin } from 'esbuild';
import { repositoryRoot } from './repositoryRoot.ts';

/** What a bundle must carry of a package whose code is in it. */
interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** The licence, and the notices if there are any. */
  readonly text: string;
}

interface BundledManifest {
  name?: string;
  version?: string;
  license?: string;
}

/** File of a tarball that holds the licences of what is bundled in it. */
export const THIRD_PARTY_FILE = 'THIRD-PARTY-NOTICES.txt';

/**
 * esbuild plugin: writes `dist/THIRD-PARTY-NOTICES.txt` with the licence text of every package whose code the build
 * has taken in, by esbuild's own record of its inputs. Nothing bundled, no file.
 */
export function thirdPartyLicenses(): Plugin {
  return {
    name: 'third-party-licenses',
    setup(build) {
      build.initialOptions.metafile = true;
      build.onEnd(({ metafile }) => {
        const used = Object.values(metafile?.outputs ?? {}).flatMap(({ inputs }) =>
          Object.entries(inputs).flatMap(([file, { bytesInOutput }]) =>
            bytesInOutput > 0 ? [file] : [],
          ),
        );
        const packages = bundledPackages(used.map((file) => resolve(file)));
        const { outdir = 'dist' } = build.initialOptions;
        if (packages.length === 0) return;
        mkdirSync(outdir, { recursive: true }); // the bundler writes its files later
        writeFileSync(join(outdir, THIRD_PARTY_FILE), licenseText(packages));
      });
    },
  };
}

function bundledPackages(files: readonly string[]): BundledPackage[] {
  const found = new Map<string, BundledPackage>();
  for (const file of files) {
    if (!/[\\/]node_modules[\\/]/.test(file) || !existsSync(file)) continue;
    const folder = packageFolder(file);
    if (!found.has(folder)) found.set(folder, readPackage(folder, file));
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The folder of the manifest with a name: `dist/package.json` of some packages has none. */
function packageFolder(file: string): string {
  let folder = dirname(file);
  while (basename(folder) !== 'node_modules') {
    if (manifestOf(folder).name !== undefined) return folder;
    folder = dirname(folder);
  }
  throw new Error(`thirdPartyLicenses: ${file} belongs to no package.`);
}

function manifestOf(folder: string): BundledManifest {
  const file = join(folder, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as BundledManifest) : {}; // npm's format
}

function readPackage(folder: string, file: string): BundledPackage {
  const { name = '', version = '', license = '' } = manifestOf(folder);
  const texts = readdirSync(folder)
    .filter((entry) => /^(licen[cs]e|notice|copying)/i.test(entry))
    .map((entry) => readFileSync(join(folder, entry), 'utf8').trim());
  if (texts.length > 0) return { name, version, license, text: texts.join('\n\n') };
  if (license !== 'Apache-2.0')
    throw new Error(
      `thirdPartyLicenses: ${name} is bundled and brings no licence text (${license}). Add it here, or leave the package out.`,
    );
  // tfjs-core ships without the text: the notice stands on top of each of its files
  const notice = /Copyright[^\n*]*/.exec(readFileSync(file, 'utf8'))?.[0] ?? '';
  const apache = readFileSync(join(repositoryRoot, 'LICENSE'), 'utf8').trim();
  return { name, version, license, text: `${notice.trim()}\n\n${apache}` };
}

function licenseText(packages: readonly BundledPackage[]): string {
  const rule = '-'.repeat(80);
  const parts = packages.map(
    ({ name, version, license, text }) =>
      `${rule}\n${name} ${version} (${license})\n${rule}\n\n${text}\n`,
  );
  return `This package contains code of the following packages, under their own licences.\n\n${parts.join('\n')}`;
}
