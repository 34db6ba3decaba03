import { openCpu } from '@molrl/tensor-gpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { addLora } from '../lora/addLora.ts';
import { scoreTargets } from '../train/scoreTargets.ts';
import { selectTargets } from '../train/selectTargets.ts';
import { createQwen3 } from './createQwen3.ts';
import { packedBatch } from './packedBatch.ts';
import { sharedTokens } from './prefixTree.ts';
import { TINY_CONFIG } from './tinyConfig.ts';

beforeAll(async () => {
  await openCpu({ threads: 1 });
});

const sequence = (prompt: readonly number[], completion: readonly number[]) => ({
  ids: [...prompt, ...completion],
  roles: [...prompt.map(() => 'ignore'), ...completion.map(() => 'assistant')],
});

const sequences = [
  sequence([5, 6, 7], [8, 9]),
  sequence([5, 6, 7], [8]),
  sequence([5, 6, 7], [8, 9]), // the same once more
  sequence([5, 1], [2]),
  sequence([4], [3, 30, 31]),
];

describe('packedBatch with sharePrefixes', () => {
  test('a prompt stands once, but for its last token, which predicts another token in each', () => {
    const batch = packedBatch([...sequences.slice(0, 2), ...sequences.slice(3, 5)], {
      sharePrefixes: true,
    });
    expect(batch).toMatchObject({
      inputIds: Int32Array.of(5, 6, 7, 8, 9, 7, 8, 1, 2, 4, 3, 30, 31),
      positions: Int32Array.of(0, 1, 2, 3, 4, 2, 3, 1, 2, 0, 1, 2, 3),
      segmentIds: Int32Array.of(0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 3, 3),
      lengths: Int32Array.of(5, 4, 3, 4),
      tree: {
        ends: Int32Array.of(9, 7, 5, 5, 5, 7, 7, 9, 9, 13, 13, 13, 13),
        starts: Int32Array.of(0, 5, 7, 9),
        shared: Int32Array.of(0, 2, 1, 0),
      },
    });
  });

  test('what predicts a target is never shared, nor the last token of a sequence', () => {
    const trained = { ids: [5, 6, 7], roles: ['ignore', 'assistant', 'ignore'] };
    expect(sharedTokens(trained, trained)).toBe(0);
    const context = { ids: [5, 6, 7], roles: ['ignore', 'ignore', 'ignore'] };
    expect(sharedTokens(context, context)).toBe(2);
    expect(sharedTokens(context, trained)).toBe(0);
    expect(sharedTokens({ ids: [], roles: [] }, context)).toBe(0);
  });

  test.each([
    ['all weights', {}, {}],
    ['all weights, layers computed again', {}, { gradientCheckpointing: true }],
    [
      'an adapter, at a temperature, with entropy and base',
      { r: 2 },
      { temperature: 0.7, entropy: true },
    ],
  ])(
    '%s: log-probs and gradients are those of sequences side by side',
    async (_, lora, options) => {
      const model = createQwen3(TINY_CONFIG, { seed: 3 });
      if ('r' in lora) {
        addLora(model, { r: 2, alpha: 4 });
        for (const [name, variable] of Object.entries(model.trainable()))
          if (name.includes('lora_B'))
            variable.assign(tf.randomNormal(variable.shape, 0, 0.1, 'float32', 5));
      }
      const ref = 'r' in lora ? { ref: model } : {};
      const results = [];
      for (const sharePrefixes of [false, true]) {
        const batch = packedBatch(sequences, { sharePrefixes });
        const targets = selectTargets(batch, sequences);
        const scored = await scoreTargets(model, batch, targets, { ...options, ...ref });
        const gradients = scored.backward({
          logprobs: scored.logprobs.map((_, i) => Math.cos(i)),
          ...('entropy' in options && { entropies: scored.logprobs.map((_, i) => Math.sin(i)) }),
        });
        const values = Object.entries(gradients).map(
          ([name, g]) => [name, [...g.dataSync()]] as const,
        );
        tf.dispose(gradients);
        const { logprobs, entropies, refLogprobs } = scored;
        results.push({ T: batch.T, targets, values, lists: { logprobs, entropies, refLogprobs } });
      }
      const [apart, together] = results as [(typeof results)[0], (typeof results)[0]];
      expect(together.T).toBeLessThan(apart.T);
      expect(together.targets.ids).toEqual(apart.targets.ids);
      expect(together.targets.sequenceIds).toEqual(apart.targets.sequenceIds);
      for (const [name, list] of Object.entries(apart.lists)) {
        const other = together.lists[name as 'logprobs'];
        for (const [i, value] of (list ?? []).entries())
          expect(Math.abs(other[i]! - value), name).toBeLessThan(2e-6);
        expect(other === undefined).toBe(list === undefined);
      }
      for (const [i, [name, values]] of apart.values.entries()) {
        const largest = Math.max(...values.map(Math.abs));
        for (const [j, value] of values.entries())
          expect(Math.abs(together.values[i]![1][j]! - value), name).toBeLessThan(
            1e-5 * largest + 1e-7,
          );
      }
      model.dispose();
    },
  );

  test('is refused where it would be wrong', async () => {
    expect(() => packedBatch([{ ids: [1, 2] }], { sharePrefixes: true })).toThrow(
      'sharePrefixes needs one role per token, sequence 0 has 2 ids and no roles',
    );
    expect(() => packedBatch(sequences, { sharePrefix: true } as never)).toThrow(
      "Did you mean 'sharePrefixes'?",
    );
    const batch = packedBatch(sequences, { sharePrefixes: true });
    const trained = sequences.map(({ ids }) => ({ ids, roles: ids.map(() => 'assistant') }));
    expect(() => selectTargets(batch, trained)).toThrow(
      'token 1 of sequence 1 is a target, and what predicts it is shared',
    );
    const model = createQwen3(TINY_CONFIG, { seed: 3 });
    const other = {
      forward: model.forward.bind(model),
      head: model.head.bind(model),
      trainable: model.trainable.bind(model),
    };
    const targets = selectTargets(batch, sequences);
    await expect(scoreTargets(other, batch, targets)).rejects.toThrow('sharesPrefixes is not true');
    await expect(scoreTargets(model, batch, targets, { ref: other })).rejects.toThrow(
      'sharesPrefixes is not true',
    );
    model.dispose();
  });
});
