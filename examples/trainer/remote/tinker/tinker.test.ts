import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { fileURLToPath } from 'node:url';
import { type CodewordsTask, defineEnvironment } from '@molrl/ef-env';
import {
  loadAdapter,
  loadModel,
  type Qwen3,
  type Sampler,
  saveAdapter,
  scoreLogprobs,
} from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { packFolder } from '../../../tinker/server/packFolder.ts';
import type { Reduction } from '../../../tinker/server/reduction.ts';
import { tinkerService } from '../../../tinker/server/service.ts';
import { tinkerHttp } from '../../../tinker/server/tinkerHttp.ts';
import { checkSettings } from '../../config/checkSettings.ts';
import { codewordsGame } from '../../games/codewordsGame.ts';
import { grpo } from '../../method/grpo.ts';
import type { Learner, Sequence } from '../../method/learner.ts';
import { trainedHere } from '../../method/learnerWeights.ts';
import { loadLearner } from '../../method/loadLearner.ts';
import { mixtureGradient } from '../../method/mixtureGradient.ts';
import { Stage, type StageState } from '../../method/stage.ts';
import { teach } from '../../method/teach.ts';
import { openEngineElsewhere, type RemoteEngine } from '../openEngineElsewhere.ts';
import { tapedSampler } from './tapedSampler.ts';
import { unpackAdapter } from './unpackAdapter.ts';

const model = fileURLToPath(new URL('../../../mol-rl/base', import.meta.url));
const LORA = { r: 4, alpha: 32 }; // a Tinker server's alpha
/** Rewards what differs between attempts, right or wrong. */
const environment = defineEnvironment<CodewordsTask, null>({
  name: 'spread',
  reset: ({ digits, words }) => ({ observation: [digits, ...words].join(' '), state: null }),
  step: (_, action) => ({ reward: Number(/[0-4]$/.test(action.trim())), done: true }),
});

let served: Qwen3;
let server: Server;
let remote: RemoteEngine;
let leave: (() => Promise<void>) | undefined;
let folder: string;

beforeAll(async () => {
  await openCpu({ threads: 1 });
  served = await loadModel(model, { frozen: true });
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'molrl-engine-'));
});
afterEach(async () => {
  await leave?.().catch(() => {}); // some tests have left already
  leave = undefined; // a server that is gone would be asked again, for seconds
  server?.closeAllConnections();
  server?.close();
  await rm(folder, { recursive: true });
});

