import {
  engine,
  getGradient,
  getKernel,
  type NamedTensorMap,
  registerGradient,
  type Tensor,
  tidy,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../base/errors.ts';
import { type FusedGradients, WANTED } from '../tape/gradientsOfWanted.ts';
import type { FusedOpArguments, FusedOpAttributes, FusedOpDefinition } from './fusedOp.ts';

type AnyDefinition = Omit<FusedOpDefinition<FusedOpArguments, Tensor>, 'reference' | 'example'>;

/** Whether the current back end has both kernels of the op. */
export function hasFusedKernels({ name }: { readonly name: string }): boolean {
  const backend = engine().backendName;
  return getKernel(name, backend) != null && getKernel(`${name}Gradient`, backend) != null;
}

/** Runs the forward kernel, on the tape, without asking whether it passed its check. */
export function runFusedKernel<
  Arguments extends FusedOpArguments,
  Result extends Tensor | Tensor[],
>(definition: FusedOpDefinition<Arguments, Result>, args: Arguments): Result {
  const { name, inputs, returns } = definition;
  const named: NamedTensorMap = {};
  // FusedOpArguments: the named tensors, then the attributes.
  for (let k = 0; k < inputs.length; k++) named[inputs[k]!] = args[k] as Tensor;
  const attributes = (args[inputs.length] ?? {}) as FusedOpAttributes;
  for (const input of differentiableInputs(definition)) {
    const { dtype } = named[input]!;
    if (dtype === 'float32') continue;
    throw new TensorGpuError('dtype', `${name}: ${input} must be float32, got ${dtype}. Cast it.`);
  }
  if (getGradient(name) == null) registerFusedGradient(definition);
  return tidy(() => {
    const outputs: Tensor | Tensor[] = engine().runKernel(name, named, { ...attributes });
    const list = Array.isArray(outputs) ? outputs : [outputs];
    // `returns` says whether Result is one tensor or a list.
    return (returns === undefined ? list[0] : list.slice(0, returns)) as Result;
  });
}

/** The inputs that have a gradient. */
export function differentiableInputs(definition: AnyDefinition): readonly string[] {
  return definition.differentiable ?? definition.inputs;
}

function registerFusedGradient(definition: AnyDefinition): void {
  const { name, inputs, saves, outputs = ['y'] } = definition;
  const inputsToSave = inputs.filter((input) => saves.includes(input));
  const outputsToSave = outputs.map((output) => saves.includes(output));
  const savedNames = [...inputsToSave, ...outputs.filter((_, k) => outputsToSave[k])];
  registerGradient({
    kernelName: name,
    inputsToSave,
    outputsToSave,
    gradFunc: (dy, saved, attributes) => {
      const given: NamedTensorMap = {};
      for (const [k, tensor] of saved.entries()) given[savedNames[k]!] = tensor;
      for (const [k, tensor] of [dy].flat().entries()) given[`d${outputs[k]}`] = tensor;
      const trained = differentiableInputs(definition);
      const compute = (wanted: readonly string[]): Tensor[] => {
        const gradients: Tensor | Tensor[] = engine().runKernel(`${name}Gradient`, given, {
          ...attributes,
          wanted: [...wanted],
        });
        return [gradients].flat();
      };
      // tfjs asks for one input after the other; our tape for all wanted ones at once.
      const gradients: FusedGradients = {};
      for (const input of inputs) {
        gradients[input] = () =>
          trained.includes(input) ? compute([input])[0]! : zerosLike(given[input]!);
      }
      gradients[WANTED] = (wanted) => {
        const computed = compute(wanted.filter((input) => trained.includes(input)));
        return wanted.map((input) => (trained.includes(input) ? computed.shift()! : null));
      };
      return gradients;
    },
  });
}
