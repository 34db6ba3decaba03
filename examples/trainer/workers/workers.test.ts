import { rm } from 'node:fs/promises';
import type { Trajectory } from '@molrl/ef-env';
import { openCpu } from '@molrl/tensor-gpu';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { checkSettings } from '../config/checkSettings.ts';
import type { TrainerSettings } from '../config/schema.ts';
import type { Game } from '../games/game.ts';
import { type GrpoOptions, grpo } from '../method/grpo.ts';
import { Stage } from '../method/stage.ts';
import type { EpisodesJob } from './episodesJob.ts';
import { hashOfModel } from './hashOfModel.ts';
import { publishWeights } from './publishWeights.ts';
import type { JobQueue } from './queue/jobQueue.ts';
import { DeadJobError } from './queue/waitingJobs.ts';
import { refuseTasks } from './refuseTasks.ts';
import { differingFiles, type RunRecord } from './runRecord.ts';
import { filesHere } from './worker/filesHere.ts';
import { openWorkedRun } from './worker/openWorkedRun.ts';
import { workerEpisodes } from './workerEpisodes.ts';
import {
  COURSE_MODEL,
  memoryBlobs,
  newLearner,
  openCourse,
  stageOf,
  train,
} from './workersCourse.ts';

let folder: string;
let settings: TrainerSettings;
let game: Game;
let options: GrpoOptions<object>;

beforeAll(async () => {
  await openCpu({ threads: 1 });
  ({ folder, settings, game, options } = await openCourse());
});
afterAll(() => rm(folder, { recursive: true }));

/** A learner whose episodes one worker in this process plays; nothing but the server is left out. */
async function withWorker(before: (job: EpisodesJob) => Promise<void> | void = () => {}) {
  const blobs = memoryBlobs();
  const learner = await newLearner();
  const { files } = game;
  const record: RunRecord = { version: 1, settings, model: await hashOfModel(COURSE_MODEL), files };
  const run = await openWorkedRun(record, { blobs, files: filesHere });
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

describe('episodes that workers play', () => {
  test('are those of this process, bit for bit, and say their weights', async () => {
    const local = await newLearner();
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
    const local = await newLearner();
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
    const learner = await newLearner();
    await expect(train(learner, { ...options, maxStaleness: 1 })).rejects.toThrow(
      /grpo\.maxStaleness: .*--workers/,
    );
    expect(() => checkSettings({ environment: 'codewords', grpo: { maxStaleness: 1 } })).toThrow(
      /grpo\.maxStaleness: .*--workers/,
    );
    learner.dispose();
  });
});
