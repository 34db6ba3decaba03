import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate, loadModel, type Qwen3, type Sampler, sampleSeeds } from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { checkSettings } from '../../config/checkSettings.ts';
import type { FakeServer } from '../fakeServer.ts';
import { openRollouts, type RemoteSampler } from '../openRollouts.ts';
import { COURSE_MODEL, newLearner, trainCourse } from '../rolloutCourse.ts';
import { type FakeSglangOptions, fakeSglang } from './fakeSglang.ts';
import { shortSeed } from './sglangServer.ts';

let served: Qwen3;
let server: FakeServer;
let folder: string;
let rollouts: RemoteSampler | undefined;

beforeAll(async () => {
  await openCpu({ threads: 1 });
  served = await loadModel(COURSE_MODEL);
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'molrl-sglang-'));
});
afterEach(async () => {
  await rollouts?.close();
  rollouts = undefined;
  await server.close();
  await rm(folder, { recursive: true });
});

async function open(
  options: Omit<FakeSglangOptions, 'model'> = {},
  topK?: number,
): Promise<Sampler> {
  server = await fakeSglang({ model: served, ...options });
  const settings = {
    ...{ rollouts: `sglang=${server.url}`, rolloutsTokenVariable: 'MOLRL_NO_TOKEN' },
    ...{ rolloutsPatience: 60, grpo: { topK } },
  };
  rollouts = await openRollouts({ settings, out: folder, say: () => {} });
  return rollouts!.sampler; // the setting names a server
}

/** Our own engine by the seeds that such a server can take. */
const local: Sampler = (model, prompts, { seed, seeds, ...rest }) => {
  const all = seeds ?? sampleSeeds(seed!, prompts.length * (rest.numGenerations ?? 1)); // one of the two is given
  return generate(model, prompts, { ...rest, seeds: Array.from(all, shortSeed) });
};

const asked = (path: string) => server.requests.filter((request) => request.path === path);
const adapters = () => readdir(join(folder, 'adapters')).catch(() => []);
const prompt = [{ speaker: 'user', kind: 'prompt', turn: 0, text: '0884 dil' } as const];

describe('rollouts on an SGLang server', () => {
  test.each([
    ['processed', 0.7, false],
    ['raw', 1, true],
  ] as const)(
    '%s log-probs, temperature %d: the run is the local run by such seeds, bit for bit',
    async (mode, temperature, isOlder) => {
      const there = await trainCourse(await open({ mode, isOlder }), temperature);
      const here = await trainCourse(local, temperature);
      expect([there.losses, there.weights]).toEqual([here.losses, here.weights]);
      const names = asked('/load_lora_adapter').map(({ body }) => body.lora_name);
      expect(new Set(names).size).toBe(3); // each update has a version of its own
      expect(server.loaded()).toEqual([names[2]]); // and what is no longer used is taken off
      expect(rollouts!.engine).toMatchObject({ name: 'sglang', version: '0.5.10', model: 'tiny' });
      await rollouts!.close();
      expect([server.loaded(), await adapters()]).toEqual([[], []]);
      const [probe, ...drawn] = asked('/generate').map(({ body }) => body);
      expect(probe).not.toHaveProperty('lora_path'); // the base
      const params = drawn.map((body) => body.sampling_params as Record<string, unknown>);
      expect(new Set(params.map((x) => x.sampling_seed)).size).toBeGreaterThan(16);
      expect(params[0]).toMatchObject({ n: 1, top_p: 1, top_k: -1, min_p: 0, temperature });
    },
  );

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
    expect(asked('/load_lora_adapter').length).toBeGreaterThan(1);
    server.restart(); // taking off what is not there is no error
    await rollouts!.close();
    expect(asked('/unload_lora_adapter').length).toBe(1);
    learner.dispose();
  });

  test('what would train on wrong ratios, or cannot be done there, is refused', async () => {
    const learner = await newLearner(await open({ maxModelLen: 40, maxLoraRank: 1 }));
    const draw = (maxTokens: number, temperature: number) =>
      learner.policy.generate([prompt], { maxTokens, temperature, seed: 1 });
    await expect(draw(60, 1)).rejects.toThrow(/more than the 34 of http.*--context-length/);
    await expect(draw(4, 0.7)).rejects.toThrow('without SGLANG_RETURN_ORIGINAL_LOGPROB');
    await expect(draw(4, 1)).rejects.toThrow('--max-lora-rank of at least');
    learner.dispose();
    await server.close();
    const filtered = await open({}, 4);
    await expect(
      filtered(served, [[5, 6, 7]], { maxTokens: 4, topK: 4, temperature: 1, seed: 1 }),
    ).rejects.toThrow('is not asked what it drew among');
    const given = { rollouts: 'sglang=http://127.0.0.1:30000', environment: 'codewords', lora: 2 };
    checkSettings(given);
    expect(() => checkSettings({ ...given, grpo: { topK: 4 } })).toThrow(/grpo\.topK: an SGLang/);
  });

  test.each([
    ['enable_lora', 'takes no adapters'],
    ['enable_deterministic_inference', 'heeds no seeds'],
  ])('one that was started without %s is refused at once', async (name, why) => {
    await expect(open({ info: { [name]: false } })).rejects.toThrow(
      new RegExp(`rollouts: http://127.*${why}.*--enable-lora.*--enable-deterministic-inference`),
    );
  });
});
