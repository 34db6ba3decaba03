import {
  dispose,
  engine,
  keep,
  type NamedTensorMap,
  type Tensor,
  tidy,
} from '@tensorflow/tfjs-core';
import { type FusedNode, WANTED } from './fusedNode.ts';
import { record } from './record.ts';
import { type Cotangent, Tape } from './tape.ts';
import type { TapeNode } from './tapeNode.ts';

type Forward = (...inputs: Tensor[]) => Tensor[];

/**
 * Runs a part of a forward pass and keeps only what goes in: `Tape.backward` computes the part once more when it gets there.
 * The memory of a deep model is then that of one part and of the values between parts, for one more forward pass.
 * Values and gradients have the same bits as without.
 *
 * Outside `record` it only runs.
 *
 * @param forward - A pure function of `inputs` and of tensors that outlive the backward pass, such as weights.
 * @param inputs - The tensors it reads that may be gone by then.
 * @returns What `forward` returned.
 *
 * @example
 * const [w, x] = [variable(tensor1d([1, 2])), tensor1d([3, 4])];
 * const { value, tape } = record(() => checkpoint((y) => [square(mul(y, w))], [x])[0]);
 * tape.backward([[value, ones([2])]], { w }).w.dataSync(); // Float32Array [18, 64]
 *
 * @see Chen et al. 2016, Training Deep Nets with Sublinear Memory Cost: https://arxiv.org/abs/1604.06174
 */
export function checkpoint(forward: Forward, inputs: readonly Tensor[]): Tensor[] {
  const { state } = engine();
  if (state.gradientDepth === 0 || state.kernelDepth > 0) return tidy(() => forward(...inputs));
  const outer = state.activeTape;
  state.activeTape = [];
  const inner: readonly TapeNode[] = state.activeTape;
  let outputs: Tensor[];
  try {
    outputs = tidy(() => forward(...inputs));
  } finally {
    state.activeTape = outer;
    new Tape(inner).dispose();
  }
  state.activeTape.push(
    new CheckpointNode(forward, { given: inputs, read: readBy(inner), outputs }),
  );
  return outputs;
}

/** The tensors that came from outside, by a name each. */
function readBy(nodes: readonly TapeNode[]): NamedTensorMap {
  const made = new Set(nodes.flatMap(({ outputs }) => outputs.map(({ id }) => id)));
  const read: NamedTensorMap = {};
  for (const { inputs } of nodes)
    for (const tensor of Object.values(inputs))
      if (!made.has(tensor.id)) read[`tensor${tensor.id}`] = tensor;
  return read;
}

class CheckpointNode implements FusedNode {
  readonly id = engine().state.nextTapeNodeId++;
  readonly kernelName = 'checkpoint';
  readonly inputs: NamedTensorMap;
  readonly outputs: Tensor[];
  readonly saved: Tensor[];
  private readonly forward: Forward;
  private readonly given: ReadonlyMap<number, number>;

  constructor(
    forward: Forward,
    part: { given: readonly Tensor[]; read: NamedTensorMap; outputs: Tensor[] },
  ) {
    this.forward = forward;
    this.inputs = part.read;
    this.outputs = part.outputs;
    this.given = new Map(part.given.map(({ id }, place) => [id, place]));
    const { state } = engine();
    state.kernelDepth++; // clones are not written down
    try {
      this.saved = part.given.map((tensor) => keep(tensor.clone()));
    } finally {
      state.kernelDepth--;
    }
  }

  /** For tfjs. (A field: tfjs copies nodes.) */
  readonly gradient = (cotangents: Tensor[]): Record<string, () => Tensor> => {
    const names = Object.keys(this.inputs);
    const computed = this[WANTED](cotangents, names);
    return Object.fromEntries(names.map((name, k) => [name, () => computed[k]!]));
  };

  [WANTED](cotangents: readonly (Tensor | null)[], wanted: readonly string[]): Tensor[] {
    const { value, tape } = record(() => this.forward(...this.saved));
    const starts = value.flatMap((tensor, k): Cotangent[] => {
      const cotangent = cotangents[k];
      return cotangent ? [[tensor, cotangent]] : [];
    });
    const asked = wanted.map((name) => {
      const tensor = this.inputs[name]!; // our tape asks for inputs by their names
      const place = this.given.get(tensor.id);
      return [name, place === undefined ? tensor : this.saved[place]!] as const;
    });
    const gradients = tape.backward(starts, Object.fromEntries(asked));
    dispose(value);
    return wanted.map((name) => gradients[name]!);
  }
}
