import {
  cast,
  cumsum,
  type GradConfig,
  getGradient,
  greater,
  greaterEqual,
  less,
  lessEqual,
  matMul,
  mul,
  type NamedAttrMap,
  registerGradient,
  sub,
  type Tensor,
  unregisterGradient,
} from '@tensorflow/tfjs-core';
import { nodeRequire } from '../base/nodeRequire.ts';
import { gatherGradient } from './gatherGradient.ts';
import { mirrorPadGradient } from './mirrorPadGradient.ts';
import { prodGradient } from './prodGradient.ts';
import { sumToShape } from './sumToShape.ts';

/** `dy/da` and `dy/db` of an op of two tensors. */
type Slopes = readonly [da: (a: Tensor, b: Tensor) => Tensor, db: (a: Tensor, b: Tensor) => Tensor];

/** A gradient with the shape of each input; tfjs leaves it in the shape of the result where an input was broadcast. */
const broadcast = (kernelName: string, [da, db]: Slopes): GradConfig => ({
  kernelName,
  inputsToSave: ['a', 'b'],
  gradFunc: (dy, saved) => {
    const [a, b] = saved as [Tensor, Tensor]; // inputsToSave
    return {
      a: () => sumToShape(mul(dy as Tensor, da(a, b)), a.shape),
      b: () => sumToShape(mul(dy as Tensor, db(a, b)), b.shape),
    };
  },
});

/** Gradients of tfjs 4.22 that are wrong, or fail where only tfjs-core is installed, and what stands in for them. */
const MENDED: readonly GradConfig[] = [
  broadcast('Maximum', [
    (a, b) => cast(greaterEqual(a, b), 'float32'),
    (a, b) => cast(less(a, b), 'float32'),
  ]),
  broadcast('Minimum', [
    (a, b) => cast(lessEqual(a, b), 'float32'),
    (a, b) => cast(greater(a, b), 'float32'),
  ]),
  broadcast('SquaredDifference', [(a, b) => mul(sub(a, b), 2), (a, b) => mul(sub(b, a), 2)]),
  {
    kernelName: 'BatchMatMul',
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved, attributes) =>
      matMulGradients(dy as Tensor, saved[0]!, saved[1]!, {
        transposeA: attributes.transposeA === true,
        transposeB: attributes.transposeB === true,
      }),
  },
  {
    kernelName: 'Cumsum',
    gradFunc: (dy, _, attributes) => ({
      x: () => {
        const { axis, exclusive, reverse } = attributes as CumsumAttributes;
        return cumsum(dy as Tensor, axis, exclusive, !reverse);
      },
    }),
  },
  {
    kernelName: 'GatherV2',
    inputsToSave: ['x', 'indices'],
    gradFunc: (dy, saved, attributes) => ({
      x: () =>
        gatherGradient(dy as Tensor, saved[0]!.shape, saved[1]!, attributes as GatherAttributes),
      indices: () => saved[1]!, // whole numbers: nobody asks for it
    }),
  },
  {
    kernelName: 'MirrorPad',
    inputsToSave: ['x'],
    gradFunc: (dy, saved, attributes) => ({
      x: () => mirrorPadGradient(dy as Tensor, saved[0]!.shape, attributes as MirrorPadAttributes),
    }),
  },
  {
    kernelName: 'Prod',
    inputsToSave: ['x'],
    gradFunc: (dy, saved, { axis }) => ({
      x: () => prodGradient(dy as Tensor, saved[0]!, axis as number | number[] | null | undefined),
    }),
  },
];

/** What tfjs's `cumsum` hands to its kernel. */
interface CumsumAttributes extends NamedAttrMap {
  axis: number;
  exclusive: boolean;
  reverse: boolean;
}

/** What tfjs's `gather` hands to its kernel. */
interface GatherAttributes extends NamedAttrMap {
  axis: number;
  batchDims: number;
}

/** What tfjs's `mirrorPad` hands to its kernel. */
interface MirrorPadAttributes extends NamedAttrMap {
  paddings: [number, number][];
  mode: string;
}

/**
 * Registers tfjs's gradients, which tfjs-core leaves out in Node, and mends those of `matMul` with broadcast batch
 * dimensions, of `gather` with batch dimensions, of `mirrorPad`, of `prod`, of `cumsum` along any axis, and of `maximum`,
 * `minimum` and `squaredDifference` of what is broadcast. `openCpu` does it; call it yourself to use `record`, `tf.grads` or the fused ops' references on
 * another back end. Calling it twice does nothing.
 */
export async function registerGradients(): Promise<void> {
  if (getGradient('BatchMatMul') == null) await importTfjsGradients();
  for (const gradient of MENDED) {
    unregisterGradient(gradient.kernelName);
    registerGradient(gradient);
  }
}

/** tsup and vitest bundle the import; run from source, Node's loader takes that file only by require. */
async function importTfjsGradients(): Promise<void> {
  try {
    await import('@tensorflow/tfjs-core/dist/register_all_gradients.js');
  } catch {
    nodeRequire(import.meta.url)('@tensorflow/tfjs-core/dist/register_all_gradients.js');
  }
}

/**
 * `y = op(a) op(b)`: `da = dy op(b)^T`, `db = op(a)^T dy` (or their transposes), summed over the
 * batch dimensions that were broadcast (tfjs's own leaves that sum out).
 */
// biome-ignore lint/complexity/useMaxParams: operands of the op
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
