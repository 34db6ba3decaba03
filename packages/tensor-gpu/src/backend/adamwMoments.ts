import type { Tensor } from '@tensorflow/tfjs-core';

/** The numbers of one AdamW step that are the same for every element. */
export interface AdamwScalars {
  /** Factor of every gradient, `min(1, maxGradNorm / (norm + 1e-6))`. */
  clip: number;
  /** `1 - learningRate * weightDecay`. */
  keep: number;
  beta1: number;
  beta2: number;
  /** `learningRate / (1 - beta1^t)`. */
  stepSize: number;
  /** `1 / sqrt(1 - beta2^t)`. */
  inverseRootBias2: number;
  eps: number;
}

/** Both moments of one parameter, as `state()` hands them out. */
export interface Moments {
  /** Running mean of the gradient, torch's `exp_avg`. */
  mean: Float32Array;
  /** Running mean of its square, torch's `exp_avg_sq`. */
  square: Float32Array;
}

/** Where the moments live and how a step is computed: in plain tfjs ops, or in the CPU kernel. */
export interface AdamwMoments {
  /** Sum of squares of each gradient; infinite or NaN when f32 overflowed or a gradient is bad. */
  squaredNorms(gradients: Tensor[]): Promise<Float64Array>;
  /** Updates the moments and the parameters. */
  update(gradients: Tensor[], scalars: AdamwScalars): void;
  /**
   * The same at once, by a clipping factor that the device computes: what it awaits is only told. Not done, and nothing
   * changed, where the sum of squares is not finite.
   */
  clippedUpdate?(
    gradients: Tensor[],
    scalars: Omit<AdamwScalars, 'clip'>,
    maxGradNorm: number | undefined,
  ): Promise<{ squaredNorms: Float64Array; isDone: boolean }>;
  read(index: number): Moments | Promise<Moments>;
  write(index: number, moments: Moments): void;
  dispose(): void;
}
