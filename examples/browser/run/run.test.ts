import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openCpu } from '@molrl/tensor-gpu';
import { describe, expect, test } from 'vitest';
import { openLearner } from '../../trainer/method/learner.ts';
import { digestOf } from './digest.ts';
import { pack, unpack } from './pack.ts';
import { checkPlan, DEFAULTS, type Plan } from './plan.ts';
import { readRunFile, writeRunFile } from './runFile.ts';
import { type Action, type Saved, Session } from './session.ts';

const job = (path: string): string =>
  fileURLToPath(new URL(`../../mol-rl/${path}`, import.meta.url));
const text = readFileSync(job('text/train.txt'), 'utf8').slice(0, 2000);
const plan: Plan = {
  ...{ ...DEFAULTS, model: { name: 'shipped', fingerprint: 'x' }, seed: 4 },
  ...{ episodes: 4, molUpdates: 2, batchSize: 1, grpoUpdates: 2, prompts: 1, numGenerations: 4 },
};

describe('a run', () => {
  test('stopped between any two updates goes on with the same bits, changes included', async () => {
    await openCpu({ threads: 1 });
    const whole = await play({ actions: [{ stage: 'mol', step: 1, learningRate: 3e-4 }] });
    expect(whole.saved.updates.map(({ stage }) => stage)).toEqual([
      ...['collect', 'mol', 'mol', 'grpo', 'grpo'],
    ]);
    const stopped = await play({ stops: true });
    expect(stopped.saved.actions).toEqual([{ stage: 'mol', step: 1, learningRate: 3e-4 }]);
    expect(stopped.digest).toBe(whole.digest);
    const rates = whole.saved.updates.flatMap(({ metrics }) => metrics.learning_rate ?? []);
    expect(rates[1]! / rates[0]!).toBeCloseTo(0.6, 6); // warm-up 2/5 of 3e-4 after 1/5 of 1e-3
  });
});

/** Plays the whole plan; with `stops` it is packed, thrown away and opened again after every update. */
async function play(given: {
  actions?: Action[];
  stops?: boolean;
}): Promise<{ saved: Saved; digest: string }> {
  const learner = await openLearner({ source: job('base'), format: 'recipe' });
  let session = new Session(learner, plan, { text, actions: given.actions });
  while ((await session.next()) !== undefined) {
    if (!given.stops) continue;
    const last = session.updates.at(-1);
    if (last?.stage === 'mol' && last.step === 1) session.setLearningRate(3e-4);
    const saved = (await unpack(pack(await session.snapshot()))) as Saved; // packed from one
    session.dispose();
    session = new Session(learner, plan, { text, saved });
  }
  const saved = await session.snapshot();
  session.dispose();
  learner.dispose();
  return { saved, digest: await digestOf(saved) };
}

test('packing keeps every bit, at any length', async () => {
  for (const name of ['', 'a', 'ab', 'äöü']) {
    const value = { name, f: Float32Array.of(1 / 3, -0, 2e-45), deep: [{ b: Uint8Array.of(7) }] };
    expect(await unpack(pack(value))).toEqual(value);
  }
});

test('a run file is read back; what is none is refused in one line', () => {
  const run = { plan, actions: [], updates: 3, device: 'wasm relaxed', digest: 'd' };
  expect(readRunFile(writeRunFile(run))).toMatchObject(run);
  expect(() => readRunFile('{')).toThrow(/^run file: it is not JSON/);
  expect(() => readRunFile('{}')).toThrow('run file: it must say "format": "molrl-run".');
  const odd = writeRunFile({ ...run, plan: { ...plan, numGenerations: 1 } });
  expect(() => readRunFile(odd)).toThrow(
    'numGenerations must be a whole number from 2 to 256, got 1.',
  );
});

test('what answers in numbers only cannot teach MoL', () => {
  expect(() => checkPlan({ ...plan, environment: 'sums' })).toThrow(/^arm must be grpo for sums/);
});
