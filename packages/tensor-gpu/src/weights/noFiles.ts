import { TensorGpuError } from '../base/errors.ts';
import type { MappedTensor } from './mappedTensor.ts';
import type { MapTensorOptions } from './mapTensor.ts';

/**
 * `mapTensor` in a browser, which has no files by path.
 *
 * @throws {TensorGpuError} `backend` always.
 */
export function mapTensor(file: string | URL, _options: MapTensorOptions): MappedTensor {
  throw new TensorGpuError(
    'backend',
    `mapTensor: a browser cannot map ${file}. Fetch its bytes and use storedTensor.`,
  );
}
