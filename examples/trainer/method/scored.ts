import type { Role } from '@molrl/mol-loss';
import type { ModelInput, Targets, TrainingSequence } from '@molrl/qwen3';

/** A batch, its targets, and the sequences that both were made of. */
export interface Scored {
  batch: ModelInput;
  targets: Targets;
  sequences: readonly TrainingSequence<Role>[];
}
