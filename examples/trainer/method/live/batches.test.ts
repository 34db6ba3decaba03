import { fileURLToPath } from 'node:url';
import {
  type CodewordsTask,
  codewordsTask,
  collect,
  createRandom,
  defineEnvironment,
  type Random,
} from '@molrl/ef-env';
import { type Gradients, scoreTargets } from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Learner } from '../learner.ts';
import { loadLearner } from '../loadLearner.ts';
import { passesOf } from '../passes.ts';
import { Stage } from '../stage.ts';
import { feedbackContext } from './contexts.ts';
import { episodeAdvantages, firstReward } from './episodeAdvantages.ts';
import { ownTokens, readEpisodes } from './episodes.ts';
import { live } from './live.ts';
import type { Played } from './liveMethod.ts';
import { PRESETS, type PresetName } from './presets.ts';
import { sdpg } from './sdpg.ts';
import { turnAdvantages } from './turnAdvantages.ts';

let learner: Learner;
/** Episodes of one turn, and of two. */
let played: readonly [Played, Played];
const shipped = fileURLToPath(new URL('../../../mol-rl/base', import.meta.url));
beforeAll(async () => {
  await openCpu({ threads: 1 });
  learner = await loadLearner({ model: shipped, format: 'recipe' });
  played = [await play(learner, 1), await play(learner, 2)];
});
afterAll(() => learner.dispose());

/** About half of any attempts are right: those with an even number of letters. `fails` says which attempts end in an error. */
const even = (fails: (attempt: number) => boolean = () => false) => {
  let attempts = 0;
  return defineEnvironment<CodewordsTask, CodewordsTask>({
    name: 'even',
    reset: (task) => ({ observation: `${task.digits} ${task.words.join(' ')}`, state: task }),
    step: (_, action) => {
      if (fails(attempts++)) throw new Error('lost the connection');
      const right = action.length % 2 === 0;
      const feedback = right ? 'Right.' : 'Wrong. Try again.';
      return { feedback, reward: Number(right), done: right };
    },
  });
};
const nextTask = (random: Random) => codewordsTask(random, { split: 'train', minWords: 2 });

async function play(by: Learner, turns: number): Promise<Played> {
  const random = createRandom(5);
  const trajectories = await collect(even(), by.policy, {
    tasks: Array.from({ length: 2 }, () => nextTask(random)),
    ...{ groupSize: 4, maxTokens: 16, maxTurns: turns, temperature: 0.8, seed: 3 },
  });
  return { episodes: readEpisodes(trajectories, 4), temperature: 0.8, step: 0 };
}

/** All values, and frees them. */
function flat(gradients: Gradients): Float32Array {
  const tensors = Object.values(gradients);
  const all = new Float32Array(tensors.reduce((sum, { size }) => sum + size, 0));
  let at = 0;
  for (const tensor of tensors) {
    all.set(tensor.dataSync<'float32'>(), at);
    at += tensor.size;
  }
  tf.dispose(gradients);
  return all;
}

/** |a - b| / |b|, or |a - b| where b is 0. */
function distance(a: Float32Array, b: Float32Array): number {
  let [apart, size] = [0, 0];
  for (const [i, value] of b.entries()) {
    apart += (a[i]! - value) ** 2;
    size += value ** 2;
  }
  return Math.sqrt(apart / (size || 1));
}

describe('every method', () => {
  test.each(Object.keys(PRESETS) as PresetName[])(
    '%s gives the gradient of the whole batch in passes of few tokens, with layers computed again',
    async (name) => {
      const method = PRESETS[name](learner);
      const own = played[method.turns - 1]!;
      const whole = await method.gradient(own);
      method.dispose();
      const small = { ...learner, tokensPerPass: 150, gradientCheckpointing: true };
      const other = PRESETS[name](small);
      const parts = await other.gradient(own);
      other.dispose();
      expect(distance(flat(parts.gradients!), flat(whole.gradients!))).toBeLessThan(1e-5);
      expect(Object.keys(parts.metrics).sort()).toEqual(Object.keys(whole.metrics).sort());
      for (const [key, value] of Object.entries(whole.metrics)) {
        expect(parts.metrics[key], key).toBeCloseTo(value, 4);
      }
    },
  );

  test.each(['echo', 'sdpg'] as const)(
    '%s is of the distribution that was sampled from',
    async (name) => {
      const method = PRESETS[name](learner);
      const own = played[method.turns - 1]!;
      const gradientAt = async (temperature: number) =>
        flat((await method.gradient({ ...own, temperature })).gradients!);
      expect(distance(await gradientAt(0.8), await gradientAt(1))).toBeGreaterThan(1e-2);
      method.dispose();
    },
  );
});

