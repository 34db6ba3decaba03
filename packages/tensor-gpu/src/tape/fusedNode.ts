import type { Tensor } from '@tensorflow/tfjs-core';
import type { TapeNode } from './tapeNode.ts';

/** Key under which a node of the tape offers the gradients of several inputs in one kernel. */
export const WANTED: unique symbol = Symbol('gradients of the wanted inputs');

/**
 * Gradients of the wanted inputs, in their order: new tensors of the inputs' shapes, null for one without a gradient.
 * A missing cotangent (null) counts as zeros.
 */
export type WantedGradients = (
  cotangents: readonly (Tensor | null)[],
  wanted: readonly string[],
) => (Tensor | null)[];

/** A node of our own ops. To tfjs it is a node like any other. */
export interface FusedNode extends TapeNode {
  [WANTED]: WantedGradients;
}
