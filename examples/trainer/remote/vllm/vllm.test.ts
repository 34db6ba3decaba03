import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CodewordsTask, defineEnvironment } from '@molrl/ef-env';
import { type Completion, loadModel, type Qwen3, removeAdapter, type Sampler } from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import { neg } from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { codewordsGame } from '../../games/codewordsGame.ts';
import { grpo } from '../../method/grpo.ts';
import { Stage } from '../../method/stage.ts';
import type { FakeServer } from '../fakeServer.ts';
import { openRollouts, type RemoteSampler } from '../openRollouts.ts';
import { COURSE_MODEL, newLearner, trainCourse as train } from '../rolloutCourse.ts';
import { versionedEpisodes } from '../versionedEpisodes.ts';
import { type FakeVllmOptions, fakeVllm } from './fakeVllm.ts';
import { feedbackCourses } from './feedbackCourse.ts';
import { openVllm } from './vllmServer.ts';

/** Rewards differ more, and it never ends by itself. */
const endless = defineEnvironment<CodewordsTask, null>({
  name: 'endless',
  reset: ({ digits, words }) => ({ observation: [digits, ...words].join(' '), state: null }),
  step: (_, action) => {
    const sum = [...action].reduce((total, letter) => total + letter.charCodeAt(0), 0);
    return { reward: (sum % 7) / 7, feedback: 'dil', done: false };
  },
});

let served: Qwen3;
let server: FakeServer;
let folder: string;
const said: string[] = [];
let rollouts: RemoteSampler | undefined;

beforeAll(async () => {
  await openCpu({ threads: 1 });
  served = await loadModel(COURSE_MODEL);
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'molrl-vllm-'));
});
afterEach(async () => {
  await rollouts?.close();
  rollouts = undefined;
  await server?.close();
  await rm(folder, { recursive: true });
});

async function open(options: Omit<FakeVllmOptions, 'model'> = {}): Promise<Sampler> {
  server = await fakeVllm({ model: served, ...options });
  const settings = {
    ...{ rollouts: `vllm=${server.url}`, rolloutsTokenVariable: 'MOLRL_NO_TOKEN' },
    ...{ rolloutsPatience: 60, grpo: { topK: options.masks ? 4 : undefined } },
  };
  said.length = 0;
  rollouts = await openRollouts({ settings, out: folder, say: (text) => said.push(text) });
  return rollouts!.sampler; // the setting names a server
}

const asked = (path: string) => server.requests.filter((request) => request.path === path);
const adapters = () => readdir(join(folder, 'adapters')).catch(() => []);
const prompt = [{ speaker: 'user', kind: 'prompt', turn: 0, text: '0884 dil' } as const];

