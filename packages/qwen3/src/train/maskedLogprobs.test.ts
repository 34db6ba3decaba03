import { openCpu } from '@molrl/tensor-gpu';
import { dispose, tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { generate } from '../generate/generate.ts';
import { createQwen3 } from '../model/createQwen3.ts';
import { packedBatch } from '../model/packedBatch.ts';
import { TINY_CONFIG } from '../model/tinyConfig.ts';
import { scoreTargets } from './scoreTargets.ts';
import { selectTargets, type TrainingSequence } from './selectTargets.ts';

beforeAll(async () => {
  await openCpu();
});

const prompts = [
  [5, 1, 36, 7],
  [4, 2],
];
const draw = { temperature: 0.7, topK: 11, topP: 0.8, minP: 0.01 };

async function sampled() {
  const model = createQwen3(TINY_CONFIG, { seed: 2 });
  const options = { maxTokens: 9, seed: 3, numGenerations: 2, returnSamplingMask: true, ...draw };
  const completions = await generate(model, prompts, { ...options, eosIds: null });
  const sequences = completions.map(({ ids, samplingMask }, i): TrainingSequence => {
    const prompt = prompts[Math.floor(i / 2)]!;
    const { tokenIds, offsets } = samplingMask!;
    return {
      ids: [...prompt, ...ids],
      roles: [...prompt.map(() => 'ignore'), ...Array.from(ids, () => 'assistant')],
      samplingMask: {
        tokenIds,
        offsets: Int32Array.from([...prompt.map(() => 0), ...offsets]),
      },
    };
  });
  const behavior = completions.flatMap(({ behaviorLogprobs }) => [...behaviorLogprobs]);
  return { model, sequences, behavior };
}

describe('scoreTargets with a samplingMask', () => {
  test('has the log-probs that the sampler drew with', async () => {
    const { model, sequences, behavior } = await sampled();
    const batch = packedBatch(sequences);
    const targets = selectTargets(batch, sequences);
    const { temperature } = draw;
    const masked = await scoreTargets(model, batch, targets, { temperature });
    const whole = { rows: targets.rows, ids: targets.ids };
    const full = await scoreTargets(model, batch, whole, { temperature });
    for (const [i, value] of behavior.entries())
      expect(Math.abs(masked.logprobs[i]! - value)).toBeLessThan(1e-5);
    const gap = behavior.map((value, i) => Math.abs(value - full.logprobs[i]!));
    expect(Math.max(...gap)).toBeGreaterThan(0.1);
    masked.dispose();
    full.dispose();
    model.dispose();
  });

  test('its gradients are those of finite differences', async () => {
    const { model, sequences } = await sampled();
    const batch = packedBatch(sequences);
    const targets = selectTargets(batch, sequences);
    const { temperature } = draw;
    const loss = async (): Promise<number> => {
      const { logprobs, dispose: free } = await scoreTargets(model, batch, targets, {
        temperature,
      });
      free();
      return logprobs.reduce((sum, value, i) => sum + value * Math.cos(i), 0);
    };
    const scored = await scoreTargets(model, batch, targets, { temperature });
    const cotangent = Float32Array.from({ length: targets.ids.length }, (_, i) => Math.cos(i));
    const gradients = scored.backward({ logprobs: cotangent });
    for (const name of ['model.norm.weight', 'model.embed_tokens.weight']) {
      const variable = model.weight(name);
      const values = Float32Array.from(variable.dataSync());
      const gradient = gradients[name]!.dataSync();
      for (const at of [1, 7, values.length - 3]) {
        const step = 1e-2;
        const moved = async (by: number): Promise<number> => {
          const other = values.slice();
          other[at] = other[at]! + by;
          const next = tensor(other, variable.shape);
          variable.assign(next);
          next.dispose();
          return loss();
        };
        const slope = ((await moved(step)) - (await moved(-step))) / (2 * step);
        await moved(0);
        expect(Math.abs(slope - gradient[at]!)).toBeLessThan(2e-2 * Math.max(1, Math.abs(slope)));
      }
    }
    dispose(gradients);
    model.dispose();
  });

  test('a token without a list has the whole vocabulary; a mask of other tokens is an error', async () => {
    const { model, sequences } = await sampled();
    const batch = packedBatch(sequences);
    const targets = selectTargets(batch, sequences);
    const count = targets.ids.length;
    const none = { tokenIds: new Int32Array(0), offsets: new Int32Array(count + 1) };
    const open = await scoreTargets(model, batch, { ...targets, samplingMask: none });
    const full = await scoreTargets(model, batch, { ...targets, samplingMask: undefined });
    expect(open.logprobs).toEqual(full.logprobs);
    open.dispose();
    full.dispose();
    const [first, second] = sequences;
    const swapped = [{ ...first!, samplingMask: second!.samplingMask }, ...sequences.slice(1)];
    expect(() => selectTargets(batch, swapped)).toThrow('samplingMask of sequence 0');
    const short = { ...targets.samplingMask!, offsets: Int32Array.of(0, 1) };
    await expect(scoreTargets(model, batch, { ...targets, samplingMask: short })).rejects.toThrow(
      'must have one list per token',
    );
    model.dispose();
  });
});
