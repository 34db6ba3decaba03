import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Random } from '@molrl/ef-env';
import { openCpu } from '@molrl/tensor-gpu';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PRESETS } from '../trainer/method/live/presets.ts';
import { readWeights, type Weights } from '../trainer/method/weights.ts';
import { FULL, liveShape, WORDBOOK } from './budget.ts';
import { compare } from './compare.ts';
import { DOMAINS } from './domains/domains.ts';
import { frontPicture } from './frontPicture.ts';
import { armJobs, type Job, rateJobs } from './jobs.ts';
import { PLANS } from './plans.ts';
import { type ArmRecord, armsFile, type RateRecord, readRecords } from './records.ts';
import { htmlReport, markdownTable } from './report.ts';
import { openBench, runJob } from './runJob.ts';
import { openRunners } from './runners.ts';
import { runPlan } from './runPlan.ts';
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
  const bench = await openBench(shipped);
  const options = ['--quick', '--methods', 'base,feedback-distillation', '--eval-tasks', '4'];
  const { settings } = readOptions(options, shipped);
  const signal = new AbortController().signal;
  const run: Job[] = [];
  const runner = (job: Job) => {
    run.push(job);
    return runJob({ bench, settings, signal, say: () => {} }, job);
  };
  await compare({ settings, out: folder, runners: [runner] });
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
  const kinds = run.map(({ kind, plan }) => `${kind} ${plan}`);
  expect(kinds).toEqual(['arms base', 'arms feedback-distillation']);
  await compare({ settings, out: folder, runners: [runner] });
  expect(run).toHaveLength(kinds.length);
  bench.learner.dispose();
  // A process of its own finds the same, to the last bit.
  const { runners, close } = openRunners({ settings, jobs: 1, threads: 2, signal, say: () => {} });
  const { arms } = await runners[0]!(run[0]!);
  expect({ ...arms[0]!, seconds: base.seconds }).toEqual(base);
  close();
}, 60_000);

test('a job that fails stops no other, and is told', async () => {
  const options = ['--methods', 'ce,grpo', '--seeds', '1', '--rates', '1e-3'];
  const { settings } = readOptions(options, shipped);
  const out = await mkdtemp(join(tmpdir(), 'compare-'));
  const run: string[] = [];
  const runner = async ({ plan }: Job) => {
    run.push(plan);
    if (plan === 'ce') throw new Error('NaN at update 3');
    return { arms: [], rates: [] };
  };
  await expect(compare({ settings, out, runners: [runner] })).rejects.toThrow('NaN at update 3');
  expect(run).toEqual(['base', 'ce', 'grpo']); // what was forgotten is measured against the base
  expect(JSON.parse(await readFile(join(out, 'results.json'), 'utf8'))).toMatchObject({ arms: [] });
  await rm(out, { recursive: true });
});

test('each method takes the rate that was best on validation, the lower of two that are as good', () => {
  const options = ['--methods', 'mol,grpo', '--seeds', '1', '--rates', '3e-3,1e-3,3e-4'];
  const { settings } = readOptions(options, shipped);
  const model = settings.models[0]!;
  const tried = (plan: string, learningRate: number, accuracy: number): RateRecord => ({
    ...{ plan, domain: 'codewords', model: basename(model), accuracy },
    ...{ learningRate, grpoLearningRate: 5e-4 },
  });
  const rows = [
    ...[tried('mol', 3e-4, 0.2), tried('mol', 3e-3, 0.5), tried('mol', 1e-3, 0.5)],
    tried('grpo', 3e-4, 0.1),
  ];
  const open = rateJobs(settings, rows).map(({ plan, learningRate }) => [plan, learningRate]);
  expect(open).toEqual([
    ['grpo', 3e-3],
    ['grpo', 1e-3],
  ]);
  const rates = armJobs(settings, [], rows).map(({ plan, learningRate }) => [plan, learningRate]);
  expect(rates.slice(1)).toEqual([
    ['mol', 1e-3],
    ['grpo', 3e-4],
  ]);
});

