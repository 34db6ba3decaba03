import { linear } from '@molrl/tensor-gpu';
import { randomNormal } from '@tensorflow/tfjs-core';

/** `y[M,N] = x[M,K] weight[N,K]^T`. */
export function gemm(spec: { M: number; N: number; K: number }): () => Promise<void> {
  const x = randomNormal([spec.M, spec.K], 0, 1, 'float32', 1);
  const weight = randomNormal([spec.N, spec.K], 0, 1, 'float32', 2);
  return async () => linear(x, weight).dispose();
}
