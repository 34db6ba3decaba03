import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Policy, Trajectory } from '@molrl/ef-env';
import { openCpu } from '@molrl/tensor-gpu';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { checkSettings } from '../config/checkSettings.ts';
import type { TrainerSettings } from '../config/schema.ts';
import type { Game } from '../games/game.ts';
import { openGame } from '../games/openGame.ts';
import { type EpisodeSource, localEpisodes } from '../method/episodeSource.ts';
import { type GrpoOptions, grpo } from '../method/grpo.ts';
import type { Learner } from '../method/learner.ts';
import { loadLearner } from '../method/loadLearner.ts';
import { Stage, type StageStep } from '../method/stage.ts';
import { readWeights } from '../method/weights.ts';
import type { EpisodesJob } from './episodesJob.ts';
import { judgedEpisodes } from './judgedEpisodes.ts';
import type { JudgingJob } from './judgingJobs.ts';
import { publishWeights } from './publishWeights.ts';
import type { BlobStore } from './queue/blobs.ts';
import type { JobQueue } from './queue/jobQueue.ts';
import { DeadJobError } from './queue/waitingJobs.ts';
import { refuseTasks } from './refuseTasks.ts';
import { differingFiles, hashOfModel, type RunRecord } from './runRecord.ts';
import { openWorkedRun } from './worker/openWorkedRun.ts';
import { workerEpisodes } from './workerEpisodes.ts';

/** An environment whose tasks say how it behaves. */
const TURNS = `
  let calls = 0;
  export const tasks = [{ kind: 'plain' }];
  export default {
    name: 'turns',
    start() {
      let seed, kind, turn = 0;
      return {
        async reset(task, options) {
          ({ seed } = options);
          ({ kind } = task);
          return kind === 'rows' ? [{ speaker: 'user', text: 'go ' + seed }] : 'go ' + seed;
        },
        async step(action) {
          turn += 1;
          if (kind === 'throws' && turn === 2) throw new Error('no second turn');
          if (kind === 'slow' && turn === 2) await new Promise((resolve) => setTimeout(resolve, 5000));
          const reward = { nan: NaN, 'minus zero': -0 }[kind] ?? action.length / 3 + turn;
          const feedback = 'said ' + action + (kind === 'restless' ? ++calls : '');
          return { done: false, reward, feedback, observation: 'turn ' + turn, metrics: { turn }, info: { seed }, spans: [{ start: 0, end: 1, reward: 0.1 }] };
        },
        close() {
          if (kind === 'closes') throw new Error('nobody hears of it');
        },
      };
    },
  };
`;
const model = fileURLToPath(new URL('../../mol-rl/base', import.meta.url));
let folder: string;
let settings: TrainerSettings;
let game: Game;
let options: GrpoOptions<object>;

/** An object store in memory. */
function memoryBlobs(): BlobStore & { names(): string[] } {
  const kept = new Map<string, Uint8Array>();
  return {
    names: () => [...kept.keys()],
    async put(bytes) {
      const name = createHash('sha256').update(bytes).digest('hex');
      kept.set(name, bytes);
      return name;
    },
    get: async (name) => kept.get(name)!,
    remove: async (name) => void kept.delete(name),
  };
}

/** A learner whose episodes one worker in this process plays; nothing but the server is left out. */
async function withWorker(before: (job: EpisodesJob) => Promise<void> | void = () => {}) {
  const blobs = memoryBlobs();
  const learner = await loadLearner({ model, format: 'recipe', lora: { r: 2 } });
  const { files } = game;
  const record: RunRecord = { version: 1, settings, model: await hashOfModel(model), files };
  const run = await openWorkedRun(record, blobs);
  const jobs: EpisodesJob[] = [];
  const queue: Pick<JobQueue, 'ask'> = {
    async ask(body, signal) {
      const job = JSON.parse(JSON.stringify(body)) as EpisodesJob;
      jobs.push(job);
      await before(job);
      signal?.throwIfAborted();
      const content = await run.perform(job, signal ?? new AbortController().signal);
      const about = { job: String(jobs.length), attempt: 1, delivery: 1, seconds: 0 };
      return { report: { ...about, worker: 'w', library: 'l' }, content };
    },
  };
  const weights = publishWeights(learner.model, blobs, 3);
  const publish = () => weights.publish();
  const episodes = workerEpisodes({ queue, record: 'r', publish });
  const close = async (): Promise<void> => {
    await run.close();
    learner.dispose();
  };
  return { learner: { ...learner, episodes }, jobs, blobs, close };
}

const stageOf = (learner: Learner) =>
  new Stage(learner.model.trainable(), {
    ...{ name: 'workers', seed: 3, optim: 'adamw', learningRate: 1e-2 },
  });

