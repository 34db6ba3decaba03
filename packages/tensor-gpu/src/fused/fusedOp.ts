import type { Tensor } from '@tensorflow/tfjs-core';

/** Options of an op, as its kernels get them. */
export type FusedOpAttributes = Readonly<Record<string, number | boolean | string>>;

/** Tensors first, then at most one object of `FusedOpAttributes`. */
export type FusedOpArguments = readonly (Tensor | object)[];

/** Draws the tensors of a test case. */
export interface RandomTensors {
  /** Standard normal numbers times `scale` (default 1). */
  normal(shape: readonly number[], scale?: number): Tensor;
  /** int32 tensor of whole numbers in `[0, below)`. */
  integers(shape: readonly number[], below: number): Tensor;
}

/** What `defineFusedOp` needs to know about an op. */
export interface FusedOpDefinition<
  Arguments extends FusedOpArguments,
  Result extends Tensor | Tensor[],
> {
  /** Name of the forward kernel; the backward kernel is `<name>Gradient`. */
  readonly name: string;
  /** Tells apart the checks of ops that run the same kernels, such as on weights of another type. Default: none. */
  readonly variant?: string | undefined;
  /** Names of the tensor arguments, in order. */
  readonly inputs: readonly string[];
  /** Which inputs get a gradient. Default: all. */
  readonly differentiable?: readonly string[] | undefined;
  /** Whose gradients the check compares. Default: all that have one. */
  readonly checked?: readonly string[] | undefined;
  /** Names of the kernel's outputs. Default `['y']`. */
  readonly outputs?: readonly string[] | undefined;
  /** Returns the first so many outputs as a list. Default: the first output alone. */
  readonly returns?: number | undefined;
  /** Inputs and outputs that the gradient kernel needs from the forward pass. */
  readonly saves: readonly string[];
  /**
   * Name of one more output that a forward kernel may add where it is called with the attribute `isRecorded`: for the
   * gradient kernel alone, which does without it where there is none. Default: none.
   */
  readonly keeps?: string | undefined;
  /** The same result from primitive tfjs ops: runs on any back end, the kernels are checked against it. */
  readonly reference: (...args: Arguments) => Result;
  /** `|fused - reference| / max(1, |reference|)` allowed in value and gradients, f32. */
  readonly tolerance: number;
  /** Arguments for a check, sized after `shape` (`[..., width]`, any rank). */
  readonly example: (shape: readonly number[], random: RandomTensors) => NoInfer<Arguments>;
}

/** A differentiable op: one kernel per direction where the back end has them, else its reference. */
export interface FusedOp<
  // biome-ignore lint/suspicious/noExplicitAny: a list of ops mixes argument lists; each op checks its own
  Arguments extends FusedOpArguments = any,
  Result extends Tensor | Tensor[] = Tensor | Tensor[],
> {
  (...args: Arguments): Result;
  readonly definition: FusedOpDefinition<Arguments, Result>;
}
