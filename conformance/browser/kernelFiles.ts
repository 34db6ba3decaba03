import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryRoot } from '../../scripts/repositoryRoot.ts';

const WASM = join(repositoryRoot, 'packages', 'tensor-gpu', 'prebuilds', 'wasm');

/** Kernels of the CPU engine for browsers, by path on a server. */
export async function kernelFiles(): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const name of ['relaxed.wasm', 'simd.wasm'])
    files.set(`/${name}`, await readFile(join(WASM, name)));
  return files;
}
