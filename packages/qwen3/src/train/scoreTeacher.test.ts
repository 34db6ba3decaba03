import { openCpu } from '@molrl/tensor-gpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { addLora } from '../lora/addLora.ts';
import { withoutAdapter } from '../lora/withoutAdapter.ts';
import { createQwen3 } from '../model/createQwen3.ts';
import { packedBatch } from '../model/packedBatch.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { TINY_CONFIG } from '../model/tinyConfig.ts';
import { scoreTargets } from './scoreTargets.ts';
import { selectTargets, type TrainingSequence } from './selectTargets.ts';
import { targetLogprobs } from './targetLogprobs.ts';

beforeAll(async () => {
  await openCpu();
});

/** The same two completions after a prompt, and after more. */
const completions = [
  [7, 2, 9],
  [30, 4],
];
const after = (contexts: number[][]): TrainingSequence[] =>
  completions.map((own, i) => ({
    ids: [...contexts[i]!, ...own],
    roles: [...contexts[i]!.map(() => 'ignore'), ...own.map(() => 'assistant')],
  }));
const chosen = (sequences: TrainingSequence[]) => {
  const batch = packedBatch(sequences);
  return { batch, targets: selectTargets(batch, sequences) };
};
const student = chosen(after([[5, 1], [6]]));
const told = chosen(
  after([
    [5, 1, 8, 8],
    [6, 3, 11],
  ]),
);

function adapted(seed: number): Qwen3 {
  const model = createQwen3(TINY_CONFIG, { seed });
  addLora(model, { r: 2, alpha: 4 });
  for (const [name, value] of Object.entries(model.trainable())) {
    if (name.includes('lora_B'))
      tf.tidy(() => value.assign(tf.randomNormal(value.shape, 0, 0.2, 'float32', seed)));
  }
  return model;
}

/** Rows of log softmax at the targets, by plain numbers. */
function rowsOf(model: Qwen3, { batch, targets }: typeof student): number[][] {
  const logits = tf.tidy(() => {
    const hidden = model.forward(batch);
    const flat = tf.reshape(hidden, [-1, hidden.shape.at(-1)!]) as tf.Tensor2D; // [B, T, H]
    return tf.matMul(flat, model.head() as tf.Tensor2D, false, true).arraySync();
  }) as number[][];
  return Array.from(targets.rows, (row) => {
    const sum = Math.log(logits[row]!.reduce((all, z) => all + Math.exp(z), 0));
    return logits[row]!.map((z) => z - sum);
  });
}

const reverse = (p: number[], q: number[]) =>
  p.reduce((sum, logp, v) => sum + Math.exp(logp) * (logp - q[v]!), 0);

describe('scoreTargets with a teacher that reads more', () => {
  test.each(['live', 'base'] as const)(
    'is the KL to the %s weights after another context',
    async (kind) => {
      const model = adapted(3);
      const own = rowsOf(model, student);
      const live = () => rowsOf(model, told);
      const theirs = kind === 'live' ? live() : withoutAdapter(model, live);
      const adapter = kind === 'live' ? 'on' : 'off';
      const scored = await scoreTargets(model, student.batch, student.targets, {
        ...{ ref: model, kl: 'reverse', refInput: { ...told, adapter } },
      });
      for (const [i, kl] of scored.kl.entries()) {
        expect(Math.abs(kl - reverse(own[i]!, theirs[i]!))).toBeLessThan(2e-5);
      }
      // Along the gradient, with the teacher held: so much does the KL grow.
      const gradients = scored.backward({ kl: new Float32Array(5).fill(1) });
      const name = Object.keys(gradients).find((key) => key.includes('lora_B'))!;
      const weight = model.trainable()[name]!;
      const before = tf.clone(weight);
      const at = (shift: number): number => {
        tf.tidy(() => weight.assign(tf.add(before, tf.mul(gradients[name]!, shift))));
        return rowsOf(model, student).reduce((sum, row, i) => sum + reverse(row, theirs[i]!), 0);
      };
      const norm = tf.tidy(() => tf.sum(tf.square(gradients[name]!)).dataSync()[0]!);
      const h = 1e-2 / Math.sqrt(norm);
      expect((at(h) - at(-h)) / (2 * h) / norm).toBeCloseTo(1, 2);
      tf.dispose(gradients);
      model.dispose();
    },
  );

  test('is the divergence to the mixture of both', async () => {
    const model = createQwen3(TINY_CONFIG, { seed: 5 });
    const [own, theirs] = [rowsOf(model, student), rowsOf(model, told)];
    const scored = await scoreTargets(model, student.batch, student.targets, {
      ...{ ref: model, kl: 'jsd', jsdBeta: 0.2, refInput: told },
    });
    for (const [i, jsd] of scored.kl.entries()) {
      const mixture = own[i]!.map((p, v) =>
        Math.log(0.8 * Math.exp(p) + 0.2 * Math.exp(theirs[i]![v]!)),
      );
      const expected = 0.8 * reverse(own[i]!, mixture) + 0.2 * reverse(theirs[i]!, mixture);
      expect(Math.abs(jsd - expected)).toBeLessThan(2e-5);
    }
    scored.dispose();
    model.dispose();
  });

  test('gives the log-probs that a teacher without an adapter has for the completions', async () => {
    const model = createQwen3(TINY_CONFIG, { seed: 5 });
    const scored = await scoreTargets(model, student.batch, student.targets, {
      ...{ ref: model, refInput: told },
    });
    const rows = rowsOf(model, told);
    for (const [i, logprob] of scored.refLogprobs.entries()) {
      expect(Math.abs(logprob - rows[i]![told.targets.ids[i]!]!)).toBeLessThan(2e-5);
    }
    scored.dispose();
    model.dispose();
  });

  test('other completions are refused', async () => {
    const model = createQwen3(TINY_CONFIG, { seed: 5 });
    const other = chosen([
      { ids: [1, 7, 2, 8, 30, 4], roles: ['ignore', ...Array(5).fill('assistant')] },
    ]);
    const ask = scoreTargets(model, student.batch, student.targets, {
      ref: model,
      refInput: other,
    });
    await expect(ask).rejects.toThrow('got 5 for 5 and id 8 for 9 at 2');
    model.dispose();
  });
});

test.each([
  ['on', 1],
  ['off', 0.6],
] as const)(
  'targetLogprobs with the adapter %s is scoreTargets, without a tape',
  async (adapter, temperature) => {
    const model = adapted(4);
    const scored = await scoreTargets(model, student.batch, student.targets, {
      ...{ ref: model, temperature },
    });
    const { numTensors } = tf.memory();
    const plain = await targetLogprobs(model, student, { temperature, adapter });
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(plain).toEqual(adapter === 'on' ? scored.logprobs : scored.refLogprobs);
    expect(scored.logprobs).not.toEqual(scored.refLogprobs);
    scored.dispose();
    model.dispose();
  },
);

test("errors of targetLogprobs bear its name, a model's too", async () => {
  const model = adapted(4);
  const broken = Object.assign(Object.create(model), { forward: () => tf.zeros([1, 2]) });
  await expect(targetLogprobs({} as never, student)).rejects.toThrow(/^targetLogprobs: /);
  await expect(targetLogprobs(broken, student)).rejects.toThrow(/^targetLogprobs: model.forward/);
  await expect(scoreTargets(broken, student.batch, student.targets)).rejects.toThrow(
    /^scoreTargets: model.forward/,
  );
  model.dispose();
});
