import {
  getGradient,
  matMul,
  registerGradient,
  type Tensor,
  unregisterGradient,
} from '@tensorflow/tfjs-core';
import { sumToShape } from './sumToShape.ts';

/**
 * Registers tfjs's gradients, which tfjs-core leaves out in Node, and mends the one of `matMul`
 * with broadcast batch dimensions. `openCpu` does it; call it yourself to use `record`, `tf.grads`
 * or the fused ops' references on another back end. Calling it twice does nothing.
 */
export async function registerGradients(): Promise<void> {
  if (getGradient('BatchMatMul') == null) await importTfjsGradients();
  unregisterGradient('BatchMatMul');
  registerGradient({
    kernelName: 'BatchMatMul',
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved, attributes) =>
      matMulGradients(dy as Tensor, saved[0]!, saved[1]!, {
        transposeA: attributes.transposeA === true,
        transposeB: attributes.transposeB === true,
      }),
  });
}

/** tsup and vitest bundle the import; run from source, Node's loader takes that file only by require. */
async function importTfjsGradients(): Promise<void> {
  try {
    await import('@tensorflow/tfjs-core/dist/register_all_gradients.js');
  } catch {
    const { createRequire } = await import('node:module');
    createRequire(import.meta.url)('@tensorflow/tfjs-core/dist/register_all_gradients.js');
  }
}

/**
 * `y = op(a) op(b)`: `da = dy op(b)^T`, `db = op(a)^T dy` (or their transposes), summed over the
 * batch dimensions that were broadcast (tfjs's own leaves that sum out).
 */
function matMulGradients(
  dy: Tensor,
  a: Tensor,
  b: Tensor,
  { transposeA, transposeB }: { transposeA: boolean; transposeB: boolean },
): Record<string, () => Tensor> {
  return {
    a: () =>
      sumToShape(
        transposeA ? matMul(b, dy, transposeB, true) : matMul(dy, b, false, !transposeB),
        a.shape,
      ),
    b: () =>
      sumToShape(
        transposeB ? matMul(dy, a, true, transposeA) : matMul(a, dy, !transposeA, false),
        b.shape,
      ),
  };
}
