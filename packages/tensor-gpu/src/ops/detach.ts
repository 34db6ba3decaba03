import { customGrad, type Tensor, zerosLike } from '@tensorflow/tfjs-core';

/** `x` itself with gradient 0: what lies behind it is not trained through this use. */
export function detach(x: Tensor): Tensor {
  return customGrad((value) => ({
    value: (value as Tensor).clone(), // its only argument besides the save function
    gradFunc: (dy: Tensor) => zerosLike(dy),
  }))(x);
}
