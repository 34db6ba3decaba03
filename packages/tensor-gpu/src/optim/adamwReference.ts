import {
  add,
  div,
  keep,
  mul,
  sqrt,
  square,
  sub,
  type Tensor,
  tensor,
  tidy,
  type Variable,
  zeros,
} from '@tensorflow/tfjs-core';
import type { AdamwMoments } from '../backend/adamwMoments.ts';
import { squaredNormsOf } from './globalNorm.ts';

/** AdamW in primitive tfjs ops: runs on any back end; the kernel is checked against it. */
export function adamwReference(parameters: Variable[]): AdamwMoments {
  const moments = parameters.map(({ shape }) => ({
    mean: keep(zeros(shape)),
    square: keep(zeros(shape)),
  }));
  const replace = (index: number, next: { mean: Tensor; square: Tensor }) => {
    const entry = moments[index]!;
    entry.mean.dispose();
    entry.square.dispose();
    entry.mean = keep(next.mean);
    entry.square = keep(next.square);
  };
  return {
    squaredNorms: squaredNormsOf,
    update(gradients, { clip, keep: kept, beta1, beta2, stepSize, inverseRootBias2, eps }) {
      for (const [index, parameter] of parameters.entries()) {
        tidy(() => {
          const old = moments[index]!;
          const gradient = mul(gradients[index]!, clip);
          const mean = add(old.mean, mul(sub(gradient, old.mean), 1 - beta1));
          const squares = add(mul(old.square, beta2), mul(square(gradient), 1 - beta2));
          const denominator = add(mul(sqrt(squares), inverseRootBias2), eps);
          const step = mul(div(mean, denominator), stepSize);
          parameter.assign(sub(mul(parameter, kept), step));
          replace(index, { mean, square: squares });
        });
      }
    },
    read(index) {
      const { mean, square: squares } = moments[index]!;
      return {
        mean: Float32Array.from(mean.dataSync()),
        square: Float32Array.from(squares.dataSync()),
      };
    },
    write(index, { mean, square: squares }) {
      const { shape } = parameters[index]!;
      tidy(() => {
        replace(index, {
          mean: tensor(Float32Array.from(mean), shape),
          square: tensor(Float32Array.from(squares), shape),
        });
      });
    },
    dispose() {
      for (const entry of moments) {
        entry.mean.dispose();
        entry.square.dispose();
      }
    },
  };
}
