import type { Tensor } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../base/errors.ts';
import type { StateTensor } from './optimizer.ts';

/** The numbers of one step that every parameter shares. */
export interface StepScalars {
  /** Factor of every gradient, `min(1, maxGradNorm / (norm + 1e-6))`. */
  clip: number;
  learningRate: number;
  /** Steps, this one included. */
  t: number;
}

/** How some of the parameters are updated, and the state that needs. Lists are in the order of its parameters. */
export interface UpdateRule {
  /** Sum of squares of each gradient; infinite or NaN when f32 overflowed or a gradient is bad. */
  squaredNorms(gradients: Tensor[]): Promise<Float64Array>;
  update(gradients: Tensor[], scalars: StepScalars): Promise<void> | void;
  /**
   * The update at once, by a clipping factor that the device computes: what it awaits is only told. Not done, and nothing
   * changed, where the sum of squares is not finite. Default: the device has no such.
   */
  clippedUpdate?(
    gradients: Tensor[],
    scalars: Omit<StepScalars, 'clip'>,
    maxGradNorm: number | undefined,
  ): Promise<{ squaredNorms: Float64Array; isDone: boolean }> | undefined;
  /** Copies, by `NAME/what`. @throws {TensorGpuError} `backend` on a device that is read asynchronously. */
  state(): Record<string, StateTensor>;
  /** The same on any device. Default: `state`. */
  readState?(): Promise<Record<string, StateTensor>>;
  /**
   * Checks a state and gives back what puts it in.
   *
   * @throws {TensorGpuError} `missing` or `shape` if it is of other parameters.
   */
  reader(tensors: Readonly<Record<string, StateTensor>>): () => void;
  dispose(): void;
}

/** Reads tensors of a state by name. */
export class StateReader {
  readonly #caller: string;
  readonly #tensors: Readonly<Record<string, StateTensor>>;

  constructor(caller: string, tensors: Readonly<Record<string, StateTensor>>) {
    this.#caller = caller;
    this.#tensors = tensors;
  }

  /** @throws {TensorGpuError} `missing` or `shape` unless there is one of that kind and size. */
  read(key: string, size: number): Float32Array;
  read(key: string, size: number, kind: 'codes'): Uint8Array;
  read(key: string, size: number, kind: 'numbers' | 'codes' = 'numbers'): StateTensor {
    const values = this.#tensors[key];
    if (values === undefined) {
      throw new TensorGpuError(
        'missing',
        `${this.#caller}: the state has no ${key}. It is of other parameters.`,
      );
    }
    if (values.length !== size || values instanceof Uint8Array !== (kind === 'codes')) {
      const got = `${values.length}${values instanceof Uint8Array ? ' codes of 8 bits' : ''}`;
      throw new TensorGpuError(
        'shape',
        `${this.#caller}: ${key} must hold ${size} ${kind === 'codes' ? 'codes of 8 bits' : 'values'}, got ${got}. The state is of other parameters.`,
      );
    }
    return values;
  }
}
