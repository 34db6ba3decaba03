import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Policy } from '@molrl/ef-env';
import { openCpu } from '@molrl/tensor-gpu';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkSettings } from '../config/checkSettings.ts';
import type { TrainerSettings } from '../config/schema.ts';
import type { Game } from '../games/game.ts';
import { openGame } from '../games/openGame.ts';
import { type EpisodeSource, localEpisodes } from '../method/episodeSource.ts';
import type { GrpoOptions } from '../method/grpo.ts';
import { judgedEpisodes } from './judgedEpisodes.ts';
import type { JudgingJob } from './judgingJobs.ts';
import type { JobQueue } from './queue/jobQueue.ts';
import { DeadJobError } from './queue/waitingJobs.ts';
import type { RunRecord } from './runRecord.ts';
import { filesHere } from './worker/filesHere.ts';
import { openWorkedRun } from './worker/openWorkedRun.ts';
import { COURSE_MODEL, memoryBlobs, newLearner, openCourse, train } from './workersCourse.ts';

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
let folder: string;
let settings: TrainerSettings;
let game: Game;
let options: GrpoOptions<object>;

beforeAll(async () => {
  await openCpu({ threads: 1 });
  ({ folder, settings, game, options } = await openCourse());
});
afterAll(() => rm(folder, { recursive: true }));

describe('episodes that are sampled elsewhere and that workers judge', () => {
  /** One worker in this process, for a game; counts the jobs by kind. */
  async function judging(judged: Game, source: EpisodeSource, own: TrainerSettings) {
    const record: RunRecord = { version: 1, settings: own, model: 'none', files: judged.files };
    const run = await openWorkedRun(record, { blobs: memoryBlobs(), files: filesHere }); // a model is not looked for
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
    const local = await newLearner();
    const here = await train(local, options);
    const other = await newLearner();
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
    const own = checkSettings({
      environment: file,
      lora: 2,
      format: 'recipe',
      model: COURSE_MODEL,
    });
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