async function train(learner: Learner, given: GrpoOptions<object>, stage = stageOf(learner)) {
  const steps: StageStep[] = [];
  for await (const step of grpo(learner, stage, given)) steps.push(step);
  const weights = await readWeights(learner.model.trainable());
  const state = await stage.snapshot();
  stage.dispose();
  return { steps, weights, state };
}

beforeAll(async () => {
  await openCpu({ threads: 1 });
  folder = await mkdtemp(join(tmpdir(), 'molrl-workers-'));
  const [data, reward] = [join(folder, 'rows.jsonl'), join(folder, 'reward.mjs')];
  const rows = Array.from({ length: 30 }, (_, i) => `{"prompt":"${1000 + i} dil"}`);
  await writeFile(data, rows.join('\n'));
  const rule = 'texts.map((text) => Number(/[0-4]\\s*$/.test(text)))'; // attempts differ by it
  await writeFile(reward, `export default (texts) => ${rule};`);
  const played = { environment: 'prompt', data, reward };
  settings = checkSettings({ ...played, lora: 2, format: 'recipe', model });
  game = await openGame(settings);
  options = {
    ...{ updates: 2, learningRate: 1e-2, prompts: 2, numGenerations: 4 },
    ...{ nextGeneral: () => [], generalKl: 0, game: { ...game, maxTokens: 12 } },
  };
});
afterAll(() => rm(folder, { recursive: true }));

describe('episodes that workers play', () => {
  test('are those of this process, bit for bit, and say their weights', async () => {
    const local = await loadLearner({ model, format: 'recipe', lora: { r: 2 } });
    const here = await train(local, options);
    const { learner, jobs, blobs, close } = await withWorker();
    const there = await train(learner, options);
    expect(there.weights).toEqual(here.weights);
    const rewards = ({ steps }: typeof here) =>
      steps.map(({ episodes }) => episodes!.trajectories.map(({ id, reward }) => [id, reward]));
    expect(rewards(there)).toEqual(rewards(here));
    expect(jobs.map(({ options: { tasks, firstTask } }) => [tasks.length, firstTask])).toEqual([
      [2, 0],
      [2, 0],
    ]);
    for (const [i, { episodes }] of there.steps.entries()) {
      const said = episodes!.trajectories.flatMap(({ segments }) =>
        segments.flatMap(({ tokens }) => tokens?.weightVersion ?? []),
      );
      expect(new Set(said)).toEqual(new Set([jobs[i]!.weights]));
    }
    expect(jobs[0]!.weights).not.toBe(jobs[1]!.weights);
    expect(blobs.names()).toEqual([jobs[0]!.weights, jobs[1]!.weights]);
    local.dispose();
    await close();
  });

  test('drawn among the likeliest alone: each token is learned from among those, here as there', async () => {
    const filtered = { ...options, draw: { topK: 4, minP: 0.01 } };
    const local = await loadLearner({ model, format: 'recipe', lora: { r: 2 } });
    const here = await train(local, filtered);
    const { learner, jobs, close } = await withWorker();
    const there = await train(learner, filtered);
    expect(there.weights).toEqual(here.weights);
    expect(jobs[0]!.draw).toEqual({ topK: 4, minP: 0.01 });
    for (const { metrics } of there.steps) {
      expect(metrics['sampling/sampling_logp_difference/max']).toBeLessThan(1e-4); // nats more over all
      expect(metrics['sampling/behavior_logp_difference/max']).toBeUndefined();
    }
    expect(there.steps.map(({ metrics }) => metrics['sampling/entropy'])).toEqual(
      here.steps.map(({ metrics }) => metrics['sampling/entropy']),
    );
    local.dispose();
    await close();
  });

  test('a job that no worker can do is episodes that failed; where all did, the call rejects', async () => {
    const { learner, close } = await withWorker(({ options: { firstTask } }) => {
      if (firstTask !== 8) throw new DeadJobError('workers: job 1 was given up: it crashes');
    });
    const { environment } = game;
    const ended: Trajectory[] = [];
    const warned = vi.fn();
    const play = (tasks: object[]) =>
      learner.episodes.collect(
        { environment, part: 'environment' },
        {
          ...{ tasks, seed: 1, maxTokens: 4, onWarning: warned },
          onTrajectories: (some) => void ended.push(...some),
        },
      );
    const task = { prompt: '1234 rav' };
    const played = await play(new Array(10).fill(task));
    expect(played.map(({ stop }) => stop === 'error')).toEqual([
      ...new Array(8).fill(true),
      ...[false, false],
    ]);
    expect(played[0]).toMatchObject({ reward: null, error: expect.stringContaining('it crashes') });
    expect(ended.map(({ id }) => id)).toEqual(played.map(({ id }) => id));
    expect(warned).toHaveBeenCalledWith(
      expect.stringMatching(/8 of 10 episodes ended in an error/),
    );
    await expect(play([task])).rejects.toThrow(/every episode \(1\) ended in an error.*it crashes/);
    await close();
  });

  test('what JSON would change is refused by its place, other files by their name', () => {
    expect(() => refuseTasks([{ a: [1, null, 'x', { b: true, c: undefined }] }])).not.toThrow();
    expect(() => refuseTasks([{}, { rows: [{ when: new Date(0) }] }])).toThrow(
      /task 1\.rows\[0\]\.when is .*1970.* cannot be sent/,
    );
    expect(() => refuseTasks([{ x: Number.NaN }])).toThrow('task 0.x is NaN');
    expect(differingFiles({ files: { 'a.jsonl': '1' } }, { 'a.jsonl': '1' })).toEqual([]);
    expect(differingFiles({ files: { 'a.jsonl': '1' } }, { 'a.jsonl': '2' })).toEqual([
      'a.jsonl is another file here',
    ]);
  });
});