test('SDPG with LoRA pulls to the base, which is the model without its adapter', async () => {
  const adapted = await loadLearner({ model: shipped, format: 'recipe', lora: { r: 2 } });
  for (const [name, value] of Object.entries(adapted.model.trainable())) {
    if (!name.includes('lora_B')) continue;
    tf.tidy(() => value.assign(tf.randomNormal(value.shape, 0, 0.5, 'float32', 1)));
  }
  const equal = played[0].episodes.map(({ attempts, ...rest }) => ({
    ...rest,
    attempts: attempts.map((attempt) => ({ ...attempt, reward: 0 })),
  }));
  const method = sdpg({ context: () => undefined, alpha: 2 })(adapted);
  const { metrics, gradients } = await method.gradient({
    episodes: equal,
    temperature: 1,
    step: 0,
  });
  tf.dispose(gradients!);
  const rows = equal.map(({ attempts: [first] }) => ({
    sequence: ownTokens(adapted, first!.prompt, first!.said),
  }));
  const [pass] = passesOf(adapted, rows);
  const of = { ref: adapted.ref };
  const scored = await scoreTargets(adapted.model, pass!.batch, pass!.targets, of);
  scored.dispose();
  const gaps = scored.logprobs.map((logprob, i) => (logprob - scored.refLogprobs[i]!) ** 2);
  const expected = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  expect(expected).toBeGreaterThan(1e-3);
  expect(metrics.loss).toBeCloseTo(expected, 6);
  method.dispose();
  adapted.dispose();
});

describe('an episode that ended in an error', () => {
  const trajectories = async (fails: (attempt: number) => boolean) => {
    const random = createRandom(5);
    return collect(even(fails), learner.policy, {
      tasks: Array.from({ length: 2 }, () => nextTask(random)),
      ...{ groupSize: 4, maxTokens: 24, maxTurns: 1, temperature: 1, seed: 3 },
    });
  };

  test('has no advantage and leaves its group as if it had not been played', async () => {
    const all = readEpisodes(await trajectories(() => false), 4);
    const some = readEpisodes(await trajectories((attempt) => attempt === 1), 4);
    const lost = some.findIndex(({ attempts }) => attempts[0]!.reward === null);
    const kept = all.filter((_, i) => i !== lost);
    const without = (values: ArrayLike<number>) => Array.from(values).filter((_, i) => i !== lost);
    const advantages = episodeAdvantages({ episodes: some }, firstReward);
    expect(advantages[lost]).toBe(0);
    expect(without(advantages)).toEqual(
      Array.from(episodeAdvantages({ episodes: kept }, firstReward)),
    );
    const turns = turnAdvantages({ episodes: some }).flat();
    expect(turns[lost]).toBe(0);
    expect(without(turns)).toEqual(turnAdvantages({ episodes: kept }).flat());
    expect(feedbackContext(some[lost]!, some)).toBeUndefined(); // nothing was said of it
  });

  test.each(Object.keys(PRESETS) as PresetName[])('%s learns from the others', async (name) => {
    const method = PRESETS[name](learner);
    const { episodes } = played[method.turns - 1]!;
    const [{ attempts, ...first }, , ...others] = episodes as [
      (typeof episodes)[0],
      ...typeof episodes,
    ];
    const lost = { ...first, attempts: attempts.map((attempt) => ({ ...attempt, reward: null })) };
    const some = { episodes: [lost, ...others], temperature: 1, step: 0 }; // the second said nothing at all
    const { gradients, metrics } = await method.gradient(some);
    expect(metrics.loss).toSatisfy(Number.isFinite);
    if (gradients) tf.dispose(gradients);
    method.dispose();
  });
});

describe('live', () => {
  const options = {
    method: PRESETS.grpo,
    ...{ updates: 3, learningRate: 1e-3, prompts: 2, numGenerations: 2 },
  };
  /** Updates on attempts of at most `maxTokens` tokens. */
  async function run(maxTokens: number, environment: ReturnType<typeof even>, updates: number) {
    const stage = new Stage(learner.model.trainable(), {
      ...{ name: 'live', seed: 4, learningRate: 1e-3 },
    });
    const warnings: string[] = [];
    const method = options.method(learner);
    const steps = live(learner, stage, {
      ...options,
      ...{ method, game: { environment, nextTask, maxTokens } },
      onWarning: (message) => warnings.push(message),
    });
    const rows: Record<string, number>[] = [];
    for await (const { metrics, step } of steps) {
      rows.push(metrics);
      if (step === updates) break;
    }
    stage.dispose();
    return { rows, warnings };
  }

  test('reports the share of attempts that were cut', async () => {
    const { rows } = await run(2, even(), 1);
    expect(rows[0]!['completions/clipped_ratio']).toBe(1);
  });

  test('skips a batch whose episodes all failed, and says so', async () => {
    const broken = defineEnvironment<CodewordsTask, CodewordsTask>({
      name: 'broken',
      reset: (task) => {
        if (resets++ >= 4) throw new Error('no more tasks');
        return { observation: task.digits, state: task };
      },
      step: () => ({ feedback: 'Wrong.', reward: 0, done: true }),
    });
    let resets = 0;
    const { rows, warnings } = await run(4, broken, 2);
    expect(rows[0]!['episodes/errors']).toBe(0);
    expect(rows[1]).toMatchObject({ 'episodes/errors': 4, grad_norm: 0, loss: 0, num_tokens: 0 });
    expect(warnings.at(-1)).toContain('Every episode of update 2 failed');
  });

  test('names the token at which the weights are no number', async () => {
    const { parameters } = learner.model;
    const weight = parameters['model.norm.weight']!;
    const before = weight.clone();
    const method = PRESETS.echo(learner);
    weight.assign(tf.fill(weight.shape, Number.NaN));
    await expect(method.gradient(played[1])).rejects.toThrow(
      'log-prob of target 0 of row 0 is NaN',
    );
    weight.assign(before);
  });
});
