import { engine, type NamedTensorMap, type Tensor } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../base/errors.ts';

/** Key under which a fused gradient offers to compute several inputs in one kernel. */
export const WANTED: unique symbol = Symbol('gradients of the wanted inputs');

/** What a gradient function returns to tfjs (lazy, one per input), plus our short cut. */
export type FusedGradients = Record<string, () => Tensor> & {
  [WANTED]?: (wanted: readonly string[]) => (Tensor | null)[];
};

/**
 * Gradients of the wanted inputs only, each a tensor of its own that the caller may dispose:
 * gradient functions also return a cotangent, a saved tensor or one tensor for two inputs.
 */
export function gradientsOfWanted(
  kernelName: string,
  gradients: FusedGradients,
  wanted: readonly string[],
  inputs: NamedTensorMap,
): NamedTensorMap {
  const scope = engine().state.activeScope.id;
  const computed =
    gradients[WANTED]?.(wanted) ??
    wanted.map((name) => {
      const lazy = gradients[name];
      if (lazy === undefined) throw missing(kernelName, name, gradients);
      return lazy();
    });
  const own = new Set<number>();
  const result: NamedTensorMap = {};
  for (const [k, name] of wanted.entries()) {
    const gradient = computed[k];
    if (!gradient) continue;
    check(kernelName, name, gradient, inputs[name]!);
    const shared = gradient.scopeId !== scope || gradient.kept || own.has(gradient.id);
    own.add(gradient.id);
    result[name] = shared ? gradient.clone() : gradient;
  }
  return result;
}

function missing(kernelName: string, name: string, gradients: FusedGradients): TensorGpuError {
  return new TensorGpuError(
    'gradient',
    `Tape.backward: kernel '${kernelName}' has no gradient for its input '${name}', only for ${Object.keys(gradients).join(', ')}. Keep that input out of the path to the parameters.`,
  );
}

function check(kernelName: string, name: string, gradient: Tensor, input: Tensor): void {
  if (gradient.dtype === 'float32' && gradient.shape.join() === input.shape.join()) return;
  throw new TensorGpuError(
    'gradient',
    `Tape.backward: the gradient of '${kernelName}' for '${name}' must be float32 [${input.shape}], got ${gradient.dtype} [${gradient.shape}]. Mend the gradient function.`,
  );
}
