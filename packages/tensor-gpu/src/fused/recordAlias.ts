import {
  engine,
  type NamedTensorMap,
  type Tensor,
  type TensorInfo,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { type FusedNode, WANTED } from '../tape/fusedNode.ts';
import { isRecording } from './runFusedKernel.ts';
import { SavedTensor } from './savedTensor.ts';

/**
 * Runs an op whose gradient for each float32 input is its cotangent, in the input's shape, and notes that on the tape:
 * without a saved tensor, where tfjs would clone every input.
 */
export function recordAlias(name: string, inputs: NamedTensorMap, run: () => Tensor): Tensor {
  const { state } = engine();
  const recording = isRecording();
  state.kernelDepth++; // what `run` calls is not written down
  let output: Tensor;
  try {
    output = run();
  } finally {
    state.kernelDepth--;
  }
  if (recording) state.activeTape.push(new AliasNode(name, inputs, output));
  return output;
}

class AliasNode implements FusedNode {
  readonly id = engine().state.nextTapeNodeId++;
  readonly kernelName: string;
  readonly inputs: NamedTensorMap;
  readonly outputs: Tensor[];
  readonly saved: Tensor[] = [];

  constructor(name: string, inputs: NamedTensorMap, output: Tensor) {
    this.kernelName = name;
    this.inputs = inputs;
    this.outputs = [output];
  }

  /** For tfjs. (A field: tfjs copies nodes.) */
  readonly gradient = ([cotangent]: Tensor[]): Record<string, () => Tensor> => {
    const lazy = (input: Tensor) => () =>
      inShapeOf(cotangent ?? zerosLike(this.outputs[0]!), input);
    return Object.fromEntries(
      Object.entries(this.inputs).map(([name, input]) => [name, lazy(input)]),
    );
  };

  [WANTED]([cotangent]: readonly (Tensor | null)[], wanted: readonly string[]): (Tensor | null)[] {
    return wanted.map((name) => (cotangent ? inShapeOf(cotangent, this.inputs[name]!) : null));
  }
}

/** The same numbers, as a tensor of its own. */
export function inShapeOf(x: TensorInfo, { shape }: Pick<TensorInfo, 'shape'>): Tensor {
  const { dataId, dtype } = new SavedTensor(x); // the new tensor's own reference
  return engine().makeTensorFromTensorInfo({ dataId, shape, dtype });
}