describe('rollouts on a vLLM server', () => {
  test.each([
    ['raw', 1],
    ['processed', 0.7],
  ] as const)(
    '%s log-probs, temperature %d: the run is the local run, bit for bit',
    async (mode, temperature) => {
      const sampler = await open({ mode });
      const [there, here] = [
        await train(sampler, temperature),
        await train(undefined, temperature),
      ];
      expect([there.losses, there.weights]).toEqual([here.losses, here.weights]);
      // each update has a version of its own, and what is no longer used is taken off
      const names = asked('/v1/load_lora_adapter').map(({ body }) => body.lora_name);
      expect(new Set(names).size).toBe(3);
      expect(server.loaded()).toEqual([names[2]]);
      expect(await adapters()).toEqual([names[2]]);
      await rollouts!.close();
      expect(server.loaded()).toEqual([]);
      expect(await adapters()).toEqual([]);
    },
  );

  test('episodes with feedback: what MoL learns of them is what it learns of the same tokens here', async () => {
    const sampler = await open();
    const { completions, logprobsApart, there, here } = await feedbackCourses(newLearner, sampler);
    expect(completions).toBeGreaterThan(16); // some attempts are second ones
    expect(logprobsApart).toBeLessThan(1e-4);
    expect(there).toHaveLength(5);
    expect(there).toEqual(here);
  });

  test('top-k and top-p with a server that tells what it kept: the local run, bit for bit, learned from among those', async () => {
    const draw = { topK: 4, topP: 0.9 };
    const there = await train(await open({ masks: true, mode: 'processed' }), 0.7, draw);
    const here = await train(undefined, 0.7, draw);
    expect(there).toEqual(here);
    expect(Math.max(...there.apart)).toBeLessThan(1e-4); // over the whole vocabulary they would be nats apart
    expect(Math.max(...there.apart)).toBeGreaterThan(0);
    const [probe, drawn] = asked('/inference/v1/generate').map(({ body }) => body.sampling_params);
    expect(probe).toMatchObject({ top_k: 512 });
    expect(drawn).toMatchObject({ top_k: 4, top_p: 0.9, temperature: 0.7 });
    const greedy = await rollouts!.sampler(served, [[5, 6, 7]], {
      maxTokens: 3,
      temperature: 0,
      seed: 1,
    });
    expect([...greedy[0]!.behaviorLogprobs]).toEqual([0, 0, 0]);
  });

  test('a filter without masks is refused, with the flags to start the server with', async () => {
    const sampler = await open();
    await expect(train(sampler, 1, { topK: 4 })).rejects.toThrow(
      /topK.* cannot be asked of .*Set grpo.topK/,
    );
    await rollouts!.close();
    await server.close();
    const plain = await fakeVllm({ model: served });
    const settings = {
      rollouts: `vllm=${plain.url}`,
      rolloutsTokenVariable: 'MOLRL_NO_TOKEN',
      rolloutsPatience: 0,
      grpo: { topK: 4 },
    };
    rollouts = await openRollouts({ settings, out: folder, say: () => {} });
    server = plain;
    await expect(train(rollouts!.sampler, 1, { topK: 4 })).rejects.toThrow(
      /403.*--return-sampling-mask/,
    );
  });

  test('played ahead, an episode keeps the weights it began with; versions go when nothing is played by them', async () => {
    const sampler = await open({ latency: 30 });
    const local = await newLearner(sampler);
    const learner = { ...local, episodes: versionedEpisodes(local, rollouts!) };
    const stage = new Stage(learner.model.trainable(), {
      ...{ name: 'rollouts', seed: 3, optim: 'adamw', learningRate: 1e-2 },
    });
    const game = {
      environment: endless,
      nextTask: codewordsGame().nextTask,
      maxTokens: 8,
      maxTurns: 2,
    };
    const options = { updates: 6, learningRate: 1e-2, prompts: 2, numGenerations: 4 };
    const rolloutCorrection = { mode: 'token_truncate', clipMax: 3 } as const;
    const rest = { nextGeneral: () => [], generalKl: 0, maxStaleness: 2, rolloutCorrection };
    const staleness: number[] = [];
    const learned = new Set<string>();
    for await (const { metrics, episodes } of grpo(learner, stage, { ...options, ...rest, game })) {
      staleness.push(metrics['staleness/max']!);
      for (const { id, segments } of episodes!.trajectories) {
        expect(learned.has(id)).toBe(false); // learned from once
        learned.add(id);
        const versions = segments.flatMap(({ kind, tokens }) =>
          kind === 'policy' ? [(tokens as Completion).weightVersion] : [],
        );
        expect(versions.length).toBe(2);
        expect(new Set(versions).size, id).toBe(1);
      }
    }
    expect(learned.size).toBe(6 * 2 * 4);
    expect(Math.max(...staleness)).toBe(2);
    const loads = asked('/v1/load_lora_adapter').map(({ body }) => body.lora_name);
    expect(new Set(loads).size).toBe(loads.length); // each once
    expect(loads.length).toBe(6); // one for each update
    await rollouts!.close();
    expect([server.loaded(), await adapters()]).toEqual([[], []]);
    stage.dispose();
    learner.dispose();
  });

  test('a completion tells its version; every request has a seed of its own and no hidden default', async () => {
    const learner = await newLearner(await open());
    const answers = await learner.policy.generate([prompt, prompt], {
      ...{ numGenerations: 3, maxTokens: 6, seed: 1 },
    });
    const drawn = asked('/v1/completions').slice(1); // after the probe
    expect(new Set(drawn.map(({ body }) => body.seed)).size).toBe(6);
    for (const { body } of drawn) {
      expect(body).toMatchObject({ n: 1, top_p: 1, top_k: -1, min_p: 0, repetition_penalty: 1 });
      expect(body.stop_token_ids).toEqual(learner.policy.eosIds);
    }
    for (const { tokens, text } of answers) {
      expect(tokens.weightVersion).toBe(drawn[0]!.body.model);
      expect(typeof text).toBe('string');
    }
    learner.dispose();
  });

  test('a busy server is asked again, a restarted one is given the adapter once more', async () => {
    const learner = await newLearner(await open());
    const draw = () =>
      learner.policy.generate([prompt], { numGenerations: 2, maxTokens: 4, seed: 1 });
    const first = await draw();
    server.fail(1, 503);
    const second = await draw();
    server.restart();
    const third = await draw();
    const texts = (all: typeof first) => all.map(({ text }) => text);
    expect([texts(second), texts(third)]).toEqual([texts(first), texts(first)]);
    expect(asked('/v1/load_lora_adapter').length).toBeGreaterThan(1);
    learner.dispose();
  });

  test('a server that is away is waited for and told of once; many requests wait without a warning', async () => {
    const warnings: Error[] = [];
    const hear = (warning: Error): number => warnings.push(warning);
    process.on('warning', hear);
    const learner = await newLearner(await open());
    const draw = () =>
      learner.policy.generate([prompt], {
        ...{ numGenerations: 16, maxTokens: 4, seed: 1, signal: new AbortController().signal },
      });
    const first = await draw();
    const { port } = new URL(server.url);
    await server.close();
    for (const name of [...served.adapters.keys()]) removeAdapter(served, name);
    const waiting = draw();
    await expect.poll(() => said.length, { timeout: 10_000 }).toBe(1);
    server = await fakeVllm({ model: served, port: Number(port) });
    const texts = (all: typeof first) => all.map(({ text }) => text);
    expect(texts(await waiting)).toEqual(texts(first));
    expect(said).toEqual([
      `rollouts: ${server.url} went away; waiting for it.`,
      `rollouts: ${server.url} is back.`,
    ]);
    expect(warnings.map(({ name }) => name)).not.toContain('MaxListenersExceededWarning');
    process.off('warning', hear);
    learner.dispose();
  });

  test('folders that a killed process was writing are removed, those of one that runs are not', async () => {
    const sampler = await open();
    const adaptersFolder = join(folder, 'adapters');
    const dead = spawnSync(process.execPath, ['-e', '']).pid; // has ended
    const names = [`molrl-${'0'.repeat(16)}.${dead}`, `molrl-${'0'.repeat(16)}.${process.ppid}`];
    for (const name of [...names, 'other'])
      await mkdir(join(adaptersFolder, name), { recursive: true });
    const learner = await newLearner(sampler);
    await learner.policy.generate([prompt], { maxTokens: 2, seed: 1 });
    const left = (await adapters()).filter((name) => !/^molrl-[0-9a-f]{16}$/.test(name));
    expect(left.sort()).toEqual([names[1], 'other']);
    learner.dispose();
  });

  test('what would train on wrong ratios is refused', async () => {
    const learner = await newLearner(await open({ maxModelLen: 40, maxLoraRank: 1 }));
    const draw = (maxTokens: number, temperature: number) =>
      learner.policy.generate([prompt], { maxTokens, temperature, seed: 1 });
    await expect(draw(60, 1)).rejects.toThrow('more than the 40 of http://127.0.0.1');
    await expect(draw(4, 0.7)).rejects.toThrow('--logprobs-mode processed_logprobs');
    await expect(draw(4, 1)).rejects.toThrow('--max-lora-rank of at least');
    expect(await learner.policy.generate([], { maxTokens: 4, seed: 1 })).toEqual([]);
    learner.dispose();
  });

  test('another model than the trainer has is found out before anything is trained', async () => {
    const own = served;
    served = await loadModel(COURSE_MODEL);
    const norm = served.weight('model.norm.weight');
    const turned = neg(norm);
    norm.assign(turned);
    turned.dispose();
    const learner = await newLearner(await open());
    const draw = learner.policy.generate([prompt], { maxTokens: 4, seed: 1 });
    await expect(draw).rejects.toThrow(/another model than the trainer's.*nats a token/);
    learner.dispose();
    served.dispose();
    served = own;
  });

  test('nobody there: one line with the address', async () => {
    server = await fakeVllm({ model: served });
    const { url } = server;
    await server.close();
    const given = { setting: 'rollouts', tokenSetting: 'rollouts-token-variable', waits: [] };
    await expect(openVllm({ url, ...given })).rejects.toThrow(`${url}/v1/models cannot be reached`);
    server = await fakeVllm({ model: served });
    server.fail(1, 401);
    await expect(openVllm({ url: server.url, token: 'hidden', ...given })).rejects.toThrow(
      /answered 401(?!.*hidden)/,
    );
  });
});
