// biome-ignore-all lint/complexity/useMaxParams: a kernel is given inputs and place, one by one
import * as tf from '@tensorflow/tfjs-core';
import type { RowKernelOptions } from './defineKernel.ts';

/** RMS norm as a user writes it: sums over rows of any width, a weight of one row, gradients at the places of each input. For tests of every device. */
export const ROW_NORM: Omit<RowKernelOptions<readonly ['x', 'w']>, 'name'> = {
  kind: 'row',
  inputs: ['x', 'w'],
  forward: (x, w, row, column, _rows, width) => {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += x[row]![i]! * x[row]![i]!;
    return (x[row]![column]! / Math.sqrt(sum / width + 1e-6)) * w[0]![column]!;
  },
  gradient: [
    (x, w, dy, row, column, _rows, width) => {
      let sum = 0;
      let dot = 0;
      for (let i = 0; i < width; i++) {
        sum += x[row]![i]! * x[row]![i]!;
        dot += dy[row]![i]! * w[0]![i]! * x[row]![i]!;
      }
      const scale = 1 / Math.sqrt(sum / width + 1e-6);
      return (
        scale *
        (dy[row]![column]! * w[0]![column]! - (x[row]![column]! * dot * scale * scale) / width)
      );
    },
    (x, _w, dy, _row, column, rows, width) => {
      let total = 0;
      for (let r = 0; r < rows; r++) {
        let sum = 0;
        for (let i = 0; i < width; i++) sum += x[r]![i]! * x[r]![i]!;
        total += (dy[r]![column]! * x[r]![column]!) / Math.sqrt(sum / width + 1e-6);
      }
      return total;
    },
  ],
  reference: (x, w) =>
    tf.mul(tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), 1e-6))), w),
  shapes: (shape) => [shape, shape.slice(-1)],
};
