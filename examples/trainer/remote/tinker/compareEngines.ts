import { join } from 'node:path';
import { defineEnvironment } from '@molrl/ef-env';
import { loadAdapter, type Sampler } from '@molrl/qwen3';
import { NO_GRAD_LIMIT } from '../../config/sections/rates.ts';
import { grpo } from '../../method/grpo.ts';
import { type Learner, openLearner, type Sequence } from '../../method/learner.ts';
import { trainedHere } from '../../method/learnerWeights.ts';
import { Stage } from '../../method/stage.ts';
import { teach } from '../../method/teach.ts';
import { openEngineElsewhere, type RemoteEngine } from '../openEngineElsewhere.ts';
import { sharedTensors } from './sharedTensors.ts';
import { tapedSampler } from './tapedSampler.ts';

export interface CompareOptions {
  url: string;
  /** The folder that the server serves. */
  source: string;
  /** Where adapters that come back are written. */
  folder: string;
  updates: number;
  rank: number;
  /** Is told what was found out about the server. */
  onFacts?: (facts: RemoteEngine['facts']) => void;
}

/** How far apart both engines were. */
export interface Difference {
  what: string;
  apart: number;
  /** What it may be. */
  limit: number;
}

/** What losses may differ by, and gradients and weights, relative to values above 1. */
const [LOSS, GRADIENT] = [1e-4, 1e-3];

/** Rewards the share of even letters: no model is always right or wrong. */
const environment = defineEnvironment<number, null>({
  name: 'letters',
  reset: (number) => ({ observation: `Say ${number}`, state: null }),
  step: (_, action) => {
    const even = [...action].filter((letter) => (letter.codePointAt(0) ?? 0) % 2 === 0);
    return { reward: even.length / Math.max(1, action.length), done: true };
  },
});

type Row = Record<string, number>;

const stageOf = async (learner: Learner): Promise<Stage> => {
  const { elsewhere, model } = learner;
  return new Stage(trainedHere(learner), {
    ...{ name: 'check', seed: 3, optim: 'adamw', learningRate: 1e-3, weightDecay: 0.1 },
    makeOptimizer: elsewhere?.optimizer ?? (await sharedTensors(model.trainable())),
  });
};

/** Metrics of a course of updates. */
type Course = (learner: Learner, updates: number) => Promise<Row[]>;

const byReward: Course = async (learner, updates) => {
  const game = { environment, nextTask: (_: unknown, i: number) => i, maxTokens: 8 };
  const options = { updates, learningRate: 1e-3, prompts: 2, numGenerations: 4 };
  const loss = { lossType: 'dapo', beta: 0.05 } as const;
  const rest = { nextGeneral: () => [], generalKl: 0, maxGradNorm: NO_GRAD_LIMIT };
  const rows: Row[] = [];
  for await (const { metrics } of grpo(learner, await stageOf(learner), {
    ...{ ...options, ...rest, game, loss },
  }))
    rows.push(metrics);
  return rows;
};

const byFeedback: Course = async (learner, updates) => {
  const roles: Sequence['roles'] = [
    ...(['ignore', 'ignore', 'assistant', 'assistant', 'assistant'] as const),
    ...(['environment', 'environment', 'environment'] as const),
  ];
  const words = Array.from({ length: 2 * updates }, (_, k) => [70 + k, 80 + k] as const);
  const episodes = words.map(([own, said]) => ({
    ids: [65, 66, own, 71, 72, said, 81, 82],
    roles,
  }));
  const general: Sequence = { ids: [90, 91, 92, 93], roles: new Array(4).fill('general') };
  const rows: Row[] = [];
  const options = { method: 'mol', kl: 'sampled', alpha: 0.5, batchSize: 2, seed: 1 } as const;
  const nextGeneral = (_: unknown, count: number) => new Array<Sequence>(count).fill(general);
  const rest = { updates, learningRate: 1e-3, maxGradNorm: NO_GRAD_LIMIT };
  const all = { ...options, ...rest, episodes, nextGeneral };
  for await (const { metrics } of teach(learner, await stageOf(learner), all)) rows.push(metrics);
  return rows;
};

const COURSES = { GRPO: byReward, MoL: byFeedback };

/**
 * Plays short courses at a server and here, from the same adapter and with the same tokens.
 *
 * @returns what both have to agree on, as it is found out.
 */
export async function* compareEngines(options: CompareOptions): AsyncGenerator<Difference> {
  const { url, source, updates, rank: r } = options;
  for (const [name, course] of Object.entries(COURSES)) {
    const settings = { engine: `tinker=${url}`, engineTokenVariable: 'TINKER_API_KEY' };
    const remote = (await openEngineElsewhere({ ...settings, lora: { r }, seed: 5 }))!; // both are there
    options.onFacts?.(remote.facts);
    const tape = tapedSampler(remote.sampler);
    const copy = (when: string): Promise<Learner> =>
      copyOf(remote, options, { folder: `${name}-${when}`, sampler: tape.here });
    const asked = { source, format: 'auto', lora: { r } } as const;
    const { elsewhere } = remote;
    const there = await openLearner({ ...asked, sampler: tape.there, elsewhere });
    const here = await copy('start');
    const rows = await course(there, updates);
    for (const one of differences(rows, await course(here, updates)))
      yield { ...one, what: `${name}: ${one.what}` };
    const back = await copy('end');
    const [far, near] = await Promise.all([valuesOf(back), valuesOf(here)]);
    const apart = Math.max(...far.map((value, i) => Math.abs(value - near[i]!))); // the same adapter
    yield { what: `${name}: weights at the end`, apart, limit: GRADIENT };
    for (const learner of [there, here, back]) learner.dispose();
    await remote.close();
  }
}

function* differences(there: readonly Row[], here: readonly Row[]): Generator<Difference> {
  for (const [names, limit] of [
    [['loss', 'mol/ce', 'mol/kl', 'kl', 'reward'], LOSS],
    [['grad_norm'], GRADIENT],
  ] as const)
    for (const name of names) {
      const pairs = there.flatMap((row, i) =>
        row[name] === undefined ? [] : [[row[name], here[i]![name]!] as const],
      );
      if (pairs.length === 0) continue;
      const apart = Math.max(...pairs.map(([x, y]) => Math.abs(x - y) / Math.max(1, Math.abs(y))));
      yield { what: `${name} of ${pairs.length} updates`, apart, limit };
    }
}

/** The adapter there, as it is now, on a model here. */
async function copyOf(
  remote: RemoteEngine,
  { source, rank, folder }: CompareOptions,
  { folder: name, sampler }: { folder: string; sampler: Sampler },
): Promise<Learner> {
  const learner = await openLearner({ source, format: 'auto', lora: { r: rank }, sampler });
  const place = join(folder, name);
  await remote.elsewhere.fetchAdapter(place);
  learner.model.adapter!.dispose(); // there is one
  await loadAdapter(learner.model, place);
  return learner;
}

async function valuesOf({ model }: Learner): Promise<number[]> {
  const parameters = model.trainable();
  const names = Object.keys(parameters).sort();
  const all = await Promise.all(names.map((name) => parameters[name]!.data<'float32'>()));
  return all.flatMap((values) => [...values]);
}
