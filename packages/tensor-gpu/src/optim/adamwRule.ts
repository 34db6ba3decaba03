import type { Variable } from '@tensorflow/tfjs-core';
import type { AdamwScalars, Moments } from '../backend/adamwMoments.ts';
import { currentBackend } from '../backend/backend.ts';
import { TensorGpuError } from '../base/errors.ts';
import { assertRange } from '../base/knownOptions.ts';
import { adamwReference } from './adamwReference.ts';
import type { StateTensor } from './optimizer.ts';
import { StateReader, type StepScalars, type UpdateRule } from './updateRule.ts';

/** The numbers of AdamW, each with its value. */
export interface AdamwNumbers {
  betas: readonly [number, number];
  eps: number;
  weightDecay: number;
}

/** @throws {TensorGpuError} `option` for a number out of its range. */
export function checkAdamwNumbers(caller: string, { betas, eps, weightDecay }: AdamwNumbers): void {
  const [beta1, beta2] = betas;
  assertRange(`${caller}: betas[0]`, beta1, [0, 1 - 2 ** -53]);
  assertRange(`${caller}: betas[1]`, beta2, [0, 1 - 2 ** -53]);
  assertRange(`${caller}: eps`, eps, [0, Number.MAX_VALUE]);
  assertRange(`${caller}: weightDecay`, weightDecay, [0, Number.MAX_VALUE]);
}

/** What every element of a step has in common. */
export function adamwScalars(
  { betas: [beta1, beta2], eps, weightDecay }: AdamwNumbers,
  { learningRate, t }: Omit<StepScalars, 'clip'>,
): Omit<AdamwScalars, 'clip'> {
  return {
    keep: 1 - learningRate * weightDecay,
    beta1,
    beta2,
    stepSize: learningRate / (1 - beta1 ** t),
    inverseRootBias2: 1 / Math.sqrt(1 - beta2 ** t),
    eps,
  };
}

/** AdamW of these parameters, its moments in 32 bits. */
export function adamwRule(
  caller: string,
  parameters: Readonly<Record<string, Variable>>,
  numbers: AdamwNumbers,
): UpdateRule {
  const names = Object.keys(parameters);
  const variables = Object.values(parameters);
  const moments = currentBackend()?.moments(variables) ?? adamwReference(variables);
  const stateOf = (read: readonly Moments[]): Record<string, StateTensor> =>
    Object.fromEntries(
      names.flatMap((name, index) => [
        [`${name}/exp_avg`, read[index]!.mean],
        [`${name}/exp_avg_sq`, read[index]!.square],
      ]),
    );
  return {
    squaredNorms: (gradients) => moments.squaredNorms(gradients),
    update(gradients, { clip, ...scalars }) {
      moments.update(gradients, { clip, ...adamwScalars(numbers, scalars) });
    },
    clippedUpdate: (gradients, scalars, maxGradNorm) =>
      moments.clippedUpdate?.(gradients, adamwScalars(numbers, scalars), maxGradNorm),
    state: () =>
      stateOf(
        names.map((_, index) => {
          const read = moments.read(index);
          if (!(read instanceof Promise)) return read;
          throw new TensorGpuError(
            'backend',
            `${caller}.state: the moments of this device are read asynchronously. Use \`await optimizer.readState()\`.`,
          );
        }),
      ),
    readState: async () => stateOf(await Promise.all(names.map((_, index) => moments.read(index)))),
    reader(tensors) {
      const state = new StateReader(caller, tensors);
      const loaded = Object.entries(parameters).map(([name, { size }]) => ({
        mean: state.read(`${name}/exp_avg`, size),
        square: state.read(`${name}/exp_avg_sq`, size),
      }));
      return () => {
        for (const [index, entry] of loaded.entries()) moments.write(index, entry);
      };
    },
    dispose: () => moments.dispose(),
  };
}
