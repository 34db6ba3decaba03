// Checks a server of the Tinker API that really runs: `pnpm tinker:server URL MODEL_FOLDER`, the folder that it serves.
// Prints what was compared and exits with 1 if anything is off. No part of the tests: SkyRL needs some GB.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineEnvironment } from '@molrl/ef-env';
import { loadAdapter, type Sampler } from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import { grpo } from '../../method/grpo.ts';
import { type Learner, openLearner, type Sequence } from '../../method/learner.ts';
import { trainedHere } from '../../method/learnerWeights.ts';
import { Stage } from '../../method/stage.ts';
import { teach } from '../../method/teach.ts';
import { openEngineElsewhere, type RemoteEngine } from '../openEngineElsewhere.ts';
import { tapedSampler } from './tapedSampler.ts';

/** What losses may differ by, and gradients, both relative to 1 or more. */
const [LOSS, GRADIENT] = [1e-4, 1e-3];
const UPDATES = 5;
const RANK = 4;
/** SkyRL 0.4.0 shortens no gradient. */
const UNCLIPPED = 1e9;

let failed = 0;
function report(what: string, isRight: boolean): void {
  process.stdout.write(`${isRight ? 'ok  ' : 'OFF '} ${what}\n`);
  if (!isRight) failed += 1;
}

/** Rewards the share of even ids: no model is always right or wrong. */
const environment = defineEnvironment<number, null>({
  name: 'letters',
  reset: (number) => ({ observation: `Say ${number}`, state: null }),
  step: (_, action) => {
    const even = [...action].filter((letter) => (letter.codePointAt(0) ?? 0) % 2 === 0);
    return { reward: even.length / Math.max(1, action.length), done: true };
  },
});

type Row = Record<string, number>;

const stageOf = (learner: Learner): Stage =>
  new Stage(trainedHere(learner), {
    ...{ name: 'check', seed: 3, optim: 'adamw', learningRate: 1e-3 },
    makeOptimizer: learner.elsewhere?.optimizer,
  });

async function byReward(learner: Learner): Promise<Row[]> {
  const game = { environment, nextTask: (_: unknown, i: number) => i, maxTokens: 8 };
  const options = { updates: UPDATES, learningRate: 1e-3, prompts: 2, numGenerations: 4 };
  const loss = { lossType: 'dapo', beta: 0.05 } as const;
  const rest = { nextGeneral: () => [], generalKl: 0, maxGradNorm: UNCLIPPED };
  const rows: Row[] = [];
  for await (const { metrics } of grpo(learner, stageOf(learner), {
    ...{ ...options, ...rest, game, loss },
  }))
    rows.push(metrics);
  return rows;
}

async function byFeedback(learner: Learner): Promise<Row[]> {
  const roles: Sequence['roles'] = [
    ...(['ignore', 'ignore', 'assistant', 'assistant', 'assistant'] as const),
    ...(['environment', 'environment', 'environment'] as const),
  ];
  const episodes = [0, 1].map((k) => ({ ids: [65, 66, 70 + k, 71, 72, 80 + k, 81, 82], roles }));
  const general: Sequence = { ids: [90, 91, 92, 93], roles: new Array(4).fill('general') };
  const rows: Row[] = [];
  const options = { method: 'mol', kl: 'sampled', alpha: 0.5, batchSize: 2, seed: 1 } as const;
  const nextGeneral = (_: unknown, count: number) => new Array<Sequence>(count).fill(general);
  const rest = { updates: UPDATES, learningRate: 1e-3, maxGradNorm: UNCLIPPED };
  const all = { ...options, ...rest, episodes, nextGeneral };
  for await (const { metrics } of teach(learner, stageOf(learner), all)) rows.push(metrics);
  return rows;
}

function compare(what: string, there: readonly Row[], here: readonly Row[]): void {
  for (const [names, limit] of [
    [['loss', 'mol/ce', 'mol/kl', 'kl', 'reward'], LOSS],
    [['grad_norm'], GRADIENT],
  ] as const)
    for (const name of names) {
      const pairs = there.flatMap((row, i) =>
        row[name] === undefined ? [] : [[row[name], here[i]![name]!] as const],
      );
      if (pairs.length === 0) continue;
      const off = Math.max(...pairs.map(([x, y]) => Math.abs(x - y) / Math.max(1, Math.abs(y))));
      report(
        `${what}: ${name} of ${pairs.length} updates, at most ${off.toExponential(1)} apart`,
        off < limit,
      );
    }
}

/** The adapter there, as it is now, on a model here. */
async function copyOf(
  remote: RemoteEngine,
  { source, folder, sampler }: { source: string; folder: string; sampler: Sampler },
): Promise<Learner> {
  const learner = await openLearner({ source, format: 'auto', lora: { r: RANK }, sampler });
  await remote.elsewhere.fetchAdapter(folder);
  learner.model.adapter!.dispose(); // there is one
  await loadAdapter(learner.model, folder);
  return learner;
}

async function main([url, source]: string[]): Promise<void> {
  if (url === undefined || source === undefined)
    throw new Error('tinker:server: give URL and MODEL_FOLDER.');
  await openCpu();
  const folder = await mkdtemp(join(tmpdir(), 'molrl-tinker-'));
  try {
    for (const [what, course] of [
      ['GRPO', byReward],
      ['MoL', byFeedback],
    ] as const) {
      const settings = { engine: `tinker=${url}`, engineTokenVariable: 'TINKER_API_KEY' };
      const remote = (await openEngineElsewhere({ ...settings, lora: { r: RANK }, seed: 5 }))!; // both are there
      process.stdout.write(`${JSON.stringify(remote.facts)}\n`);
      const tape = tapedSampler(remote.sampler);
      const asked = { source, format: 'auto', lora: { r: RANK } } as const;
      const there = await openLearner({
        ...asked,
        sampler: tape.there,
        elsewhere: remote.elsewhere,
      });
      const here = await copyOf(remote, { source, folder: join(folder, what), sampler: tape.here });
      const rows = await course(there);
      compare(what, rows, await course(here));
      const back = await copyOf(remote, {
        source,
        folder: join(folder, `${what}-end`),
        sampler: tape.here,
      });
      const ends = await Promise.all([back, here].map(({ model }) => valuesOf(model.trainable())));
      const apart = Math.max(...ends[0]!.map((value, i) => Math.abs(value - ends[1]![i]!)));
      report(
        `${what}: weights at the end, at most ${apart.toExponential(1)} apart`,
        apart < GRADIENT,
      );
      for (const learner of [there, here, back]) learner.dispose();
      await remote.close();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  process.exitCode = failed === 0 ? 0 : 1;
}

async function valuesOf(parameters: ReturnType<Learner['model']['trainable']>): Promise<number[]> {
  const names = Object.keys(parameters).sort();
  const all = await Promise.all(names.map((name) => parameters[name]!.data<'float32'>()));
  return all.flatMap((values) => [...values]);
}

await main(process.argv.slice(2).filter((argument) => argument !== '--'));
