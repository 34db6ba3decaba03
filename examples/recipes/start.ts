import { fileURLToPath } from 'node:url';
import type { Segment } from '@molrl/ef-env';
import type { Learner, Sequence } from '../trainer/method/learner.ts';
import { loadLearner } from '../trainer/method/loadLearner.ts';
import { sft } from '../trainer/method/sft.ts';
import { Stage } from '../trainer/method/stage.ts';
import { readWeights, type Weights, writeWeights } from '../trainer/method/weights.ts';

/** The model of 0.5 M parameters that ships with the repository. */
export const BASE = fileURLToPath(new URL('../mol-rl/base', import.meta.url));

export interface StartOptions {
  /** Conversations in the form that the recipe's game wants. */
  conversations: readonly (readonly Segment[])[];
  updates: number;
  learningRate: number;
}

/** What a recipe begins with: a model that knows how to say things, and not what to say. The frozen base is the same. */
export interface Start {
  learner: Learner;
  weights: Weights;
  /** Puts the model back to it. */
  again(): void;
}

/** Cross-entropy on what the assistant says in the conversations. */
export async function startOf({
  conversations,
  updates,
  learningRate,
}: StartOptions): Promise<Start> {
  const learner = await loadLearner({ model: BASE, format: 'recipe' });
  const parameters = learner.model.trainable();
  const rows: Sequence[] = conversations.map((segments) => {
    const { ids, kinds, roles } = learner.render(segments);
    const isSaid = (t: number): boolean => kinds[t] === 'policy' && roles[t] === 'assistant';
    return { ids, roles: roles.map((_, t) => (isSaid(t) ? 'assistant' : 'ignore')) };
  });
  const stage = new Stage(parameters, { name: 'start', seed: 0, learningRate });
  const options = { rows, updates, batchSize: 16, learningRate, maxGradNorm: 1, seed: 0 };
  const steps = sft(learner, stage, { ...options, schedule: (step) => 1 - step / updates });
  for await (const _ of steps); // what it prints nobody reads
  stage.dispose();
  const weights = await readWeights(parameters);
  writeWeights(learner.ref.trainable(), weights);
  return { learner, weights, again: () => writeWeights(parameters, weights) };
}

/** A conversation that the user begins and the assistant ends. */
export const spoken = (texts: readonly string[], system?: string): Segment[] => [
  ...(system === undefined
    ? []
    : [{ speaker: 'system', kind: 'prompt', turn: 0, text: system } as const]),
  ...texts.map((text, i): Segment => {
    const turn = Math.floor(i / 2);
    if (i % 2 === 1) return { speaker: 'assistant', kind: 'policy', turn, text };
    const told = Math.max(0, turn - 1); // an answer belongs to the attempt before it
    return { speaker: 'user', kind: i === 0 ? 'prompt' : 'environment', turn: told, text };
  }),
];
