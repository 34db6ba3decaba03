import { square, sum, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../base/errors.ts';

/** What the norm is made of, and what an error names. */
interface NormParts {
  /** Sum of squares of each gradient. */
  norms: ReadonlyMap<string, number>;
  step: number;
  caller: string;
}

/**
 * Norm over all gradients together, `sqrt(sum_p sum_i g[p,i]^2)`, from the sums of squares.
 *
 * A sum that is not finite is recomputed in f64 from the gradient itself: finite gradients above
 * 1.8e19 overflow the f32 square and are still good.
 *
 * @throws {TensorGpuError} `not-finite` naming the first parameter and element that is NaN or infinite.
 */
export async function globalNorm(
  gradients: Record<string, Tensor>,
  parts: NormParts,
): Promise<number> {
  let total = 0;
  for (const [name, gradient] of Object.entries(gradients)) {
    const squared = parts.norms.get(name) ?? Number.NaN;
    total += Number.isFinite(squared) ? squared : await exactSquaredNorm(name, gradient, parts);
  }
  return Math.sqrt(total);
}

async function exactSquaredNorm(
  name: string,
  gradient: Tensor,
  { step, caller }: NormParts,
): Promise<number> {
  const values = await gradient.data();
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) {
      throw new TensorGpuError(
        'not-finite',
        `${caller}: gradient of ${name} must be finite, got ${value} at element ${i} of ` +
          `[${gradient.shape}] in step ${step}. Weights and moments are unchanged: look for the ` +
          'first loss or log-prob that is not finite.',
      );
    }
    total += value * value;
  }
  return total;
}

/** Sums of squares in plain tfjs ops. */
export async function squaredNormsOf(gradients: readonly Tensor[]): Promise<Float64Array> {
  const sums = tidy(() => gradients.map((gradient) => sum(square(gradient))));
  const values = await Promise.all(sums.map((value) => value.data()));
  for (const value of sums) value.dispose();
  return Float64Array.from(values, ([value]) => value ?? Number.NaN);
}

/**
 * Factor that brings a gradient of norm `norm` down to `maxGradNorm`: `min(1, max / (norm + 1e-6))`.
 *
 * @see torch.nn.utils.clip_grad_norm_, whose 1e-6 this is
 */
export function clipFactor(norm: number, maxGradNorm: number | undefined): number {
  return maxGradNorm === undefined ? 1 : Math.min(1, maxGradNorm / (norm + 1e-6));
}
