import type { Tensor } from '@tensorflow/tfjs-core';
import type { AdamwScalars } from './adamwMoments.ts';

/** Numbers of a quantised tensor that share a scale. */
export const BYTE_BLOCK = 256;

/** A quantised tensor: `number = numbers[code] * absmax[block]`. */
export interface Quantised {
  codes: Uint8Array;
  absmax: Float32Array;
}

/** Both moments of a parameter. */
export interface QuantisedMoments {
  mean: Quantised;
  square: Quantised;
}

/** What a code of 8 bits stands for, ascending, and what lies between two: what is above `middles[k]` is nearer to k + 1. */
export interface CodeMap {
  readonly numbers: Float32Array;
  readonly middles: Float32Array;
}

/** AdamW's moments in bytes, on a device. */
export interface ByteMoments {
  update(gradients: Tensor[], scalars: AdamwScalars): void;
  read(index: number): Promise<QuantisedMoments>;
  write(index: number, moments: QuantisedMoments): void;
  dispose(): void;
}
