// DECC (Wu et al. 2024, https://arxiv.org/abs/2401.17716): emotion-cause pairs by staged prompts, with what does not hold pruned.
// There it is prompting alone; here the conversation is distilled into an answer of one turn.
//
//     recognise -> locate -> analyse -> summarise: y         a broken rule ends the conversation, and nothing is learned of it
//     L = mean over tokens of y of KL(p(. | conversation, y<t) || pi(. | question, y<t))      p: the model as it was when it played
//
// Departs from the paper: docs/methods/decc.md.
import type { Segment, Trajectory } from '@molrl/ef-env';
import { distillationLoss } from '@molrl/mol-loss';
import { dispose } from '@tensorflow/tfjs-core';
import { itemOfEpochs } from '../trainer/method/epochs.ts';
import type { Learner } from '../trainer/method/learner.ts';
import { ownTokens } from '../trainer/method/live/episodes.ts';
import { tokensOf } from '../trainer/method/live/policyTerm.ts';
import { askTeacher, type BothRow } from '../trainer/method/live/readBoth.ts';
import { passesOf, sumOfPasses } from '../trainer/method/passes.ts';
import { score } from '../trainer/method/score.ts';
import type { Stage, StageStep } from '../trainer/method/stage.ts';

/** An answer of the last stage, as the student reads it behind the question alone, and as the teacher wrote it. */
export type DistilledRow = BothRow & { told: NonNullable<BothRow['told']> };

/** What was played to the end, with the question that is asked of one turn. */
export function distilledRows(
  learner: Pick<Learner, 'render'>,
  played: readonly Trajectory[],
  questionOf: (task: unknown) => string,
): DistilledRow[] {
  return played.flatMap(({ segments, task, stop, info }) => {
    const last = segments.findLastIndex(({ kind }) => kind === 'policy');
    const said = segments[last];
    if (!said?.tokens || stop !== 'done' || info?.pruned !== undefined) return [];
    const asked: Segment = {
      ...{ speaker: 'user', kind: 'prompt', turn: 0, text: questionOf(task.data) },
    };
    const sequence = ownTokens(learner, [asked], said);
    return [{ sequence, told: ownTokens(learner, segments.slice(0, last), said), advantage: 0 }];
  });
}

export interface DeccOptions {
  rows: readonly DistilledRow[];
  updates: number;
  batchSize: number;
  learningRate: number;
  seed: number;
}

/** Yields after every update. The teacher is the frozen base of the learner. */
export async function* decc(
  learner: Learner,
  stage: Stage,
  { rows, updates, batchSize, learningRate, seed }: DeccOptions,
): AsyncGenerator<StageStep> {
  for (let step = stage.step; step < updates; step++) {
    const drawn = Array.from({ length: batchSize }, (_, i) =>
      itemOfEpochs(rows, step * batchSize + i, seed),
    );
    const { gradients, metrics } = await distilledGradient(learner, drawn);
    const { gradNorm } = await stage.move(gradients, { learningRate, maxGradNorm: 1 });
    dispose(gradients);
    stage.endUpdate();
    yield { step: step + 1, of: updates, metrics: { ...metrics, grad_norm: gradNorm } };
  }
}

/** Of the tokens of the answers, over the whole vocabulary. */
export async function distilledGradient(learner: Learner, rows: readonly DistilledRow[]) {
  const total = tokensOf(rows);
  const { gradients, metrics } = await sumOfPasses(passesOf(learner, rows), async (pass) => {
    const asked = askTeacher(pass, { ref: learner.ref, adapter: 'off' })!; // every row is told
    const { kl, backward } = await score(learner, pass, { ...asked, kl: 'forward' });
    const { sequenceIds } = pass.targets;
    const data = { divergences: kl, sequenceIds, hasTeacher: pass.items.map(() => 1) };
    const own = distillationLoss(data, { normalizer: 'token', total });
    return {
      gradients: backward({ kl: own.divergenceGradient }),
      loss: own.loss,
      means: [{ tokens: kl.length, metrics: own.metrics }],
    };
  });
  return { gradients: gradients!, metrics }; // a row at least
}
