import type { Variable } from '@tensorflow/tfjs-core';
import { currentBackend } from '../backend/backend.ts';
import { assertRange } from '../base/knownOptions.ts';
import { adamwReference } from './adamwReference.ts';
import type { StateTensor } from './optimizer.ts';
import { StateReader, type UpdateRule } from './updateRule.ts';

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

/** AdamW of these parameters, its moments in 32 bits. */
export function adamwRule(
  caller: string,
  parameters: Readonly<Record<string, Variable>>,
  { betas: [beta1, beta2], eps, weightDecay }: AdamwNumbers,
): UpdateRule {
  const names = Object.keys(parameters);
  const variables = Object.values(parameters);
  const moments = currentBackend()?.moments(variables) ?? adamwReference(variables);
  return {
    squaredNorms: (gradients) => moments.squaredNorms(gradients),
    update(gradients, { clip, learningRate, t }) {
      moments.update(gradients, {
        clip,
        keep: 1 - learningRate * weightDecay,
        beta1,
        beta2,
        stepSize: learningRate / (1 - beta1 ** t),
        inverseRootBias2: 1 / Math.sqrt(1 - beta2 ** t),
        eps,
      });
    },
    state() {
      const tensors: Record<string, StateTensor> = {};
      for (const [index, name] of names.entries()) {
        const { mean, square } = moments.read(index);
        tensors[`${name}/exp_avg`] = mean;
        tensors[`${name}/exp_avg_sq`] = square;
      }
      return tensors;
    },
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