describe('episodes that are sampled elsewhere and that workers judge', () => {
  /** One worker in this process, for a game; counts the jobs by kind. */
  async function judging(judged: Game, source: EpisodeSource, own: TrainerSettings) {
    const record: RunRecord = { version: 1, settings: own, model: 'none', files: judged.files };
    const run = await openWorkedRun(record, memoryBlobs()); // a model is not looked for
    const jobs: JudgingJob[] = [];
    const queue: Pick<JobQueue, 'ask'> = {
      async ask(body, signal = new AbortController().signal) {
        const job = JSON.parse(JSON.stringify(body)) as JudgingJob;
        jobs.push(job);
        if (job.does === 'attempt' && JSON.stringify(job.task).includes('poison'))
          throw new DeadJobError('workers: job 1 was given up: it crashes');
        const content = await run.perform(job, signal);
        const about = { job: '1', attempt: 1, delivery: 1, seconds: 0, worker: 'w', library: 'l' };
        return { report: about, content };
      },
    };
    return { jobs, episodes: judgedEpisodes({ queue, record: 'r', source }), close: run.close };
  }

  test('a run of GRPO with rewards of groups is the run of this process, bit for bit', async () => {
    const local = await loadLearner({ model, format: 'recipe', lora: { r: 2 } });
    const here = await train(local, options);
    const other = await loadLearner({ model, format: 'recipe', lora: { r: 2 } });
    const { jobs, episodes, close } = await judging(game, other.episodes, settings);
    const there = await train({ ...other, episodes }, options);
    expect(there.weights).toEqual(here.weights);
    expect(there.steps.map(({ metrics }) => metrics.loss)).toEqual(
      here.steps.map(({ metrics }) => metrics.loss),
    );
    const count = (does: string, said?: number): number =>
      jobs.filter((job) => job.does === does && (job.does === 'group' || job.said.length === said))
        .length;
    // 2 updates of 2 groups of 4: openings, attempts, groups
    expect([count('attempt', 0), count('attempt', 1), count('group')]).toEqual([16, 16, 4]);
    local.dispose();
    other.dispose();
    await close();
  });

  test('several turns, failures, what is no number, and time that is over: the trajectories of this process', async () => {
    const file = join(folder, 'turns.mjs');
    await writeFile(file, TURNS);
    const own = checkSettings({ environment: file, lora: 2, format: 'recipe', model });
    const turns = await openGame(own);
    let word = 0;
    const policy: Policy = {
      generate: async (prompts, { numGenerations = 1 }) =>
        Array.from({ length: prompts.length * numGenerations }, () => ({
          ...({ speaker: 'assistant', kind: 'policy', turn: 0 } as const),
          text: `word ${++word}`,
        })),
    };
    const kinds = ['plain', 'throws', 'nan', 'minus zero', 'slow', 'rows', 'closes'];
    const play = (source: EpisodeSource, tasks: object[]) =>
      source.collect(
        { environment: turns.environment, part: 'environment' },
        {
          tasks,
          groupSize: 2,
          seed: 5,
          maxTokens: 4,
          maxTurns: 3,
          stepTimeout: 200,
          onWarning: () => {},
        },
      );
    const tasks = kinds.map((kind) => ({ kind }));
    const here = await play(
      localEpisodes(() => policy),
      tasks,
    );
    word = 0;
    const { jobs, episodes, close } = await judging(
      turns,
      localEpisodes(() => policy),
      own,
    );
    const there = await play(episodes, tasks);
    expect(there).toEqual(here);
    expect(here.map(({ stop }) => stop)).toEqual(
      ['max-turns', 'error', 'error', 'max-turns', 'timeout', 'max-turns', 'max-turns'].flatMap(
        (stop) => [stop, stop],
      ),
    );
    expect(Object.is(there[6]!.reward, -0)).toBe(true);
    expect(Math.max(...jobs.map((job) => (job.does === 'attempt' ? job.said.length : 0)))).toBe(3);

    const bad = await play(episodes, [{ kind: 'plain' }, { kind: 'restless' }, { kind: 'poison' }]);
    expect(bad.slice(0, 2).map(({ error }) => error)).toEqual([undefined, undefined]);
    expect(bad[2]!.error).toMatch(/answer to attempt 1 was another one .* to judge attempt 2/);
    expect(bad[4]!).toMatchObject({
      reward: null,
      stop: 'error',
      error: expect.stringContaining('it crashes'),
    });
    await close();
  });

  test('with a server that samples, workers are no players: settings say so', () => {
    const both = { workers: 'nats://127.0.0.1:4222', environment: 'codewords', lora: 2 };
    const ahead = { grpo: { maxStaleness: 1 } };
    checkSettings({ ...both, rollouts: 'vllm=http://127.0.0.1:8000', ...ahead });
    checkSettings({ ...both, engine: 'tinker=http://127.0.0.1:9000' });
    expect(() =>
      checkSettings({ ...both, engine: 'tinker=http://127.0.0.1:9000', grpo: { topK: 4 } }),
    ).toThrow(/grpo\.topK/);
    expect(() =>
      checkSettings({ ...both, rollouts: 'vllm=http://127.0.0.1:8000', grpo: { topP: 0.9 } }),
    ).toThrow(/grpo\.topK: .*--grpo\.top-k/);
    expect(() =>
      checkSettings({ ...both, engine: 'tinker=http://127.0.0.1:9000', ...ahead }),
    ).toThrow(/grpo\.maxStaleness/);
  });
});

