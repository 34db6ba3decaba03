import { type Tensor, tensor1d } from '@tensorflow/tfjs-core';
import { gatherGradient } from './gatherGradient.ts';

/**
 * Gradient of `mirrorPad(x, paddings, mode)`: a mirrored element was read from inside `x`, so its cotangent goes there. Along
 * each axis padding is a `gather`.
 *
 * tfjs's own drops the cotangents of the padding.
 */
export function mirrorPadGradient(
  dy: Tensor,
  shape: readonly number[],
  { paddings, mode }: { paddings: [number, number][]; mode: string },
): Tensor {
  const skip = mode === 'reflect' ? 1 : 0; // 'symmetric' repeats the border itself
  let gradient = dy;
  for (const [axis, [before, after]] of paddings.entries()) {
    const size = shape[axis]!;
    const readFrom = Array.from({ length: before + size + after }, (_, i) => {
      const at = i - before;
      if (at < 0) return -at - 1 + skip;
      return at < size ? at : 2 * size - 1 - skip - at;
    });
    const unpadded = gradient.shape.with(axis, size);
    gradient = gatherGradient(gradient, unpadded, tensor1d(readFrom, 'int32'), {
      axis,
      batchDims: 0,
    });
  }
  return gradient;
}
