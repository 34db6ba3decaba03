import { findModel } from '../model/findModel.ts';
import { type Learner, type OpenLearnerOptions, openLearner } from './learner.ts';

export interface LoadLearnerOptions extends Omit<OpenLearnerOptions, 'source'> {
  /** A folder, a GGUF file, or a run of the trainer that left a whole model. */
  model: string;
}

/** {@link openLearner} of what a user names. @throws {Error} for a run that left an adapter. */
export async function loadLearner({ model, ...options }: LoadLearnerOptions): Promise<Learner> {
  const { source, adapter } = await findModel(model);
  if (adapter === undefined) return openLearner({ source, ...options });
  throw new Error(
    `model: ${model} is a run that left an adapter. To train on from it, let it end with --export merged, or give its base.`,
  );
}
