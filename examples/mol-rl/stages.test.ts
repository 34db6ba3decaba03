import { codewordsFeedback, type Segment } from '@molrl/ef-env';
import { packedBatch, selectTargets } from '@molrl/qwen3';
import { type CpuDevice, openCpu } from '@molrl/tensor-gpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codewordsGame } from '../trainer/games/codewordsGame.ts';
import { plainDocument } from '../trainer/games/codewordsSkills.ts';
import type { Game } from '../trainer/games/game.ts';
import type { GeneralText } from '../trainer/harness/run.ts';
import { evaluateGame } from '../trainer/method/evaluateGame.ts';
import { generalData } from '../trainer/method/generalData.ts';
import { grpo } from '../trainer/method/grpo.ts';
import type { Learner } from '../trainer/method/learner.ts';
import { loadLearner } from '../trainer/method/loadLearner.ts';
import { Stage, type StageStep } from '../trainer/method/stage.ts';
import { type TeachMethod, teach } from '../trainer/method/teach.ts';
import { readWeights, writeWeights } from '../trainer/method/weights.ts';
import { SHIPPED_MODEL } from '../trainer/model/findModel.ts';
import { heldOutHalf, readShippedText } from '../trainer/model/generalText.ts';

let device: CpuDevice;
let learner: Learner;
let text: GeneralText;
beforeAll(async () => {
  device = await openCpu({ threads: 1 });
  learner = await loadLearner({ model: SHIPPED_MODEL, format: 'recipe' });
  text = await readShippedText(learner.tokenizer);
});
afterAll(() => {
  learner.dispose();
  device.dispose();
});

const attempts = { ...codewordsGame(), maxTokens: 52 };
const general = () => generalData(learner, text.train, plainDocument);

/** One wrong attempt and what the environment says to it. */
function episode(digits: string, word: string): Segment[] {
  const text = `<think>\n${digits} ${word} flip 0000\n</think>\n\n0000`;
  const feedback = codewordsFeedback({ digits, words: [word] }, text).text;
  return [
    { speaker: 'user', kind: 'prompt', turn: 0, text: `${digits} ${word}` },
    { speaker: 'assistant', kind: 'policy', turn: 0, text },
    { speaker: 'user', kind: 'environment', turn: 0, text: feedback },
  ];
}

async function run(
  name: string,
  steps: (stage: Stage) => AsyncGenerator<StageStep>,
): Promise<StageStep[]> {
  const before = await readWeights(learner.model.trainable());
  const stage = new Stage(learner.model.trainable(), { name, seed: 1, learningRate: 1e-3 });
  try {
    const seen: StageStep[] = [];
    for await (const step of steps(stage)) seen.push(step);
    return seen;
  } finally {
    stage.dispose();
    writeWeights(learner.model.trainable(), before);
  }
}

describe('render', () => {
  test('feedback is for CE, the own turn for KL, headers and the question for nothing', () => {
    const sequence = learner.render(episode('4876', 'rav'));
    const said = (role: string): string => {
      const roles = [role as 'environment'];
      const { ids } = selectTargets(packedBatch([sequence]), [sequence], { roles });
      return learner.tokenizer.decode(ids);
    };
    expect(said('environment')).toBe('Wrong. Step 1: rav left, not flip. Try again.<|im_end|>');
    expect(said('assistant')).toBe('<think>\n4876 rav flip 0000\n</think>\n\n0000<|im_end|>');
    expect(said('ignore')).toBe(
      'user\n4876 rav<|im_end|>\n<|im_start|>assistant\n\n<|im_start|>user\n\n',
    );
  });
});

describe('teach', () => {
  const teachWith = (method: TeachMethod): Promise<StageStep[]> =>
    run('teach', (stage) => {
      const episodes = [episode('4876', 'rav'), episode('1234', 'teg')].map((segments) =>
        learner.render(segments),
      );
      return teach(learner, stage, {
        episodes,
        nextGeneral: general(),
        method,
        updates: 12,
        learningRate: 1e-3,
        alpha: 0.3,
        batchSize: 2,
        seed: 1,
      });
    });

  test.each(['mol', 'ce', 'replay'] as const)(
    '%s lowers the CE on feedback and leaks no tensor',
    async (method) => {
      await teachWith(method);
      const before = tf.memory().numTensors;
      const steps = await teachWith(method);
      expect(tf.memory().numTensors).toBe(before);
      expect(steps).toHaveLength(12);
      const [first, last] = [steps[0]!.metrics, steps.at(-1)!.metrics]; // 12 steps
      expect(last['mol/ce']).toBeLessThan(0.7 * first['mol/ce']!);
    },
  );

  test('mol starts with KL 0: the model is the base', async () => {
    const [first] = await teachWith('mol');
    expect(first!.metrics['mol/kl']).toBeLessThan(1e-6);
  });
});

