import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkSettings } from '../config/checkSettings.ts';
import { changesOfStage } from '../stages/changesOfStage.ts';
import { batchInWords } from './batchInWords.ts';
import { isStalled } from './bestModel.ts';
import {
  listCheckpoints,
  type RunState,
  readCheckpointFile,
  readRunState,
  writeEmergency,
  writeRunState,
  writeSnapshot,
} from './runState.ts';

let out = '';
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'molrl-state-'));
});
afterAll(() => rm(out, { recursive: true, force: true }));

const settingsWith = (given: object) =>
  checkSettings({ environment: 'codewords', stages: ['grpo'], ...given });
const stateWith = (given: object, rest: Partial<RunState> = {}): RunState => ({
  ...{
    settings: settingsWith(given),
    stage: 0,
    weights: {},
    evaluations: [],
    seconds: {},
    actions: [],
  },
  ...{ bytes: { metrics: 0, completions: 0 }, ...rest },
});

describe('a run', () => {
  test('keeps moments of 8 bits and the prompts drawn, bit by bit', async () => {
    const progress = {
      ...{ step: 4, optimizerStep: 9, random: [1, 2], drawn: 77 },
      weights: { w: Float32Array.of(1, -2, 3) },
      moments: {
        'w/exp_avg': Uint8Array.of(0, 127, 255),
        'w/exp_avg/absmax': Float32Array.of(0.25),
      },
    };
    await writeRunState(out, stateWith({}, { progress }));
    expect((await readRunState(out, () => {})).progress).toEqual(progress);
  });

  test('keeps the newest checkpoints and every snapshot; none goes on from weights inside an update', async () => {
    const folder = join(out, 'limited');
    const at = (step: number): RunState => {
      const progress = {
        step,
        optimizerStep: step,
        random: [1],
        drawn: 0,
        weights: {},
        moments: {},
      };
      return stateWith({ saveTotalLimit: 2 }, { progress });
    };
    await writeSnapshot(folder, at(1));
    for (const step of [2, 3, 4]) await writeRunState(folder, at(step));
    const emergency = await writeEmergency(folder, at(5));
    expect((await listCheckpoints(folder)).map((file) => basename(file))).toEqual([
      ...['checkpoint-0-4.bin', 'checkpoint-0-3.bin', 'snapshot-0-1.bin'],
    ]);
    expect((await readRunState(folder, () => {})).progress!.step).toBe(4);
    expect((await readCheckpointFile(emergency))!.progress!.step).toBe(5); // to be looked at
  });

  test('says the arithmetic of a batch in words', () => {
    const { grpo } = settingsWith({ grpo: { microBatchSize: 16, numIterations: 2 } });
    expect(batchInWords(grpo, 2000)).toBe(
      '8 prompts × 8 samples = 64 completions, 4 micro-batches of 16, 2 updates per rollout (2 passes), 50 rollouts',
    );
  });

  test('ends after so many evaluations without a better one', () => {
    const rows = (...means: number[]) =>
      means.map((mean, step) => ({ stage: 0, step, sampled: { mean } })) as never; // all that is read
    const given = { eval: { earlyStoppingPatience: 2, earlyStoppingThreshold: 0.1 } };
    const stalled = (...means: number[]) =>
      isStalled(stateWith(given, { evaluations: rows(...means) }));
    expect(stalled(0.2, 0.5, 0.55)).toBe(false);
    expect(stalled(0.2, 0.5, 0.55, 0.59)).toBe(true);
    expect(stalled(0.2, 0.5, 0.55, 0.61)).toBe(false);
    expect(isStalled(stateWith({}, { evaluations: rows(0.5, 0.1, 0.1) }))).toBe(false);
  });

  test('changes of its stage hold from their update on, the later one wins', () => {
    const changes = [
      { stage: 0, step: 2, learningRate: 0.1, beta: 0.5 },
      { stage: 1, step: 0, learningRate: 0.9 },
      { stage: 0, step: 5, learningRate: 0.2 },
    ];
    const tuned = changesOfStage(stateWith({ changes }));
    expect([1, 2, 6].map(tuned)).toEqual([
      {},
      { learningRate: 0.1, beta: 0.5 },
      { learningRate: 0.2, beta: 0.5 },
    ]);
  });
});
