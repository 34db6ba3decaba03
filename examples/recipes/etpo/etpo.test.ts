import { collect } from '@molrl/ef-env';
import { softValues } from '@molrl/grpo';
import { type LanguageModel, packedBatch, selectTargets } from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Learner } from '../../trainer/method/learner.ts';
import { loadLearner } from '../../trainer/method/loadLearner.ts';
import { readWeights } from '../../trainer/method/weights.ts';
import { softValuesOf, targetsOf } from '../etpo.ts';
import { BASE } from '../start.ts';
import { type Critic, follow, openCritic, saidQ } from './critic.ts';
import { microwave } from './microwave.ts';

describe('values from chunked heads', () => {
  let learner: Learner;
  let critic: Critic;
  beforeAll(async () => {
    await openCpu({ threads: 1 });
    learner = await loadLearner({ model: BASE, format: 'recipe' });
    const nudge = (variable: tf.Variable, by: number): void =>
      tf.tidy(() =>
        variable.assign(tf.add(variable, tf.randomNormal(variable.shape, 0, by, 'float32', 3))),
      );
    critic = await openCritic(BASE, await readWeights(learner.model.trainable()));
    nudge(critic.trainable().q_head!, 0.02);
    nudge(learner.model.trainable()['model.norm.weight']!, 0.1); // no longer the reference
  });
  afterAll(() => {
    learner.dispose();
    critic.dispose();
  });

  const sequences = ['4876 rev', 'open'].map((text) => {
    const ids = learnerIds(text);
    return { ids, roles: ids.map((_, t) => (t > 0 ? 'assistant' : 'ignore')) };
  });
  const batch = packedBatch(sequences);
  const scoring = { batch, targets: selectTargets(batch, sequences) };
  const logitsOf = (model: LanguageModel): number[] =>
    tf.tidy(() => {
      const hidden = model.forward(batch);
      const flat = tf.reshape(hidden, [-1, hidden.shape.at(-1)!]);
      const rows = tf.gather(flat, tf.tensor1d(scoring.targets.rows, 'int32'));
      return [...tf.matMul(rows, model.head() as tf.Tensor2D, false, true).dataSync<'float32'>()];
    });

  test('are E_pi[Q] - beta KL(pi || rho) over the whole vocabulary', async () => {
    const [logits, refLogits, qValues] = [learner.model, learner.ref, critic].map(logitsOf);
    const data = { logits: logits!, refLogits: refLogits!, qValues: qValues!, vocabularySize: 512 };
    const { values } = softValues(data, { beta: 0.3 });
    const chunked = await softValuesOf({ learner, critic }, scoring, 0.3);
    expect(Math.max(...values.map(Math.abs))).toBeGreaterThan(0.05);
    for (const [i, value] of values.entries()) expect(chunked[i]).toBeCloseTo(value, 4);
    const { q, tape } = saidQ(critic, scoring);
    const said = q.dataSync<'float32'>();
    for (const [i, id] of scoring.targets.ids.entries())
      expect(said[i]).toBeCloseTo(qValues![512 * i + id]!, 4);
    tape.dispose();
    q.dispose();
  });

  test('the target goes part of the way to the critic', async () => {
    const target = await openCritic(BASE, await readWeights(learner.ref.trainable()));
    follow(target, critic, 0.75);
    const [own, now] = [target, critic].map((of) => of.trainable().q_head!.dataSync<'float32'>());
    expect(own![7]).toBeCloseTo(now![7]! / 4, 6);
    target.dispose();
  });
});

/** Any ids. */
function learnerIds(text: string): number[] {
  return Array.from(text, (letter) => 5 + (letter.charCodeAt(0) % 97));
}

test('targets are rewards at the ends of turns, and values of the next token elsewhere', () => {
  const roles = ['ignore', 'assistant', 'assistant', 'ignore', 'assistant'] as const;
  const sequence = { roles: [...roles], turns: Int32Array.of(0, 0, 0, 0, 1), rewards: [0.5, 1] };
  const values = Float64Array.of(1, 2, 3, 4, 5, 6);
  const data = { values, sequences: [sequence, sequence], gamma: 0.5, lambda: 0 };
  expect([...targetsOf({ ...data, discount: 'turns' })]).toEqual([2, 0.5 + 1.5, 1, 5, 0.5 + 3, 1]);
  expect([...targetsOf({ ...data, discount: 'tokens' })]).toEqual([1, 0.5 + 1.5, 1, 2.5, 3.5, 1]);
});

test('the microwave wants open, put in, close; what cannot be done changes nothing', async () => {
  const play = async (...said: string[]) => {
    const policy = {
      generate: async () => [
        { speaker: 'assistant' as const, kind: 'policy' as const, turn: 0, text: said.shift()! },
      ],
    };
    const [episode] = await collect(microwave, policy, { tasks: [{}], seed: 0, maxTokens: 9 });
    return [episode!.reward, episode!.segments.filter(({ kind }) => kind === 'policy').length];
  };
  expect(await play('open', 'put in', 'close')).toEqual([1, 3]);
  expect(await play('put in', 'close', 'open', 'eat', 'put in')).toEqual([0, 5]);
  expect(await play('open', 'put in', 'take out', 'close', 'open')).toEqual([0, 5]);
});
