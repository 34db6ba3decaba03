import type { Variable } from '@tensorflow/tfjs-core';
import type { Learner } from './learner.ts';
import { readWeights, type Weights, writeWeights } from './weights.ts';

type Trained = Pick<Learner, 'model' | 'elsewhere'>;

/** What is trained here: nothing, where the weights are elsewhere. */
export const trainedHere = ({ model, elsewhere }: Trained): Record<string, Variable> =>
  elsewhere ? {} : model.trainable();

/** The learner's weights, or what stands for them. */
export const readLearner = (learner: Trained): Promise<Weights> =>
  learner.elsewhere ? learner.elsewhere.readWeights() : readWeights(learner.model.trainable());

/** Puts back what `readLearner` read. */
export function writeLearner(learner: Trained, weights: Weights): void {
  if (learner.elsewhere) learner.elsewhere.writeWeights(weights);
  else writeWeights(learner.model.trainable(), weights);
}
