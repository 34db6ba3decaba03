import { fileURLToPath } from 'node:url';
import type { RewardSpan, Segment, Trajectory } from '@molrl/ef-env';
import type { Gradients } from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Learner } from '../learner.ts';
import { loadLearner } from '../loadLearner.ts';
import { readEpisodes } from './episodes.ts';
import { PRESETS } from './presets.ts';
import { spanRewards, tokenRanges } from './spanRewards.ts';
import { symbolicFeedback } from './symbolicFeedback.ts';

describe('spans on tokens', () => {
  /** A token is its bytes: `é` and `€` come in parts. */
  const bytes = {
    decode: (ids: ArrayLike<number>) => new TextDecoder().decode(Uint8Array.from(ids)),
  };
  const said = (text: string, spans: RewardSpan[]): Segment => ({
    ...{ speaker: 'assistant', kind: 'policy', turn: 0, text, spans },
    tokens: { ids: [...new TextEncoder().encode(text)] },
  });

  test('tokens that make a character together have the whole of it', () => {
    const ranges = tokenRanges(bytes, said('a€b', []).tokens!.ids);
    expect(ranges.map(({ start, end }) => [start, end])).toEqual([
      [0, 1],
      [1, 4],
      [1, 4],
      [1, 4],
      [4, 5],
    ]);
  });

  test('a token has the rewards of the spans that it has a byte in, those of several together', () => {
    const spans = [
      { start: 1, end: 4, reward: -1 },
      { start: 3, end: 4, reward: -0.5 },
      { start: 9, end: 12, reward: -1 }, // behind the end
      { start: 2, end: 2, reward: 5 }, // nothing
    ];
    expect(Array.from(spanRewards(bytes, said('abcdef', spans)))).toEqual([
      ...[0, -1, -1, -1.5, 0, 0],
    ]);
    const half = said('é!', [{ start: 1, end: 2, reward: -1 }]); // half of a character
    expect(Array.from(spanRewards(bytes, half))).toEqual([-1, -1, 0]);
  });

  test('a word with the blank before it is marked with the word', () => {
    const words = ['let', ' x', ' =', ' 1', '<end>'];
    const tokenizer = {
      decode: (ids: ArrayLike<number>) => Array.from(ids, (id) => words[id]).join(''),
    };
    const spans = [{ start: 4, end: 5, reward: -1 }];
    const row = { ...said('let x = 1', spans), tokens: { ids: [0, 1, 2, 3, 4] } };
    expect(Array.from(spanRewards(tokenizer, row))).toEqual([0, -1, 0, 0, 0]);
  });
});

describe('RLSF', () => {
  let learner: Learner;
  beforeAll(async () => {
    await openCpu({ threads: 1 });
    const model = fileURLToPath(new URL('../../../mol-rl/base', import.meta.url));
    learner = await loadLearner({ model, format: 'recipe' });
  });
  afterAll(() => learner.dispose());

  const attempt = (text: string, reward: number, spans?: RewardSpan[]): Trajectory => ({
    ...{ version: 1, id: '', task: { env: '', data: null, seed: 0 }, stop: 'done', reward },
    segments: [
      { speaker: 'user', kind: 'prompt', turn: 0, text: '0884 dil lam' },
      {
        ...{ speaker: 'assistant', kind: 'policy', turn: 0, text, reward, spans },
        tokens: { ids: [...learner.tokenizer.encode(text), learner.policy.eosIds[0]!] },
      },
    ],
  });
  const played = (trajectories: Trajectory[]) => ({
    ...{ episodes: readEpisodes(trajectories, 2), temperature: 1, step: 0 },
  });
  const normOf = (gradients: Gradients): number[] => {
    const norms = Object.values(gradients).map((own) =>
      tf.tidy(() => tf.norm(own).dataSync<'float32'>()[0]!),
    );
    tf.dispose(gradients);
    return norms;
  };

  test('without a span is GRPO, to the last bit', async () => {
    const batch = played([attempt('0884 dil rev 4880', 1), attempt('0884 dil dec 9773', 0)]);
    const [rlsf, grpo] = [PRESETS.rlsf(learner), PRESETS.grpo(learner)];
    const [own, plain] = [await rlsf.gradient(batch), await grpo.gradient(batch)];
    expect(own.metrics.loss).toBe(plain.metrics.loss);
    expect(normOf(own.gradients!)).toEqual(normOf(plain.gradients!));
    expect(own.metrics['rlsf/flagged_fraction']).toBe(0);
  });

  test('a mark teaches where all rewards are equal, which GRPO does not', async () => {
    const spans = [{ start: 5, end: 8, reward: -1, label: 'dil' }];
    const batch = played([attempt('0884 dil rev 4880', 0, spans), attempt('0884 dil dec 9773', 0)]);
    expect((await PRESETS.grpo(learner).gradient(batch)).gradients).toBeUndefined();
    const { gradients, metrics } = await PRESETS.rlsf(learner).gradient(batch);
    expect(normOf(gradients!).some((norm) => norm > 0)).toBe(true);
    expect(metrics['rlsf/flagged_fraction']).toBeGreaterThan(0);
  });

  test('with gamma 0 a token answers for itself alone: the loss is that of the marked tokens', async () => {
    const text = '0884 dil rev 4880';
    const spans = [{ start: 5, end: 8, reward: -1 }];
    const marked = attempt(text, 0, spans);
    const batch = played([marked, attempt(text, 0)]);
    const method = symbolicFeedback({ lambda: 1, gamma: 0 })(learner);
    const { gradients, metrics } = await method.gradient(batch);
    tf.dispose(gradients!);
    // The same text twice: at the marked tokens the advantages are -1/2 and 1/2, so nothing is left of the loss.
    expect(metrics.loss).toBeCloseTo(0, 12);
    const tokens = spanRewards(learner.tokenizer, marked.segments[1]!);
    const flagged = tokens.filter((reward) => reward !== 0).length;
    expect(metrics['rlsf/flagged_fraction']).toBeCloseTo(flagged / (2 * tokens.length), 12);
  });
});