test('GRPO behind a stage on live feedback gets a rate of its own, once that of the stage is known', () => {
  const options = ['--methods', 'mol,feedback-distillation', '--rates', '1e-3,3e-4'];
  const { settings } = readOptions(options, shipped);
  const row = ({ accuracy, ...job }: Job & { accuracy: number }): RateRecord => ({
    ...{ ...job, model: basename(job.model), accuracy },
  });
  const first = rateJobs(settings, []);
  expect(first.map(({ grpoLearningRate }) => grpoLearningRate)).toEqual([5e-4, 5e-4, 5e-4, 5e-4]);
  const tried = first.map((job) =>
    row({ ...job, accuracy: job.learningRate === 3e-4 ? 0.4 : 0.2 }),
  );
  expect(rateJobs(settings, tried.slice(1))).toEqual(first.slice(0, 1)); // not before
  const second = rateJobs(settings, tried);
  const of = ({ plan, learningRate, grpoLearningRate }: Job) => [
    plan,
    learningRate,
    grpoLearningRate,
  ];
  expect(second.map(of)).toEqual([
    ['feedback-distillation', 3e-4, 1e-3],
    ['feedback-distillation', 3e-4, 3e-4],
  ]);
  const all = [...tried, ...second.map((job, i) => row({ ...job, accuracy: 0.5 + i / 10 }))];
  expect(rateJobs(settings, all)).toEqual([]);
  expect(
    armJobs({ ...settings, seeds: 1 }, [], all)
      .slice(1)
      .map(of),
  ).toEqual([
    ['mol', 3e-4, 5e-4],
    ['feedback-distillation', 3e-4, 3e-4],
  ]);
});

test('with a rank every method trains an adapter, and starts from the model as it is', async () => {
  const { settings } = readOptions(['--lora', '4', '--domains', 'codewords-chat'], shipped);
  const { learner, fresh } = await openBench(shipped, settings.lora);
  expect(learner.ref).toBe(learner.model);
  expect(Object.keys(fresh).every((name) => name.includes('lora_'))).toBe(true);
  learner.dispose();
  expect(() => readOptions(['--lora', '0'], shipped)).toThrow('--lora');
});

test('GRPO behind a first stage gets tasks that the first stage did not have', async () => {
  const { learner, ...bench } = await openBench(shipped);
  const asked: string[] = [];
  const domain = {
    ...{ ...DOMAINS.codewords, maxTokens: 8 },
    nextTask: (random: Random) => {
      const task = DOMAINS.codewords.nextTask(random);
      asked.push(JSON.stringify(task));
      return task;
    },
  };
  const budget = { ...FULL, liveUpdates: 4, attempts: 8 };
  const signal = new AbortController().signal;
  const plan = { id: 'feedback-distillation', kind: 'live', thenGrpo: true } as const;
  const rates = { learningRate: 1e-3, grpoLearningRate: 1e-3 };
  const run = { ...bench, ...rates, learner, domain, budget, seed: 0, signal, onWarning: () => {} };
  await runPlan(plan, run, async () => {});
  expect(asked).toHaveLength(4);
  expect(new Set(asked).size).toBe(4);
  learner.dispose();
});

test('a budget with generalKl holds the base in the updates of GRPO behind a first stage', async () => {
  const { learner, ...bench } = await openBench(shipped);
  const signal = new AbortController().signal;
  const rates = { learningRate: 1e-3, grpoLearningRate: 1e-3 };
  const small = { ...FULL, episodes: 4, teachUpdates: 2, batchSize: 2, grpoUpdates: 1 };
  const weightsAfter = async (generalKl?: number): Promise<Weights> => {
    const budget = { ...small, prompts: 1, numGenerations: 2, ...(generalKl && { generalKl }) };
    const domain = { ...DOMAINS.codewords, maxTokens: 8 };
    const run = { ...bench, ...rates, learner, domain, budget, seed: 0, signal };
    await runPlan({ id: 'ce', kind: 'episodes' }, { ...run, onWarning: () => {} }, async () => {});
    return readWeights(learner.model.trainable());
  };
  const plain = await weightsAfter();
  expect(await weightsAfter()).toEqual(plain);
  expect(await weightsAfter(1)).not.toEqual(plain);
  learner.dispose();
});

