import { checkInteger, checkList, checkOptionNames, checkTokenIds } from '../base/optionChecks.ts';
import { checkModel } from '../model/checkModel.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { tokenBatch } from '../model/tokenBatch.ts';
import { checkScoringTemperature } from './checkScoringTemperature.ts';
import { selectTargets, type TrainingSequence } from './selectTargets.ts';
import { targetLogprobs } from './targetLogprobs.ts';

/** A completion to score, after its prompt. */
export interface ScoredSequence {
  promptIds: ArrayLike<number>;
  completionIds: ArrayLike<number>;
}

export interface ScoreLogprobsOptions {
  /** Divides the logits; give what the sampler used. Default 1. */
  temperature?: number | undefined;
  /** Sequences per forward pass. Default 32. */
  batchSize?: number | undefined;
}

/**
 * Log-probs of completion tokens under the forward pass that training uses. Their difference to the sampler's
 * own log-probs is the sampler/trainer mismatch.
 *
 * Nothing predicts the first token of a sequence: with an empty prompt its place is NaN ("not known", as in
 * `RenderedSegments.logprobs`), and the likelihood of the text is the sum from the second on.
 *
 * @returns per sequence, `[completion tokens]`, nats.
 * @throws {Qwen3Error} `option` for ids outside the vocabulary, a temperature below 1e-6, and other options
 * that cannot be.
 *
 * @example
 * const model = createQwen3(TINY_CONFIG, { seed: 1 });
 * const [logprobs] = await scoreLogprobs(model, [{ promptIds: [1, 5], completionIds: [9, 2] }]);
 */
export async function scoreLogprobs(
  model: Qwen3,
  sequences: readonly ScoredSequence[],
  options: ScoreLogprobsOptions = {},
): Promise<Float32Array[]> {
  checkModel('scoreLogprobs', model);
  checkOptionNames('scoreLogprobs', options, ['temperature', 'batchSize']);
  const { temperature = 1, batchSize = 32 } = options;
  checkInteger('scoreLogprobs: batchSize', batchSize, [1]);
  checkScoringTemperature('scoreLogprobs', temperature);
  checkSequences(sequences, model.config.vocabSize);
  const scores: Float32Array[] = [];
  for (let start = 0; start < sequences.length; start += batchSize) {
    scores.push(
      ...(await scoreBatch(model, sequences.slice(start, start + batchSize), temperature)),
    );
  }
  return scores;
}

function checkSequences(sequences: readonly ScoredSequence[], vocabSize: number): void {
  checkList('scoreLogprobs: sequences', sequences);
  for (const [index, sequence] of sequences.entries()) {
    const where = `scoreLogprobs: sequence ${index}`;
    checkTokenIds(`${where}: promptIds`, sequence?.promptIds, vocabSize);
    checkTokenIds(`${where}: completionIds`, sequence?.completionIds, vocabSize);
  }
}

async function scoreBatch(
  model: Qwen3,
  sequences: readonly ScoredSequence[],
  temperature: number,
): Promise<Float32Array[]> {
  const scores = sequences.map(({ completionIds }) =>
    new Float32Array(completionIds.length).fill(Number.NaN),
  );
  const filled = [...scores.keys()].filter((i) => scores[i]!.length > 0);
  if (filled.length === 0) return scores;
  const scored = filled.map((i) => trainingSequence(sequences[i]!));
  const batch = tokenBatch(scored, { padId: 0 });
  const targets = selectTargets(batch, scored);
  const { rows, sequenceIds } = targets;
  if (rows.length === 0) return scores;
  const values = await targetLogprobs(model, { batch, targets }, { temperature });
  for (const [i, row] of rows.entries()) {
    const sequence = filled[sequenceIds[i]!]!;
    const t = (row % batch.T) + 1; // the target follows its row
    scores[sequence]![t - sequences[sequence]!.promptIds.length] = values[i]!;
  }
  return scores;
}

function trainingSequence({ promptIds, completionIds }: ScoredSequence): TrainingSequence {
  const ids = [...Array.from(promptIds), ...Array.from(completionIds)];
  return { ids, roles: ids.map((_, t) => (t < promptIds.length ? 'ignore' : 'assistant')) };
}
