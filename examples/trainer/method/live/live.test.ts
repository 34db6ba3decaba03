import { fileURLToPath } from 'node:url';
import {
  type CodewordsTask,
  codewordsTask,
  defineEnvironment,
  type Random,
  type Segment,
  type Trajectory,
} from '@molrl/ef-env';
import { addLora, createQwen3, mergeLora, type Qwen3, TINY_CONFIG } from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Learner } from '../learner.ts';
import { loadLearner } from '../loadLearner.ts';
import { Stage } from '../stage.ts';
import { readWeights, writeWeights } from '../weights.ts';
import {
  feedbackContext,
  firstContext,
  hindsightContext,
  siblingContext,
  solutionContext,
} from './contexts.ts';
import { dialogueTokens, ownTokens, readEpisodes } from './episodes.ts';
import { live } from './live.ts';
import { PRESETS, type PresetName } from './presets.ts';
import { openTeacher } from './teachers.ts';
import { turnAdvantages } from './turnAdvantages.ts';

let learner: Learner;
beforeAll(async () => {
  await openCpu({ threads: 1 });
  const model = fileURLToPath(new URL('../../../mol-rl/base', import.meta.url));
  learner = await loadLearner({ model, format: 'recipe' });
});

const asked: Segment = { speaker: 'user', kind: 'prompt', turn: 0, text: '0884 dil lam' };
const said = (text: string, turn: number, reward: number): Segment => ({
  ...{ speaker: 'assistant', kind: 'policy', turn, text, reward },
  tokens: { ids: [...learner.tokenizer.encode(text), learner.policy.eosIds[0]!] },
});
const told = (text: string, turn: number): Segment => ({
  ...{ speaker: 'user', kind: 'environment', turn, text },
});

/** An episode of attempts with their rewards; the environment answers each. */
function episode(rewards: readonly number[]): Trajectory {
  const turns = rewards.flatMap((reward, turn) => [
    said(`say ${turn} ${reward}`, turn, reward),
    told(reward === 1 ? 'Right.' : `Wrong ${turn}.`, turn),
  ]);
  return {
    ...{ version: 1, id: '0', task: { env: 'test', data: { digits: '0884' }, seed: 0 } },
    ...{ segments: [asked, ...turns], reward: rewards.at(-1)!, stop: 'done' },
  };
}

describe('contexts', () => {
  const texts = (segments: readonly Segment[] | undefined) => segments?.map(({ text }) => text);

  test('tell the teacher what this attempt got, what a sibling found, a solution, or what came after', () => {
    const all = readEpisodes([episode([0, 1]), episode([1]), episode([0])], 3);
    const [wrong, right, lost] = all as [(typeof all)[0], (typeof all)[0], (typeof all)[0]];
    expect(texts(feedbackContext(wrong, all))).toEqual([asked.text, 'say 0 0', 'Wrong 0.']);
    expect(feedbackContext(right, all)).toBeUndefined();
    const sibling = siblingContext(1);
    expect(texts(sibling(wrong, all))).toEqual([asked.text, 'say 0 1', asked.text]);
    expect(sibling(right, all)).toBeUndefined(); // its own success is not shown to itself
    const solution = solutionContext((task) => `it is ${(task as { digits: string }).digits}`);
    expect(texts(solution(lost, all))).toEqual([asked.text, 'it is 0884', asked.text]);
    expect(texts(hindsightContext(wrong, all))?.at(-1)).toBe('Right.');
    expect(hindsightContext(lost, all)).toBeUndefined();
    const first = firstContext(sibling, feedbackContext);
    expect(texts(first(lost, [lost]))).toEqual([asked.text, 'say 0 0', 'Wrong 0.']);
  });
});

test('the teacher scores exactly the tokens that the student sampled', () => {
  const [own] = readEpisodes([episode([0, 1])], 1);
  const attempt = own!.attempts[0]!;
  const scored = ({ ids, roles }: ReturnType<typeof ownTokens>) =>
    Array.from(ids).filter((_, t) => roles[t] === 'assistant');
  const student = ownTokens(learner, attempt.prompt, attempt.said);
  const teacher = ownTokens(learner, feedbackContext(own!, [])!, attempt.said);
  expect(scored(student)).toEqual(Array.from(attempt.said.tokens!.ids));
  expect(scored(teacher)).toEqual(scored(student));
  const { ids, roles } = dialogueTokens(learner, own!);
  const heard = Array.from(ids).filter((_, t) => roles[t] === 'environment');
  expect(learner.tokenizer.decode(heard)).toBe('Wrong 0.Right.'); // without the marks that end a turn
});

test("RLTF's advantages: the second turn's reward counts a tenth in the first, each turn has its own mean", () => {
  const episodes = readEpisodes([episode([0, 1]), episode([0, 0])], 2);
  const advantages = turnAdvantages({ episodes }).flat();
  [0.05, 0.5, -0.05, -0.5].forEach((expected, i) => {
    expect(advantages[i]).toBeCloseTo(expected, 12);
  });
});

