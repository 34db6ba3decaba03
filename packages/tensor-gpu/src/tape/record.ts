import { engine, getGradient, type TensorContainer, tidy } from '@tensorflow/tfjs-core';
import { assertOneCopy } from '../backend/oneCopy.ts';
import { TensorGpuError } from '../base/errors.ts';
import { Tape } from './tape.ts';
import type { TapeNode } from './tapeNode.ts';

/** The tensors of a forward pass and the tape that differentiates them. */
export interface Recorded<T> {
  value: T;
  tape: Tape;
}

/**
 * Runs `forward` and keeps what its gradient needs, so that the cotangent may be computed later,
 * also after an `await` (read log-probs back, compute a loss in plain TypeScript, walk back).
 *
 * Recording is synchronous. Tensors made inside are disposed as in `tf.tidy`, except those returned
 * and those the gradients need; these belong to the tape until `backward` or `dispose`.
 *
 * @param forward - Any tfjs ops, fused ops and `tf.customGrad` functions.
 * @throws {TensorGpuError} `gradient` inside another `record` or `tf.grads`, or if tfjs's
 * gradients are not registered, `two-copies` if another copy of this package opened the device.
 *
 * @example
 * const w = tensor1d([1, 2, 3]);
 * const { value, tape } = record(() => sum(square(w)));
 * const gradients = tape.backward([[value, scalar(1)]], { w });
 * gradients.w.dataSync(); // Float32Array [2, 4, 6]
 */
export function record<T extends TensorContainer>(forward: () => T): Recorded<T> {
  assertOneCopy('record');
  const { state } = engine();
  if (state.gradientDepth > 0) {
    throw new TensorGpuError(
      'gradient',
      'record: another gradient scope is open (record, tf.grads or tf.variableGrads). Record the outer pass only.',
    );
  }
  if (getGradient('Add') == null) {
    throw new TensorGpuError(
      'gradient',
      "record: tfjs's gradients are not registered. Await registerGradients() (openCpu does it) first.",
    );
  }
  const before = state.activeTape;
  let nodes: readonly TapeNode[] = [];
  try {
    const value = tidy(() => {
      // What the engine's private startTape and endTape do.
      state.activeTape = [];
      nodes = state.activeTape;
      state.gradientDepth++;
      try {
        return forward();
      } finally {
        state.gradientDepth--;
      }
    });
    return { value, tape: new Tape(nodes) };
  } catch (error) {
    new Tape(nodes).dispose();
    throw error;
  } finally {
    state.activeTape = before;
  }
}
