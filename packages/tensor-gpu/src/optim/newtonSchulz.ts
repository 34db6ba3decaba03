import {
  add,
  div,
  matMul,
  maximum,
  mul,
  norm,
  type Tensor2D,
  tidy,
  transpose,
} from '@tensorflow/tfjs-core';

/** Jordan's quintic: its slope at 0 is largest, and singular values end between about 0.7 and 1.2 instead of at 1. */
const [A, B, C] = [3.4445, -4.775, 2.0315];

/** torch's: of a smaller matrix nothing is made large. */
const EPS = 1e-7;

/**
 * A matrix with the singular vectors of `x` and singular values near 1, by matrix products alone.
 *
 *     X = x / |x|_F      repeat: G = X X^T,  X = a X + (b G + c G^2) X
 *
 * Tall matrices are turned, so that `G` has the smaller side. 0 stays 0.
 *
 * @see Jordan 2024, Muon: https://kellerjordan.github.io/posts/muon/
 */
export function newtonSchulz(x: Tensor2D, iterations: number): Tensor2D {
  return tidy(() => {
    const tall = x.shape[0] > x.shape[1];
    const wide = tall ? transpose(x) : x;
    let value: Tensor2D = div(wide, maximum(norm(wide), EPS));
    for (let i = 0; i < iterations; i++) {
      const gram = matMul(value, value, false, true);
      const polynomial = add(mul(gram, B), mul(matMul(gram, gram), C));
      value = add(mul(value, A), matMul(polynomial as Tensor2D, value));
    }
    return tall ? transpose(value) : value;
  });
}
