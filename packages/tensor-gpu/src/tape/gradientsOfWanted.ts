import { engine, type NamedTensorMap, type Tensor } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../base/errors.ts';

/** What a gradient function returns to tfjs: lazy, one per input. */
export type LazyGradients = Readonly<Record<string, () => Tensor>>;

/**
 * Gradients of the wanted inputs only, each a tensor of its own that the caller may dispose:
 * gradient functions also return a cotangent, a saved tensor or one tensor for two inputs.
 */
export function gradientsOfWanted(
  { kernelName, inputs }: { kernelName: string; inputs: NamedTensorMap },
  gradients: LazyGradients,
  wanted: readonly string[],
): NamedTensorMap {
  const scope = engine().state.activeScope.id;
  const own = new Set<number>();
  const result: NamedTensorMap = {};
  for (const name of wanted) {
    const lazy = gradients[name];
    if (lazy === undefined) throw missing(kernelName, name, gradients);
    const gradient = lazy();
    check({ kernelName, name }, gradient, inputs[name]!);
    const shared = gradient.scopeId !== scope || gradient.kept || own.has(gradient.id);
    own.add(gradient.id);
    result[name] = shared ? gradient.clone() : gradient;
  }
  return result;
}

function missing(kernelName: string, name: string, gradients: LazyGradients): TensorGpuError {
  return new TensorGpuError(
    'gradient',
    `Tape.backward: kernel '${kernelName}' has no gradient for its input '${name}', only for ${Object.keys(gradients).join(', ')}. Keep that input out of the path to the parameters.`,
  );
}

function check(
  { kernelName, name }: { kernelName: string; name: string },
  gradient: Tensor,
  input: Tensor,
): void {
  if (gradient.dtype === 'float32' && gradient.shape.join() === input.shape.join()) return;
  throw new TensorGpuError(
    'gradient',
    `Tape.backward: the gradient of '${kernelName}' for '${name}' must be float32 [${input.shape}], got ${gradient.dtype} [${gradient.shape}]. Mend the gradient function.`,
  );
}
