import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCpu } from '@molrl/tensor-gpu';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readGeneralText } from '../mol-rl/domain/generalText.ts';
import { loadLearner } from '../trainer/method/learner.ts';
import { PRESETS } from '../trainer/method/live/presets.ts';
import { readWeights } from '../trainer/method/weights.ts';
import { FULL, liveShape } from './budget.ts';
import { compare } from './compare.ts';
import { frontPicture } from './frontPicture.ts';
import { PLANS } from './plans.ts';
import { type ArmRecord, armsFile, readRecords } from './records.ts';
import { htmlReport, markdownTable } from './report.ts';
import { readOptions } from './settings.ts';
import { summarise } from './summary.ts';

const shipped = fileURLToPath(new URL('../mol-rl/base', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compare-'));
  await openCpu({ threads: 1 });
});
afterAll(() => rm(folder, { recursive: true }));

test('what is finished is not run again, and every arm of a plan is in the file', async () => {
  const learner = await loadLearner({ model: shipped, format: 'recipe' });
  const fresh = await readWeights(learner.model.trainable());
  const text = await readGeneralText(learner.tokenizer);
  const options = ['--quick', '--methods', 'base,feedback-distillation', '--eval-tasks', '4'];
  const { settings } = readOptions(options, shipped);
  const lines: string[] = [];
  const all = { settings, out: folder, learner, text, fresh, model: 'base' };
  const signal = new AbortController().signal;
  await compare({ ...all, signal, say: (line) => lines.push(line) });
  const records = await readRecords<ArmRecord>(armsFile(folder));
  expect(records.map(({ id }) => id)).toEqual([
    'base',
    'feedback-distillation',
    'feedback-distillation+grpo',
  ]);
  const [base, first, second] = records as [ArmRecord, ArmRecord, ArmRecord];
  expect(base.textKl).toBeLessThan(1e-6);
  expect(first.updates).toBe(2);
  expect(second.updates).toBe(4);
  expect(second.tokens).toBeGreaterThan(first.tokens);
  const said = lines.length;
  await compare({ ...all, signal, say: (line) => lines.push(line) });
  expect(lines).toHaveLength(said);
  learner.dispose();
}, 60_000);

describe('plans and budget', () => {
  test('every preset is an arm, and has the attempts of every other', () => {
    expect(PLANS.map(({ id }) => id)).toEqual([
      'base',
      'mol',
      'ce',
      'replay',
      ...Object.keys(PRESETS),
    ]);
    for (const turns of [1, 2]) {
      const { prompts, numGenerations } = liveShape(FULL, turns);
      expect(prompts * numGenerations * turns).toBe(FULL.attempts);
    }
    const { episodes, grpoUpdates, prompts, numGenerations, teachUpdates, liveUpdates, attempts } =
      FULL;
    expect(liveUpdates).toBe(teachUpdates + grpoUpdates);
    const most = 4 * episodes + grpoUpdates * prompts * numGenerations;
    expect(liveUpdates * attempts).toBeLessThanOrEqual(most); // never more than the first-stage methods may use
  });

  test('a method or rate that is none is refused by name', () => {
    expect(() => readOptions(['--methods', 'mol,sdpoo'], shipped)).toThrow(
      '--methods: must be of: base, mol',
    );
    expect(() => readOptions(['--rates', '3'], shipped)).toThrow('--rates');
  });
});

describe('report', () => {
  const record = (id: string, seed: number, values: Partial<ArmRecord>): ArmRecord => ({
    ...{ id, plan: id, domain: 'codewords', model: 'base', seed, learningRate: 1e-3 },
    ...{ accuracy: 0.1, greedy: 0.1, passAt8: 0.3, skills: { plain: 1, defs: 1, redef: 1 } },
    ...{ textNll: 2.7, textKl: 0, tokens: 10, updates: 2, seconds: 1, rewards: [0, 1], ...values },
  });
  const records = [0, 1].flatMap((seed) => [
    record('base', seed, {}),
    record('mol+grpo', seed, { accuracy: 0.8 + seed / 10, textNll: 2.71 }),
    record('ce+grpo', seed, { accuracy: 0.9, textNll: 2.9 }),
    record('<lost>', seed, { accuracy: 0.5, textNll: 2.9 }),
  ]);
  const arms = summarise(records, 100);

  test('means and intervals are over the seeds, forgetting is over the base', () => {
    expect(arms.map(({ id, seeds }) => [id, seeds])).toContainEqual(['mol+grpo', 2]);
    const { accuracy, textNllAboveBase } = arms[1]!;
    expect(accuracy.mean).toBeCloseTo(0.85);
    expect(accuracy.ci95[0]).toBeCloseTo(0.85 - 12.706 * 0.05);
    expect(textNllAboveBase.mean).toBeCloseTo(0.01);
    const [alone] = summarise(records.slice(0, 1), 100);
    expect(alone!.accuracy.ci95[0]).toBeCloseTo(0.0552, 4); // Wilson, 10 of 100
    expect(markdownTable(arms)).toContain('| mol+grpo | 2 | 0.850 [0.215, 1.000] |');
  });

  test('the front joins those that no other beats in accuracy and forgetting', () => {
    const picture = frontPicture(arms);
    const front = picture.match(/polyline points="([^"]*)"/)![1]!.split(' ');
    expect(front).toHaveLength(3); // base, mol+grpo, ce+grpo
    expect(picture).toContain('&lt;lost&gt;');
    const { settings } = readOptions(['--quick'], shipped);
    expect(htmlReport(settings, arms)).toContain('<svg');
  });
});
