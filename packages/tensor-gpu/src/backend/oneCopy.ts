import { createRequire } from 'node:module';
import { engine } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../base/errors.ts';

/** One loaded copy of this package. Every copy and version finds the others' under this symbol. */
const BRAND: unique symbol = Symbol.for('@molrl/tensor-gpu');

interface Copy {
  /** Version and place of the copy, for a message. */
  describe(): string;
}

const own: Copy = {
  describe: () => {
    const require = createRequire(import.meta.url);
    const { version } = require('@molrl/tensor-gpu/package.json') as { version: string }; // our own manifest
    return `${version} (${import.meta.url})`;
  },
};

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
