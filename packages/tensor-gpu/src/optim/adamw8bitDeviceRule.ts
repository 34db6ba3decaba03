import type { Variable } from '@tensorflow/tfjs-core';
import type { ByteMoments } from '../backend/byteMoments.ts';
import { TensorGpuError } from '../base/errors.ts';
import { type AdamwNumbers, adamwScalars } from './adamwRule.ts';
import { byteState, readByteState } from './byteState.ts';
import { squaredNormsOf } from './globalNorm.ts';
import { StateReader, type UpdateRule } from './updateRule.ts';

/** AdamW of these parameters, its moments in 8 bits in the memory of a device. */
export function adamw8bitDeviceRule(
  caller: string,
  parameters: Readonly<Record<string, Variable>>,
  { device, numbers }: { device: ByteMoments; numbers: AdamwNumbers },
): UpdateRule {
  const names = Object.keys(parameters);
  return {
    squaredNorms: squaredNormsOf,
    update(gradients, { clip, ...step }) {
      device.update(gradients, { clip, ...adamwScalars(numbers, step) });
    },
    state() {
      throw new TensorGpuError(
        'backend',
        `${caller}.state: the moments of this device are read asynchronously. Use \`await optimizer.readState()\`.`,
      );
    },
    readState: async () =>
      byteState(names, await Promise.all(names.map((_, index) => device.read(index)))),
    reader(tensors) {
      const state = new StateReader(caller, tensors);
      const loaded = Object.entries(parameters).map(([name, { size }]) =>
        readByteState(state, name, size),
      );
      return () => {
        for (const [index, moments] of loaded.entries()) device.write(index, moments);
      };
    },
    dispose: () => device.dispose(),
  };
}
