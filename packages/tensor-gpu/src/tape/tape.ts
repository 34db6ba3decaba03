import { engine, type Tensor, tidy, zerosLike } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../base/errors.ts';
import { type FusedNode, WANTED } from './fusedNode.ts';
import { gradientsOfWanted, type LazyGradients } from './gradientsOfWanted.ts';
import type { TapeNode } from './tapeNode.ts';

/** A tensor of the forward pass and dLoss/dTensor, of the same shape. */
export type Cotangent = readonly [tensor: Tensor, cotangent: Tensor];

/**
 * The record of one forward pass, made by `record`. It owns the tensors that the gradients need;
 * `backward` gives them back one by one, `dispose` all at once.
 */
export class Tape {
  #nodes: readonly TapeNode[];
  #released = false;

  constructor(nodes: readonly TapeNode[]) {
    this.#nodes = nodes;
  }

  /** True once `backward` or `dispose` has run: the saved tensors are gone. */
  get released(): boolean {
    return this.#released;
  }

  /**
   * Gradients by name, a vector-Jacobian product: `sum_k cotangent_k . d tensor_k / d parameter` for each parameter.
   *
   * Only paths that lead to a requested parameter are computed. A tape serves one call: each saved
   * tensor is released as soon as its kernel's gradient is done.
   *
   * @param cotangents - Where to start: tensors of the forward pass with dLoss/dTensor. They may
   * have been made after an `await`. They are not disposed.
   * @param parameters - By name: leaves or intermediate tensors of the forward pass (a `tf.Variable`
   * counts as its tensor).
   * @returns One new tensor under the name of each parameter, of its shape, zeros where no path leads to
   * it: what `optimizer.step` takes.
   * @throws {TensorGpuError} `disposed` if the tape was used before, `shape` if a cotangent has another
   * shape than its tensor, `gradient` if a kernel on the path has no gradient.
   *
   * @example
   * const w = tensor1d([1, 2, 3]);
   * const { value, tape } = record(() => square(w));
   * const cotangent = (await value.data()).map((y) => (y > 2 ? 1 : 0)); // any function of the values
   * const gradients = tape.backward([[value, tensor1d(cotangent)]], { w });
   * gradients.w.dataSync(); // Float32Array [0, 4, 6]
   */
  backward<Name extends string>(
    cotangents: readonly Cotangent[],
    parameters: Readonly<Record<Name, Tensor>>,
  ): Record<Name, Tensor>;
  /**
   * @deprecated Since 0.1: give the parameters by name, `{ weight }` instead of `[weight]`.
   */
  backward(cotangents: readonly Cotangent[], parameters: readonly Tensor[]): Tensor[];
  backward(
    cotangents: readonly Cotangent[],
    parameters: readonly Tensor[] | Readonly<Record<string, Tensor>>,
  ): Tensor[] | Record<string, Tensor> {
    if (this.#released) {
      throw new TensorGpuError(
        'disposed',
        'Tape.backward: the saved tensors of this tape are released, by an earlier backward() or dispose(). Record the forward pass again.',
      );
    }
    checkCotangents(cotangents);
    try {
      const gradients = tidy(() => this.#walk(cotangents, Object.values(parameters)));
      if (Array.isArray(parameters)) return gradients;
      return Object.fromEntries(Object.keys(parameters).map((name, k) => [name, gradients[k]!]));
    } finally {
      this.dispose();
    }
  }

  /** Releases all saved tensors. Safe to call twice. */
  dispose(): void {
    for (const node of this.#nodes) release(node);
    this.#nodes = [];
    this.#released = true;
  }

  #walk(cotangents: readonly Cotangent[], parameters: readonly Tensor[]): Tensor[] {
    const reached = reachedFrom(this.#nodes, parameters);
    const requested = new Set(parameters.map((parameter) => parameter.id));
    const gradients = new Map<number, Tensor>();
    for (const [tensor, cotangent] of cotangents) {
      if (reached.has(tensor.id)) accumulate(gradients, tensor.id, cotangent.clone());
    }
    for (let i = this.#nodes.length - 1; i >= 0; i--) {
      const node = this.#nodes[i]!;
      step(node, gradients, reached);
      release(node);
      for (const output of node.outputs) {
        if (!requested.has(output.id)) take(gradients, output.id)?.dispose();
      }
    }
    const given = new Set<number>();
    return parameters.map((parameter) => {
      const gradient = gradients.get(parameter.id);
      if (gradient === undefined) return zerosLike(parameter);
      const again = given.has(parameter.id);
      given.add(parameter.id);
      return again ? gradient.clone() : gradient;
    });
  }
}

/** Adds the gradients of one recorded kernel to those of its inputs. */
function step(node: TapeNode, gradients: Map<number, Tensor>, reached: Set<number>): void {
  const cotangents = node.outputs.map((output) => gradients.get(output.id) ?? null);
  if (cotangents.every((cotangent) => cotangent === null)) return;
  const wanted = Object.keys(node.inputs).filter((name) => reached.has(node.inputs[name]!.id));
  if (wanted.length === 0) return;
  if (WANTED in node) {
    const computed = (node as FusedNode)[WANTED](cotangents, wanted); // one of our own ops
    for (let k = 0; k < wanted.length; k++)
      if (computed[k]) accumulate(gradients, node.inputs[wanted[k]!]!.id, computed[k]!);
    return;
  }
  const backward = node.gradient;
  if (backward == null) {
    throw new TensorGpuError(
      'gradient',
      `Tape.backward: kernel '${node.kernelName}' has no gradient. Register one with tf.registerGradient, or keep the kernel out of the path to the parameters.`,
    );
  }
  const computed = tidy(() => {
    // tfjs fills a missing cotangent with zeros, although its type does not say that null may come.
    const result = backward(cotangents as Tensor[]) as LazyGradients;
    return gradientsOfWanted(node, result, wanted);
  });
  for (const [name, gradient] of Object.entries(computed)) {
    accumulate(gradients, node.inputs[name]!.id, gradient);
  }
}

function accumulate(gradients: Map<number, Tensor>, id: number, gradient: Tensor): void {
  const before = gradients.get(id);
  if (before === undefined) {
    gradients.set(id, gradient);
    return;
  }
  const sum = engine().runKernel('Add', { a: before, b: gradient }) as Tensor; // one output
  gradients.set(id, sum);
  before.dispose();
  gradient.dispose();
}

function take(gradients: Map<number, Tensor>, id: number): Tensor | undefined {
  const gradient = gradients.get(id);
  gradients.delete(id);
  return gradient;
}

/** Whole numbers and booleans (comparisons, argmax) are constants to the gradient. */
function reachedFrom(nodes: readonly TapeNode[], parameters: readonly Tensor[]): Set<number> {
  const reached = new Set(parameters.map((parameter) => parameter.id));
  for (const node of nodes) {
    if (Object.values(node.inputs).some((input) => reached.has(input.id))) {
      for (const output of node.outputs) {
        if (output.dtype === 'float32') reached.add(output.id);
      }
    }
  }
  return reached;
}

function release(node: TapeNode): void {
  // `saved` is on tfjs's tape nodes but not in their type for every version.
  for (const tensor of node.saved ?? []) tensor.dispose();
}

function checkCotangents(cotangents: readonly Cotangent[]): void {
  for (const [tensor, cotangent] of cotangents) {
    if (tensor.shape.join() !== cotangent.shape.join()) {
      throw new TensorGpuError(
        'shape',
        `Tape.backward: a cotangent must have the shape of its tensor [${tensor.shape}], got [${cotangent.shape}]. Reshape it.`,
      );
    }
  }
}
