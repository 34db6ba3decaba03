import {
  type ModelInput,
  type ScoreTargetsOptions,
  scoreTargets,
  type Targets,
} from '@molrl/qwen3';
import type { Learner, Sequence } from './learner.ts';

/** A batch, its targets, and the sequences that both were made of. */
export interface Scored {
  batch: ModelInput;
  targets: Targets;
  sequences: readonly Sequence[];
}

/**
 * `scoreTargets` on the learner's model, as its settings ask.
 *
 * @throws {Error} if a log-prob is not finite: its row, its token and the tokens before it.
 */
export async function score<const Options extends ScoreTargetsOptions = { ref?: undefined }>(
  { model, tokenizer, gradientCheckpointing }: Learner,
  { batch, targets, sequences }: Scored,
  options?: Options,
) {
  const scored = await scoreTargets(model, batch, targets, {
    ...(options as Options),
    gradientCheckpointing,
  });
  const at = scored.logprobs.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return scored;
  scored.dispose();
  const row = targets.sequenceIds[at]!; // one a target
  const { ids } = sequences[row]!;
  const first = targets.sequenceIds.indexOf(row);
  const text = tokenizer.decode(Array.from(ids));
  throw new Error(
    `the log-prob of target ${at - first} of row ${row} is ${scored.logprobs[at]}: token ${targets.ids[at]} ${JSON.stringify(tokenizer.decode([targets.ids[at]!]))}. The row, ${ids.length} tokens: ${JSON.stringify(text.slice(0, 400))} ids ${JSON.stringify(Array.from(ids).slice(0, 200))}`,
  );
}
