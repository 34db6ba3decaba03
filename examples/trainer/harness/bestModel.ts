import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from '../base/exists.ts';
import type { TrainerSettings } from '../config/schema.ts';
import { readLearner, writeLearner } from '../method/learnerWeights.ts';
import type { Weights } from '../method/weights.ts';
import { replaceFile } from './replaceFile.ts';
import type { Run } from './run.ts';
import type { EvaluationRow, RunState } from './runState.ts';
import { encodeState, readState } from './stateFile.ts';

type Metric = TrainerSettings['eval']['metricForBestModel'];

/** What evaluations are compared by; higher is better. */
const SCORES: Record<Metric, (row: EvaluationRow) => number> = {
  accuracy: ({ sampled }) => sampled.mean,
  accuracy_greedy: ({ greedy }) => greedy.mean,
  reward: ({ reward }) => reward,
  text_nll: ({ textNll }) => -textNll.mean,
  text_kl: ({ textKl }) => -textKl.mean,
};

/** Scores of the evaluations during the stage at work, in their order. */
export function scoresOfStage({ settings, evaluations, stage }: RunState): number[] {
  const score = SCORES[settings.eval.metricForBestModel];
  return evaluations.filter((row) => row.stage === stage && row.step > 0).map(score); // 0 is its start
}

const bestFile = (out: string, stage: number): string => join(out, `best-${stage}.bin`);

/** Keeps the weights of the present evaluation if it is the best of its stage. */
export async function keepBest({ out, state, learner }: Run): Promise<void> {
  const scores = scoresOfStage(state);
  if (scores.indexOf(Math.max(...scores)) !== scores.length - 1) return;
  const weights = await readLearner(learner);
  const { step } = state.evaluations.at(-1)!; // the present one
  const content = encodeState({ header: { step }, groups: { weights } });
  await replaceFile(bestFile(out, state.stage), content);
}

/** Forgets weights of an update that did not happen. */
export async function dropBestAfter(
  out: string,
  { stage, step }: { stage: number; step: number },
): Promise<void> {
  const file = bestFile(out, stage);
  const saved = (await exists(file)) ? await readState(file) : undefined;
  if (saved && (saved.header.step as number) > step) await rm(file);
}

/** Puts the weights of the stage's best evaluation back. @returns The update after which it was made; undefined if they were rolled back. */
export async function loadBest({ out, state, learner }: Run): Promise<number | undefined> {
  if (!(await exists(bestFile(out, state.stage)))) return undefined;
  const saved = await readState(bestFile(out, state.stage));
  if (!saved)
    throw new Error(
      `loadBestModelAtEnd: ${bestFile(out, state.stage)} is damaged. The weights of the last update are in the newest checkpoint.`,
    );
  writeLearner(learner, saved.groups.weights as Weights); // written above
  return saved.header.step as number;
}

/** Whether so many evaluations in a row brought nothing better. */
export function isStalled(state: RunState): boolean {
  const { earlyStoppingPatience, earlyStoppingThreshold } = state.settings.eval;
  if (earlyStoppingPatience === undefined) return false;
  let best = Number.NEGATIVE_INFINITY;
  let waited = 0;
  for (const score of scoresOfStage(state)) {
    const isBetter = score > best + earlyStoppingThreshold;
    waited = isBetter ? 0 : waited + 1;
    best = isBetter ? score : best;
  }
  return waited >= earlyStoppingPatience;
}