describe('plans and budget', () => {
  test('every preset that words are enough for is an arm, and has the attempts of every other', () => {
    expect(PLANS.map(({ id }) => id)).toEqual([
      'base',
      'mol',
      'ce',
      'replay',
      ...Object.keys(PRESETS).filter((id) => id !== 'rlsf'),
    ]);
    for (const turns of [1, 2]) {
      const { prompts, numGenerations } = liveShape(FULL, turns);
      expect(prompts * numGenerations * turns).toBe(FULL.attempts);
    }
    const { episodes, grpoUpdates, prompts, numGenerations, teachUpdates, liveUpdates, attempts } =
      FULL;
    expect(liveUpdates).toBe(teachUpdates + grpoUpdates);
    expect(WORDBOOK.liveUpdates).toBe(WORDBOOK.teachUpdates + WORDBOOK.grpoUpdates);
    const most = 4 * episodes + grpoUpdates * prompts * numGenerations;
    expect(liveUpdates * attempts).toBeLessThanOrEqual(most); // never more than the first-stage methods may use
  });

  test('a method or rate that is none is refused by name', () => {
    expect(() => readOptions(['--methods', 'mol,sdpoo'], shipped)).toThrow(
      '--methods: must be of: base, mol',
    );
    expect(() => readOptions(['--rates', '3'], shipped)).toThrow('--rates');
  });

  test.each([
    ['--rates 1e-3,abc', "'--rates <numbers>' argument '1e-3,abc' is invalid. Give a number."],
    ['--rates 1e-3,', "argument '1e-3,' is invalid. Give a number."],
    ['--rates 1e-3,0', '--rates: must be a number above 0, at most 1, got 0.'],
    ['--rates 1e-3,0.001', '--rates: must name each once, got 0.001,0.001.'],
    ['--eval-tasks 2', '--eval-tasks: must be an integer from 4 to 100000, got 2.'],
    ['--grpo-learning-rate 0', '--grpo-learning-rate: must be a number above 0, at most 1, got 0.'],
    ['--methods mol,mol', '--methods: must name each once, got mol,mol.'],
    ['--methods mol+grpo', 'blend, unlikely, got "mol+grpo".'],
    ['--domains chains,chains', '--domains: must name each once'],
    ['--models a/model,b/model', '--models: must end in different names'],
    ['--models ', '--models: must be a model folder or a GGUF file, got "".'],
    ['--seed 999', '--seed: must be an integer from 0 to 970, got 999.'], // rates are chosen with seed 1000
    ['--seeds 31', '--seeds: must be an integer from 1 to 30, got 31.'],
    ['--jobs 0', '--jobs: must be an integer from 1 to 256, got 0.'],
    ['--out ', '--out: must be a folder, got "".'],
  ])('%s is refused with what it must be and what came', (line, said) => {
    expect(() => readOptions(line.split(' '), shipped)).toThrow(said);
  });
});

describe('report', () => {
  const record = (id: string, seed: number, values: Partial<ArmRecord>): ArmRecord => ({
    ...{
      id,
      plan: id.replace('+grpo', ''),
      domain: 'codewords',
      model: 'base',
      seed,
      learningRate: 1e-3,
    },
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

  test('arms are in the order of the methods, whichever was finished first', () => {
    const rows = [record('grpo', 0, {}), record('mol', 0, {}), record('base', 0, {})];
    expect(summarise(rows, 100).map(({ id }) => id)).toEqual(['base', 'mol', 'grpo']);
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