describe('teachers', () => {
  const weightsOf = (model: Qwen3): Float32Array => {
    const merged = mergeLora(model);
    const values = merged
      .trainable()
      ['model.layers.0.self_attn.q_proj.weight']!.dataSync<'float32'>()
      .slice();
    merged.dispose();
    return values;
  };

  test('an average of an adapted model is that of its merged weights, not of its factors', () => {
    const model = createQwen3(TINY_CONFIG, { seed: 2 });
    addLora(model, { r: 2, alpha: 4 });
    const teacher = openTeacher({ emaRate: 0.25 }, { model, ref: model });
    const expected = weightsOf(model);
    for (const step of [1, 2, 3]) {
      for (const value of Object.values(model.trainable())) {
        tf.tidy(() =>
          value.assign(tf.add(value, tf.randomNormal(value.shape, 0, 0.3, 'float32', step))),
        );
      }
      teacher.follow();
      const now = weightsOf(model);
      for (let i = 0; i < expected.length; i++) expected[i] = 0.75 * expected[i]! + 0.25 * now[i]!;
    }
    const got = weightsOf(teacher.ref as Qwen3);
    for (let i = 0; i < expected.length; i++) expect(got[i]).toBeCloseTo(expected[i]!, 5);
    teacher.dispose();
    model.dispose();
  });
});

/** About half of any attempts are right: those with an even number of letters. */
const even = defineEnvironment<CodewordsTask, CodewordsTask>({
  name: 'even',
  reset: (task) => ({ observation: `${task.digits} ${task.words.join(' ')}`, state: task }),
  step: (_, action) => {
    const right = action.length % 2 === 0;
    return { feedback: right ? 'Right.' : 'Wrong. Try again.', reward: Number(right), done: right };
  },
});

test.each(Object.keys(PRESETS) as PresetName[])(
  '%s learns from what is said of its own attempts',
  async (name) => {
    const parameters = learner.model.trainable();
    const fresh = await readWeights(parameters);
    const method = PRESETS[name](learner);
    const stage = new Stage(parameters, { name: 'live', seed: 4, learningRate: 1e-3 });
    const game = {
      environment: even,
      nextTask: (random: Random) => codewordsTask(random, { split: 'train', minWords: 2 }),
      maxTokens: 40,
    };
    const options = { game, method, updates: 1, learningRate: 1e-3, prompts: 2, numGenerations: 4 };
    const { value: step } = await live(learner, stage, { ...options, onWarning: () => {} }).next();
    const now = await readWeights(parameters);
    const moved = Object.entries(now).some(([key, values]) =>
      values.some((x, i) => x !== fresh[key]![i]),
    );
    expect(step!.metrics.loss).toSatisfy(Number.isFinite);
    expect(step!.metrics.num_tokens).toBeGreaterThan(0);
    expect(moved).toBe(step!.metrics['policy/trained_fraction'] !== 0); // the control may find no token unlikely
    method.dispose();
    stage.dispose();
    writeWeights(parameters, fresh);
  },
);

test('a run that is stopped goes on with the teacher that it had', async () => {
  const parameters = learner.model.trainable();
  const fresh = await readWeights(parameters);
  const game = {
    environment: even,
    nextTask: (random: Random) => codewordsTask(random, { split: 'train', minWords: 2 }),
    maxTokens: 40,
  };
  /** Updates up to `until`, from the start or from a state; what came out, and the state there. */
  async function run(until: number, resume?: Awaited<ReturnType<Stage['snapshot']>>) {
    if (!resume) writeWeights(parameters, fresh);
    const method = PRESETS.blend(learner);
    const stage = new Stage(parameters, {
      ...{ name: 'live', seed: 4, learningRate: 1e-2, alongside: method.memory, resume },
    });
    const options = { game, method, updates: 3, learningRate: 1e-2, prompts: 2, numGenerations: 4 };
    for await (const { step } of live(learner, stage, options)) if (step === until) break;
    const state = await stage.snapshot();
    method.dispose();
    stage.dispose();
    return state;
  }
  const whole = await run(3);
  const resumed = await run(3, await run(2));
  expect(Object.keys(resumed.weights)).toEqual(Object.keys(whole.weights));
  for (const [name, values] of Object.entries(whole.weights)) {
    const same = resumed.weights[name]!.every((value, i) => value === values[i]);
    expect(same, name).toBe(true); // toEqual takes seconds for a million numbers
  }
  const names = Object.keys(whole.weights).filter((name) => name.startsWith('teacher.'));
  expect(names).toHaveLength(Object.keys(parameters).length);
  writeWeights(parameters, fresh);
});
