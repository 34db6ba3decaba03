import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';
import type { BlockStatement } from 'acorn';
import type { FusedKernelCall } from './fusedKernel.ts';

/** A function of a user, parsed: devices write it in their own language without a parser. */
export interface UserFunction {
  readonly parameters: readonly string[];
  readonly body: BlockStatement;
}

/** A kernel that a user wrote: see `defineKernel`. */
export interface UserKernel {
  readonly name: string;
  /** `element`: numbers in, a number out. `row`: the inputs as rows, then row, column, rows and width. */
  readonly kind: 'element' | 'row';
  readonly inputs: readonly string[];
  readonly forward: UserFunction;
  /** One per input, whose functions take `dy` after the inputs. */
  readonly gradient?: readonly UserFunction[] | undefined;
}

/** The same, made for a device. */
export interface CompiledUserKernel<Device extends KernelBackend = KernelBackend> {
  forward(call: FusedKernelCall<Device>): TensorInfo[];
  /** There if the user wrote gradients. */
  gradient?(call: FusedKernelCall<Device>): TensorInfo[];
}