async function open(reduction: Reduction = 'sum', token?: string): Promise<void> {
  const service = tinkerService({ model: served, name: 'base', folder, reduction });
  server = tinkerHttp(service, { token, hold: 100 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // listens on TCP
  const engine = `tinker=http://127.0.0.1:${port}`;
  const names = { engine, engineTokenVariable: 'MOLRL_TEST_TINKER_KEY' };
  remote = (await openEngineElsewhere({ ...names, lora: { r: LORA.r }, seed: 5 }))!; // both are there
  leave = () => remote.close();
}

const newLearner = (sampler?: Sampler): Promise<Learner> =>
  loadLearner({ model, format: 'recipe', lora: LORA, sampler });
const farLearner = (sampler: Sampler = remote.sampler): Promise<Learner> =>
  loadLearner({ model, format: 'recipe', lora: LORA, sampler, elsewhere: remote.elsewhere });

/** The same adapter here as there is there. */
async function nearLearner(sampler?: Sampler): Promise<Learner> {
  const learner = await newLearner(sampler);
  const adapter = join(folder, 'fetched');
  await remote.elsewhere.fetchAdapter(adapter);
  learner.model.adapter!.dispose(); // there is one
  await loadAdapter(learner.model, adapter);
  return learner;
}

const newStage = (learner: Learner, resume?: StageState): Stage =>
  new Stage(trainedHere(learner), {
    ...{ name: 'engine', seed: 3, optim: 'adamw', learningRate: 1e-2, resume },
    makeOptimizer: learner.elsewhere?.optimizer,
  });

type Row = Record<string, number>;

async function playGrpo(learner: Learner, stage: Stage, updates: number): Promise<Row[]> {
  const options = { updates, learningRate: 1e-2, prompts: 2, numGenerations: 4 };
  const game = { environment, nextTask: codewordsGame().nextTask, maxTokens: 10 };
  const loss = { lossType: 'grpo', beta: 0.1 } as const;
  const rest = { nextGeneral: () => [], generalKl: 0, numIterations: 2 };
  const rows: Row[] = [];
  for await (const { metrics } of grpo(learner, stage, { ...options, ...rest, game, loss }))
    rows.push(metrics);
  return rows;
}

const EPISODES: Sequence[] = [0, 1, 2].map((k) => {
  const ids = [1, 50, 60 + k, 70, 80, 90 + k, 100, 110];
  const roles = [
    'ignore',
    'ignore',
    'assistant',
    'assistant',
    'ignore',
    'environment',
    'environment',
    'environment',
  ] as const;
  return { ids, roles };
});
const GENERAL: Sequence = { ids: [5, 6, 7, 8, 9], roles: new Array(5).fill('general') };

async function learnMol(learner: Learner, stage: Stage): Promise<Row[]> {
  const options = { method: 'mol', kl: 'sampled', alpha: 0.5, batchSize: 2, seed: 1 } as const;
  const nextGeneral = (_: unknown, count: number) => new Array<Sequence>(count).fill(GENERAL);
  const rows: Row[] = [];
  const all = { ...options, episodes: EPISODES, nextGeneral, updates: 3, learningRate: 3e-3 };
  for await (const { metrics } of teach(learner, stage, all)) rows.push(metrics);
  return rows;
}

function expectSame(far: Row[], near: Row[], names: readonly string[]): void {
  expect(far.length).toBe(near.length);
  for (const [i, row] of far.entries())
    for (const name of names) {
      const [there, here] = [row[name]!, near[i]![name]!];
      expect(Number.isFinite(there), name).toBe(true);
      expect(Math.abs(there - here), `${name} of update ${i}`).toBeLessThan(
        1e-4 * Math.max(1, here),
      );
    }
}

describe('training at a Tinker server', () => {
  test.each([
    ['sum', 2],
    ['sequence-mean', 1],
  ] as const)(
    'that takes a %s: GRPO with a KL, same tokens here, is the run here',
    async (reduction, updates) => {
      await open(reduction);
      expect(remote.facts).toMatchObject({ reduction, clips: true });
      const { there, here } = tapedSampler(remote.sampler);
      const far = await farLearner(there);
      const near = await nearLearner(here);
      const rows = await playGrpo(far, newStage(far), updates);
      expectSame(rows, await playGrpo(near, newStage(near), updates), [
        'loss',
        'grad_norm',
        'kl',
        'reward',
      ]);
      expect(rows[0]!.grad_norm).toBeGreaterThan(0);
      for (const learner of [far, near]) learner.dispose();
    },
  );

  test('MoL with the KL of the tokens is the run here; the adapter that comes back is the one here', async () => {
    await open('sequence-mean');
    const [far, near] = [await farLearner(), await nearLearner()];
    const rows = await learnMol(far, newStage(far));
    expectSame(rows, await learnMol(near, newStage(near)), [
      'loss',
      'mol/ce',
      'mol/kl',
      'grad_norm',
    ]);
    expect(rows[2]!['mol/kl']).toBeGreaterThan(1e-3);
    const back = await nearLearner();
    const sequence = { promptIds: [1, 50], completionIds: [60, 70, 80] };
    const [[one], [other]] = [
      await scoreLogprobs(back.model, [sequence]),
      await scoreLogprobs(near.model, [sequence]),
    ];
    for (const [i, value] of one!.entries()) expect(value).toBeCloseTo(other![i]!, 3);
    for (const learner of [far, near, back]) learner.dispose();
  });

  test('goes on from its own checkpoint, moments and all, and says where the weights are', async () => {
    await open();
    const whole = await farLearner();
    const first = newStage(whole);
    await learnMol(whole, first);
    const saved = await first.snapshot();
    expect(Object.keys(saved.moments)[0]).toMatch(/^tinker:\/\/.*\/weights\//);
    const sequences = EPISODES.slice(0, 1);
    const after = async (stage: Stage) => {
      const rows: Row[] = [];
      const options = { method: 'ce', alpha: 0, batchSize: 1, seed: 1 } as const;
      const rest = { episodes: sequences, nextGeneral: () => [], updates: 5, learningRate: 3e-3 };
      for await (const { metrics } of teach(whole, stage, { ...options, ...rest }))
        rows.push(metrics);
      return rows.map(({ loss }) => loss);
    };
    const wanted = await after(first);
    expect(wanted.length).toBe(2);
    expect(await after(newStage(whole, saved))).toEqual(wanted);
    whole.dispose();
  });

  test('an adapter whose config leaves its layers out, as SkyRL writes it, is completed from its tensors', async () => {
    const learner = await newLearner();
    const wanted = [...learner.model.adapter!.targets].sort(); // there is one
    const [bare, whole] = [join(folder, 'bare'), join(folder, 'whole')];
    await saveAdapter(learner.model, bare);
    const file = join(bare, 'adapter_config.json');
    const config = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ ...config, target_modules: null }));
    const packed = await packFolder(bare, ['adapter_config.json', 'adapter_model.safetensors']);
    await mkdir(whole);
    await unpackAdapter(packed, whole);
    learner.model.adapter!.dispose(); // there is one
    await loadAdapter(learner.model, whole);
    expect([...learner.model.adapter!.targets].sort()).toEqual(wanted); // loaded
    await expect(unpackAdapter(await packFolder(bare, []), whole)).rejects.toThrow(
      'has no adapter_config.json and no adapter_model.safetensors',
    );
    learner.dispose();
  });

  test('what it cannot do is refused, with what is nearest', async () => {
    await open('sum', undefined);
    const far = await farLearner();
    const full = mixtureGradient(far, EPISODES, { terms: { alpha: 1 } });
    await expect(full).rejects.toThrow(
      'KL over the whole vocabulary. The nearest is the KL of the sampled tokens: --mol.kl sampled',
    );
    const draw = far.policy.generate([[{ speaker: 'user', kind: 'prompt', turn: 0, text: 'a' }]], {
      ...{ maxTokens: 2, temperature: 0.7, seed: 1 },
    });
    await expect(draw).rejects.toThrow('ratios would be wrong. Set the temperature to 1.');
    far.dispose();
    const usual = { environment: 'codewords', engine: 'tinker=http://127.0.0.1:9000', lora: 4 };
    const check = (given: object) => () => checkSettings({ ...usual, ...given });
    expect(check({ stages: ['collect', 'mol'] })).toThrow('The nearest is --mol.kl sampled');
    expect(check({ stages: ['collect', 'mol'], mol: { kl: 'sampled' } })).not.toThrow();
    expect(check({ lora: undefined, stages: ['grpo'] })).toThrow('Add --lora 16.');
    expect(check({ stages: ['grpo'], grpo: { generalKl: 2 } })).toThrow('The nearest is `beta`');
    expect(check({ stages: ['live'] })).toThrow('`collect` and `mol`');
  });

  test('a key is read from the environment, sent, and told nobody', async () => {
    env.MOLRL_TEST_TINKER_KEY = 'tml-hidden';
    try {
      await open('sum', 'tml-hidden');
      expect(JSON.stringify(remote.facts)).not.toContain('hidden');
      await remote.close();
      env.MOLRL_TEST_TINKER_KEY = 'tml-wrong';
      await expect(open('sum', 'tml-hidden')).rejects.toThrow(/answered 401(?!.*tml-)/);
    } finally {
      delete env.MOLRL_TEST_TINKER_KEY;
    }
  });
});