test('teach: general sequences are as many as generalBatchSize says, else as episodes', async () => {
  const asked: number[] = [];
  const nextGeneral: ReturnType<typeof general> = (random, count) => {
    asked.push(count);
    return general()(random, count);
  };
  const teachWith = (generalBatchSize?: number) =>
    run('teach', (stage) =>
      teach(learner, stage, {
        ...{ episodes: [learner.render(episode('4876', 'rav'))], nextGeneral, method: 'mol' },
        ...{ updates: 1, learningRate: 1e-3, alpha: 0.3, batchSize: 3, generalBatchSize, seed: 1 },
      }),
    );
  const [few] = await teachWith(1);
  const [many] = await teachWith();
  expect(asked).toEqual([1, 3]);
  const tokens = ({ metrics }: StageStep) => metrics['mol/kl_tokens'];
  expect(tokens(many!)).toBeGreaterThan(tokens(few!)!);
});

describe('grpo', () => {
  test('the sampler and the trainer agree on log-probs; no tensor leaks', async () => {
    const two = (): Promise<StageStep[]> =>
      run('grpo', (stage) =>
        grpo(learner, stage, {
          game: attempts,
          nextGeneral: general(),
          updates: 2,
          learningRate: 5e-4,
          prompts: 8,
          numGenerations: 8,
          generalKl: 2,
        }),
      );
    await two();
    const before = tf.memory().numTensors;
    const steps = await two();
    expect(tf.memory().numTensors).toBe(before);
    for (const { metrics } of steps) {
      expect(metrics['sampling/sampling_logp_difference/max'] ?? 0).toBeLessThan(1e-4);
    }
  });
});

describe('grpo with generalKl', () => {
  test('holds the base in each update, also where no group has spread', async () => {
    const steps = await run('grpo', (stage) =>
      grpo(learner, stage, {
        game: attempts,
        nextGeneral: general(),
        ...{ updates: 4, learningRate: 5e-4, prompts: 1 },
        numGenerations: 2,
        generalKl: 2,
      }),
    );
    expect(steps.map(({ metrics }) => Number.isFinite(metrics['mol/kl']))).toEqual(
      new Array(4).fill(true),
    );
    expect(steps.some(({ metrics }) => metrics.loss === undefined)).toBe(true); // such an update is among them
    expect(steps.every(({ metrics }) => Number.isFinite(metrics.grad_norm))).toBe(true);
  });
});

describe('evaluateGame', () => {
  test('the base keeps its skills, guesses the domain, and has not moved', async () => {
    const { skills, sampled, samples, textKl, textNll } = await evaluateGame(
      learner,
      codewordsGame({ split: 'validation' }) as Game, // it gets its own tasks only
      {
        ...{ tasks: 24, temperature: 1, maxTokens: 56, seed: 0 },
        text: heldOutHalf(text, 'validation'),
      },
    );
    expect(Object.keys(skills!)).toEqual(['plain', 'defs', 'redef', 'misc']);
    expect(skills!.plain!.mean).toBeGreaterThanOrEqual(23 / 24);
    expect(skills!.defs!.mean).toBeGreaterThanOrEqual(23 / 24);
    expect(sampled.mean).toBeLessThanOrEqual(8 / 24);
    for (const { completion, right, solution } of samples)
      expect(completion.endsWith(`\n${solution}`)).toBe(right);
    expect(textKl.mean).toBeLessThan(1e-6);
    expect(textNll.mean).toBeGreaterThan(2.5);
  });

  test('the tasks of the two halves are others', () => {
    const [validation, test] = (['validation', 'test'] as const).map((split) => {
      const { heldOut, skills } = codewordsGame({ split });
      return [...heldOut(20), ...skills!.tasks(5).plain!].map((task) => JSON.stringify(task));
    });
    expect(new Set([...validation!, ...test!]).size).toBe(50);
  });
});

describe('generalData', () => {
  test('alternate text windows of 96 tokens and documents of plain operations', () => {
    const random = { integer: () => 0, choice: <T>(items: readonly T[]): T => items[0]! };
    const [window, document] = general()(random as never, 2); // only these two are drawn from
    expect(window!.ids).toHaveLength(96);
    expect(learner.tokenizer.decode(document!.ids)).toBe(
      '<|im_start|>user\n0000 rev<|im_end|>\n<|im_start|>assistant\n<think>\n0000 rev 0000\n</think>\n\n0000<|im_end|>\n',
    );
  });
});
