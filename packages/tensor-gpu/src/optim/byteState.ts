import { BYTE_BLOCK, type Quantised, type QuantisedMoments } from '../backend/byteMoments.ts';
import type { StateTensor } from './optimizer.ts';
import type { StateReader } from './updateRule.ts';

/** Copies of quantised moments, by `NAME/what`. */
export function byteState(
  names: readonly string[],
  moments: readonly QuantisedMoments[],
): Record<string, StateTensor> {
  return Object.fromEntries(
    names.flatMap((name, index) => {
      const { mean, square } = moments[index]!; // one a name
      return [
        [`${name}/exp_avg`, mean.codes.slice()],
        [`${name}/exp_avg/absmax`, mean.absmax.slice()],
        [`${name}/exp_avg_sq`, square.codes.slice()],
        [`${name}/exp_avg_sq/absmax`, square.absmax.slice()],
      ];
    }),
  );
}

/** @throws {TensorGpuError} `missing` or `shape` unless the state has the moments of a parameter of that name and size. */
export function readByteState(state: StateReader, name: string, size: number): QuantisedMoments {
  const read = (key: string): Quantised => ({
    codes: state.read(key, size, 'codes'),
    absmax: state.read(`${key}/absmax`, Math.ceil(size / BYTE_BLOCK)),
  });
  return { mean: read(`${name}/exp_avg`), square: read(`${name}/exp_avg_sq`) };
}
