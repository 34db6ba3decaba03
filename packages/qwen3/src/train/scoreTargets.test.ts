import { openCpu, record } from '@molrl/tensor-gpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { addLora } from '../lora/addLora.ts';
import { withoutAdapter } from '../lora/withoutAdapter.ts';
import { createQwen3 } from '../model/createQwen3.ts';
import type { LanguageModel } from '../model/languageModel.ts';
import { packedBatch } from '../model/packedBatch.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { TINY_CONFIG } from '../model/tinyConfig.ts';
import { tokenBatch } from '../model/tokenBatch.ts';
import { addGradients, type Gradients } from './gradients.ts';
import type { ScoreTargetsOptions, TargetGradients } from './scoredTargets.ts';
import { scoreLogprobs } from './scoreLogprobs.ts';
import { scoreTargets } from './scoreTargets.ts';
import { selectTargets } from './selectTargets.ts';

beforeAll(async () => {
  await openCpu();
});

const sequences = [
  { ids: [5, 1, 36, 7, 2], roles: ['ignore', 'assistant', 'assistant', 'environment', 'general'] },
  { ids: [4, 9, 30], roles: ['ignore', 'ignore', 'environment'] },
];
const batch = packedBatch(sequences);
const targets = selectTargets(batch, sequences);

/** Two vectors per token: a language model that looks at nothing but the last token. Not a Qwen3. */
function bigram(seed: number, V = 40, H = 6): LanguageModel & { dispose(): void } {
  const [table, head] = [0, 1].map((k) =>
    tf.variable(tf.randomNormal([V, H], 0, 0.5, 'float32', seed + k)),
  ) as [tf.Variable, tf.Variable];
  return {
    forward: ({ B, T, inputIds }) =>
      tf.reshape(tf.tanh(tf.gather(table, tf.tensor1d(inputIds, 'int32'))), [B, T, H]),
    head: () => head,
    trainable: () => ({ table, head }),
    dispose: () => tf.dispose([table, head]),
  };
}

/** Moves B away from 0, so that the adapter does something. */
function adapted(seed: number): Qwen3 {
  const model = createQwen3(TINY_CONFIG, { seed });
  addLora(model, { r: 2, alpha: 4 });
  for (const [name, value] of Object.entries(model.trainable())) {
    if (name.includes('lora_B'))
      tf.tidy(() => value.assign(tf.randomNormal(value.shape, 0, 0.2, 'float32', seed)));
  }
  return model;
}

/** log softmax of every target's position, by plain numbers. */
function plainRows(model: LanguageModel, rows: Int32Array = targets.rows): number[][] {
  const logits = tf.tidy(() => {
    const hidden = model.forward(batch);
    const flat = tf.reshape(hidden, [-1, hidden.shape.at(-1)!]);
    return tf.matMul(flat as tf.Tensor2D, model.head() as tf.Tensor2D, false, true).arraySync();
  }) as number[][];
  return Array.from(rows, (row) => {
    const z = logits[row]!;
    const most = Math.max(...z);
    const logsumexp = most + Math.log(z.reduce((sum, x) => sum + Math.exp(x - most), 0));
    return z.map((x) => x - logsumexp);
  });
}

const expectClose = (got: ArrayLike<number> | undefined, want: number[], tolerance = 2e-5): void =>
  want.forEach((value, i) => void expect(Math.abs(got![i]! - value)).toBeLessThan(tolerance));

