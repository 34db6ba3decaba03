import { engine } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../base/errors.ts';
import { nodeRequire } from '../base/nodeRequire.ts';

/** One loaded copy of this package. Every copy and version finds the others' under this symbol. */
const BRAND: unique symbol = Symbol.for('@molrl/tensor-gpu');

interface Copy {
  /** Version and place of the copy, for a message. */
  describe(): string;
}

const own: Copy = {
  describe: () => `${version()} (${import.meta.url})`,
};

function version(): string {
  try {
    const manifest = nodeRequire(import.meta.url)('@molrl/tensor-gpu/package.json');
    return (manifest as { version: string }).version; // our own manifest
  } catch {
    return 'a copy'; // in a browser
  }
}

/** Marks a back end as made by this copy. */
export function brandBackend(backend: object): void {
  Object.defineProperty(backend, BRAND, { value: own });
}

/**
 * @throws {TensorGpuError} `two-copies` if another copy of this package opened a device: its kernels, tensors and options
 * are not ours.
 */
export function assertOneCopy(caller: string): void {
  const backends: object[] = Object.values(engine().registry);
  const copies = backends.map((backend: { [BRAND]?: Copy }) => backend[BRAND]);
  const other = copies.find((copy) => copy !== undefined && copy !== own);
  if (other === undefined) return;
  throw new TensorGpuError(
    'two-copies',
    `${caller}: two copies of @molrl/tensor-gpu are loaded. ${other.describe()} opened the device, ${own.describe()} is asked to use it. ` +
      'Make them one: `npm ls @molrl/tensor-gpu` shows who brings them; give all the same version and run `npm dedupe` (@molrl/qwen3 and @molrl/tensor-gpu are released together, with one version). ' +
      'The same version twice is import and require mixed: use one of them.',
  );
}
