import { dispose, engine, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import { inShapeOf } from '../fused/recordAlias.ts';
import { record } from '../tape/record.ts';

/** The tape's gradients of the reference. Inside a kernel tfjs records nothing: its counters are set aside. */
export function referenceGradients(
  { reference, inputs }: { reference: (...inputs: Tensor[]) => Tensor; inputs: readonly string[] },
  infos: readonly TensorInfo[],
  wanted: readonly string[],
): Tensor[] {
  const { state } = engine();
  // what a node of the tape saved are counted references, and the reference takes tensors
  const tensors = infos.map((info) => inShapeOf(info, info));
  const { activeTape, gradientDepth, kernelDepth } = state;
  state.gradientDepth = 0;
  state.kernelDepth = 0;
  try {
    const { value, tape } = record(() => reference(...tensors.slice(0, -1)));
    const gradients = tape.backward(
      [[value, tensors.at(-1)!]],
      Object.fromEntries(wanted.map((name) => [name, tensors[inputs.indexOf(name)]!])),
    );
    const asked = wanted.map((name) => gradients[name]!);
    dispose([value, ...tensors.filter((tensor) => !asked.includes(tensor))]);
    return asked;
  } finally {
    Object.assign(state, { activeTape, gradientDepth, kernelDepth });
  }
}