describe.each<[string, () => LanguageModel & { dispose(): void }, () => LanguageModel]>([
  [
    'Qwen3',
    () => createQwen3(TINY_CONFIG, { seed: 1 }),
    () => createQwen3(TINY_CONFIG, { seed: 2 }),
  ],
  ['a model that is not ours', () => bigram(1), () => bigram(7)],
])('scoreTargets of %s', (_, makeModel, makeRef) => {
  test('values are those of softmax over plain logits', async () => {
    const [model, ref] = [makeModel(), makeRef()];
    const [p, q] = [plainRows(model), plainRows(ref)];
    const sum = (f: (i: number, v: number) => number): number[] =>
      p.map((row, i) => row.reduce((total, _, v) => total + f(i, v), 0));
    const pick = (rows: number[][]): number[] => rows.map((row, i) => row[targets.ids[i]!]!);
    const scored = await scoreTargets(model, batch, targets, { ref, kl: 'reverse', entropy: true });
    expectClose(scored.logprobs, pick(p));
    expectClose(
      scored.entropies,
      sum((i, v) => -Math.exp(p[i]![v]!) * p[i]![v]!),
    );
    expectClose(
      scored.kl,
      sum((i, v) => Math.exp(p[i]![v]!) * (p[i]![v]! - q[i]![v]!)),
    );
    expect(scored.refLogprobs).toBeUndefined();
    const forward = await scoreTargets(model, batch, targets, { ref, kl: 'forward' });
    expectClose(
      forward.kl,
      sum((i, v) => Math.exp(q[i]![v]!) * (q[i]![v]! - p[i]![v]!)),
    );
    const plain = await scoreTargets(model, batch, targets, { ref });
    expectClose(plain.refLogprobs, pick(q));
    expect(plain.kl).toBeUndefined();
    for (const each of [scored, forward, plain]) each.dispose();
  });

  test('gradients agree with finite differences, for every output at once', async () => {
    const [model, ref] = [makeModel(), makeRef()];
    const weights = (salt: number) =>
      Array.from(targets.ids, (id, i) => Math.sin(id + 3 * i + salt));
    const gradient = { logprobs: weights(0), entropies: weights(1), kl: weights(2) };
    const options = { ref, kl: 'reverse', entropy: true } as const;
    const loss = async (): Promise<number> => {
      const scored = await scoreTargets(model, batch, targets, options);
      scored.dispose();
      const names = ['logprobs', 'entropies', 'kl'] as const;
      return names.reduce(
        (sum, name) => sum + gradient[name].reduce((s, w, i) => s + w * scored[name][i]!, 0),
        0,
      );
    };
    const gradients = (await scoreTargets(model, batch, targets, options)).backward(gradient);
    expect(Object.keys(gradients)).toEqual(Object.keys(model.trainable()));
    for (const [name, parameter] of Object.entries(model.trainable())) {
      const direction = tf.randomUniform(parameter.shape, -1, 1, 'float32', 3);
      const slope = tf.tidy(() => tf.sum(tf.mul(direction, gradients[name]!)).dataSync()[0]!);
      const move = (by: number): void =>
        tf.tidy(() => parameter.assign(tf.add(parameter, tf.mul(direction, by))));
      const h = 2e-3;
      move(h);
      const above = await loss();
      move(-2 * h);
      const below = await loss();
      move(h);
      const measured = (above - below) / (2 * h);
      expect(Math.abs(measured - slope), name).toBeLessThan(0.02 * Math.max(1, Math.abs(slope)));
    }
  });

  test('micro-batches add up to the whole', async () => {
    const model = makeModel();
    const gradient = Array.from(targets.ids, (_, i) => i - 2.5);
    const whole = (await scoreTargets(model, batch, targets)).backward({ logprobs: gradient });
    let total: Gradients | undefined;
    for (const [index, sequence] of sequences.entries()) {
      const part = packedBatch([sequence]);
      const scored = await scoreTargets(model, part, selectTargets(part, [sequence]));
      const own = gradient.filter((_, i) => targets.sequenceIds[i] === index);
      total = addGradients(total, scored.backward({ logprobs: own }));
    }
    for (const [name, tensor] of Object.entries(whole)) {
      expectClose(total![name]!.dataSync(), [...tensor.dataSync()]);
    }
  });

  test('padded and packed batches give the same log-probs', async () => {
    const model = makeModel();
    const packed = await scoreTargets(model, batch, targets);
    const left = tokenBatch(sequences, { padId: 0, padding: 'left' });
    const padded = await scoreTargets(model, left, selectTargets(left, sequences));
    expectClose(padded.logprobs, [...packed.logprobs]);
    for (const each of [packed, padded]) each.dispose();
  });

  test('nothing leaks, whichever way it ends', async () => {
    const [model, ref] = [makeModel(), makeRef()];
    const run = async (options: ScoreTargetsOptions, back?: TargetGradients): Promise<void> => {
      const scored = await scoreTargets(model, batch, targets, options);
      if (back) tf.dispose(scored.backward(back));
      else scored.dispose();
      scored.dispose();
    };
    const logprobs = new Float32Array(targets.ids.length).fill(1);
    const all = async (): Promise<void> => {
      await run({}, { logprobs });
      await run({ ref }, { logprobs });
      await run({ ref, kl: 'reverse', entropy: true }, { logprobs, kl: logprobs });
      await run({ ref, kl: 'forward' });
      await run({ ref });
    };
    await all(); // rotary tables, first checks of kernels
    const before = tf.memory().numTensors;
    await all();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('scoreTargets', () => {
  test('the log-probs are those of scoreLogprobs, at the same temperature', async () => {
    const model = createQwen3(TINY_CONFIG, { seed: 1 });
    const [sequence] = sequences;
    const one = packedBatch([sequence!]);
    const options = { temperature: 0.7 };
    const scored = await scoreTargets(model, one, selectTargets(one, [sequence!]), options);
    const completion = { promptIds: [5], completionIds: [1, 36, 7, 2] };
    const [expected] = await scoreLogprobs(model, [completion], options);
    expectClose(scored.logprobs, [...expected!]);
    scored.dispose();
  });

  test('`ref: model` is the model with its adapter off; gradients are those of the adapter', async () => {
    const model = adapted(1);
    const base = createQwen3(TINY_CONFIG, { seed: 1 });
    const self = await scoreTargets(model, batch, targets, { ref: model, kl: 'reverse' });
    const other = await scoreTargets(model, batch, targets, { ref: base, kl: 'reverse' });
    expect(self.kl).toEqual(other.kl);
    expect(Math.max(...self.kl)).toBeGreaterThan(1e-4);
    expect(model.adapter!.enabled).toBe(true);
    const gradients = self.backward({ kl: self.kl });
    expect(Object.keys(gradients).every((name) => name.includes('lora_'))).toBe(true);
    const { refLogprobs } = await scoreTargets(model, batch, targets, { ref: model });
    const off = withoutAdapter(model, () => plainRows(model));
    expectClose(
      refLogprobs,
      off.map((row, i) => row[targets.ids[i]!]!),
    );
  });

  test('the gradient may come after an await and after other forward passes', async () => {
    const model = createQwen3(TINY_CONFIG, { seed: 1 });
    const gradient = { logprobs: targets.ids.map((_, i) => i) };
    const now = (await scoreTargets(model, batch, targets)).backward(gradient);
    const scored = await scoreTargets(model, batch, targets);
    await new Promise((resolve) => setTimeout(resolve, 5));
    record(() => tf.mean(model.forward(batch))).tape.dispose();
    const later = scored.backward(gradient);
    for (const [name, tensor] of Object.entries(now)) {
      expect(later[name]!.dataSync()).toEqual(tensor.dataSync());
    }
    expect(() => scored.backward(gradient)).toThrow('released');
  });

  test('wrong arguments are named', async () => {
    const model = createQwen3(TINY_CONFIG, { seed: 1 });
    const refused = (...args: unknown[]): Promise<unknown> =>
      scoreTargets(...(args as Parameters<typeof scoreTargets>)).catch((error) => error.message);
    const headless = { forward: () => tf.scalar(1), trainable: () => ({}) };
    expect(await refused(headless, batch, targets)).toMatch('without head');
    expect(await refused(Promise.resolve(model), batch, targets)).toMatch('await loadModel');
    expect(await refused(model, undefined, targets)).toMatch('batch must be what tokenBatch');
    expect(await refused(model, batch, undefined)).toMatch('targets must be what selectTargets');
    expect(await refused(model, batch, targets, { kl: 'reverse' })).toMatch('kl needs ref');
    expect(await refused(model, batch, targets, { ref: model })).toMatch(
      'no adapter to switch off',
    );
    expect(await refused(model, batch, targets, { entropies: true })).toMatch("'entropy'?");
    expect(await refused(model, batch, targets, { temperature: 0 })).toMatch(
      '0.000001 or more, got 0',
    );
    expect(await refused(model, batch, targets, { temperature: 1e-7 })).toMatch('got 1e-7');
    expect(await refused(model, batch, targets, { balanceLoss: true })).toMatch(
      'this one is dense',
    );
    expect(await refused(bigram(1), batch, targets, { balanceLoss: true })).toMatch(
      'models with experts',
    );
    expect(await refused(model, batch, { rows: [0, 0], ids: [1, 2] })).toMatch('a second time');
    expect(await refused(model, batch, { rows: [8], ids: [1] })).toMatch('0 to 7');
    expect(await refused(model, batch, { rows: [0], ids: [37] })).toMatch('0 to 36');
    expect(await refused(model, batch, { rows: [], ids: [] })).toMatch('at least one');
    const flat = { ...bigram(1), forward: () => tf.zeros([8, 6]) };
    expect(await refused(flat, batch, targets)).toMatch('[B, T, H] = [1, 8, H], got [8,6]');
    const scored = await scoreTargets(model, batch, targets);
    expect(() => scored.backward({})).toThrow('at least one of logprobs');
    expect(() => scored.backward({ kl: scored.logprobs })).toThrow("kl: 'reverse'");
    expect(() => scored.backward({ balanceLoss: 1 })).toThrow('balanceLoss: true');
    expect(() => scored.backward({ logprobs: [1] })).toThrow('one entry per target (5), got 1');
    expect(() => addGradients({ a: tf.scalar(1) }, { b: tf.scalar(1) })).toThrow("'b' is in one");
    scored.dispose();
  });
});
