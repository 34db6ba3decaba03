import { generate } from '@molrl/qwen3';
import { adamw } from '@molrl/tensor-gpu';
import { dispose } from '@tensorflow/tfjs-core';
import type { Learner } from '../../examples/trainer/method/learner.ts';
import { readEpisodes } from '../../examples/trainer/method/live/episodes.ts';
import { PRESETS } from '../../examples/trainer/method/live/presets.ts';
import { tokensPerPass } from '../../examples/trainer/method/microBatches.ts';
import type { Shape } from '../shapes.ts';
import { benchModel, randomIds } from './benchModel.ts';
import { idEpisode, renderIds } from './idEpisode.ts';

/** Rollouts that are all wrong and answered in words, the gradient of the preset `sdpo`, one update: what `peers/trl_sdpo.py` does. */
export function sdpoStep(shape: Shape & { feedbackLength: number }): () => Promise<void> {
  const { grpoPrompts: P, grpoGenerations: G, grpoNewTokens: N, promptLength, vocab } = shape;
  const model = benchModel(shape);
  const learner = {
    ...{ model, ref: model, render: renderIds, gradientCheckpointing: false },
    tokensPerPass: tokensPerPass(model.config, 0),
  } as unknown as Learner; // all that the method reads
  const method = PRESETS.sdpo(learner);
  const optimizer = adamw(model.trainable(), { learningRate: 1e-4, weightDecay: 0 });
  const rows = (count: number, length: number): Int32Array[] => {
    const ids = randomIds(count, length, vocab);
    return Array.from({ length: count }, (_, i) => ids.subarray(i * length, (i + 1) * length));
  };
  const [prompts, feedback] = [rows(P, promptLength), rows(P * G, shape.feedbackLength)];
  let seed = 0;

  return async () => {
    const completions = await generate(model, prompts, {
      ...{ numGenerations: G, maxTokens: N, temperature: 1, seed: seed++, eosIds: [] },
    });
    const played = completions.map(({ ids }, i) =>
      idEpisode(prompts[Math.floor(i / G)]!, [{ ids, reward: 0, feedback: feedback[i]! }]),
    );
    const episodes = readEpisodes(played, G);
    const { gradients } = await method.gradient({ episodes, temperature: 1, step: seed });
    if (!gradients) throw new Error('sdpo: no row has a teacher');
    await optimizer.step(gradients, { maxGradNorm: 1 });
    dispose(gradients);
    method.follow();
  };
}