describe('maxStaleness', () => {
  test('groups are played while earlier ones are learned from: each once, none too old, and the old ones corrected', async () => {
    const { learner, jobs, close } = await withWorker();
    const ahead: GrpoOptions<object> = {
      ...{ ...options, updates: 4, maxStaleness: 1 },
      rolloutCorrection: { mode: 'token_truncate', clipMax: 3 },
    };
    const { steps, state } = await train(learner, ahead);
    const groups = steps.flatMap(({ episodes }) =>
      episodes!.trajectories.map(({ id }) => id.split('-').slice(0, 2).join('-')),
    );
    const counts = new Map<string, number>();
    for (const group of groups) counts.set(group, (counts.get(group) ?? 0) + 1);
    expect([...counts.values()]).toEqual(new Array(8).fill(4)); // 4 updates of 2 groups of 4
    expect(state.waiting).toEqual([]);
    const stale = steps.map(({ metrics }) => metrics['staleness/max']!);
    expect(stale[0]).toBe(0);
    expect(Math.max(...stale)).toBe(1);
    expect(steps.map(({ metrics }) => metrics['staleness/dropped'])).toEqual([0, 0, 0, 0]);
    expect(new Set(jobs.map(({ weights }) => weights)).size).toBeGreaterThan(1);
    for (const { metrics } of steps)
      expect(metrics['perf/rollouts_hidden_s']).toBeGreaterThanOrEqual(0);
    await close();
  });

  test('a stopped run plays again what was under way', async () => {
    const { learner, jobs, close } = await withWorker();
    const ahead = { ...options, updates: 3, maxStaleness: 1 };
    const stage = stageOf(learner);
    for await (const _ of grpo(learner, stage, ahead)) break;
    const state = await stage.snapshot();
    stage.dispose();
    expect([...state.waiting!, state.drawn]).toEqual([2, 3, 4]);
    jobs.length = 0;
    const resumed = new Stage(learner.model.trainable(), {
      ...{ name: 'workers', seed: 3, optim: 'adamw', learningRate: 1e-2, resume: state },
    });
    const { steps } = await train(learner, ahead, resumed);
    expect(steps.map(({ step }) => step)).toEqual([2, 3]);
    expect(jobs.map(({ options: { firstTask } }) => firstTask)).toEqual([2, 3, 4, 5]);
    await close();
  });

  test('a process that samples itself cannot play ahead', async () => {
    const learner = await loadLearner({ model, format: 'recipe', lora: { r: 2 } });
    await expect(train(learner, { ...options, maxStaleness: 1 })).rejects.toThrow(
      /grpo\.maxStaleness: .*--workers/,
    );
    expect(() => checkSettings({ environment: 'codewords', grpo: { maxStaleness: 1 } })).toThrow(
      /grpo\.maxStaleness: .*--workers/,
    );
    learner.dispose();
  });
});
