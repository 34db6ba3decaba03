import {
  type CollectOptions,
  collect,
  EfEnvError,
  type Environment,
  type Trajectory,
} from '@molrl/ef-env';
import type { EpisodeSource, Play } from '../method/episodeSource.ts';
import { type EpisodesJob, OF_PARTS, type Part } from './episodesJob.ts';
import { inLocalOrder } from './inLocalOrder.ts';
import type { JobQueue } from './queue/jobQueue.ts';
import type { Report } from './queue/messages.ts';
import { DeadJobError } from './queue/waitingJobs.ts';
import { refuseTasks } from './refuseTasks.ts';
import { readTrajectoryLines } from './worker/trajectoryLines.ts';

export interface WorkerEpisodesOptions {
  queue: Pick<JobQueue, 'ask'>;
  /** Description of the run, by its hash. */
  record: string;
  /** Hands over the present weights. @returns Their hash. */
  publish(): Promise<string>;
  /** Told of each job that is done, and by whom. */
  onPlayed?: ((report: Report, episodes: number) => void) | undefined;
}

/** Episodes of a job at least, where a group has fewer: a worker samples them together. */
const EPISODES_PER_JOB = 8;

/** Episodes that workers play: ids, seeds and order are those of `collect`, so the result is as well, bit for bit. */
export function workerEpisodes(options: WorkerEpisodesOptions): EpisodeSource {
  const { publish } = options;
  return {
    publish,
    async collect(play, collection) {
      refuseTasks(collection.tasks);
      const version = play.version ?? (await publish());
      return playedBy(options, { ...play, version }, collection);
    },
  };
}

async function playedBy<Task>(
  { queue, record, onPlayed }: WorkerEpisodesOptions,
  { environment, part, version, draw }: Play<Task> & { version: string },
  collection: CollectOptions<Task>,
): Promise<Trajectory[]> {
  const { tasks, groupSize = 1, firstTask = 0, signal, completed = [] } = collection;
  const blanks = await blanksOf(environment, collection);
  const known = new Map(completed.map((trajectory) => [trajectory.id, trajectory]));
  const results = blanks.map(({ id }) => known.get(id));
  const total = blanks.length;
  let done = results.filter((found) => found !== undefined).length;
  collection.onProgress?.({ done, total });
  const tell = inLocalOrder(blanks, results, collection);
  const enter = async (from: number, episodes: readonly Trajectory[]): Promise<void> => {
    for (const [i, episode] of episodes.entries()) {
      if (results[from + i] !== undefined) continue; // completed earlier
      results[from + i] = episode;
      done += 1;
    }
    await tell();
    collection.onProgress?.({ done, total });
  };
  const same = Object.fromEntries(
    OF_PARTS.flatMap((name) => (collection[name] === undefined ? [] : [[name, collection[name]]])),
  ) as Omit<Part, 'tasks' | 'firstTask'>;
  const perJob = Math.max(1, Math.floor(EPISODES_PER_JOB / groupSize));
  const failed = new AbortController();
  const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  const askFor = async (first: number): Promise<void> => {
    const [from, to] = [first * groupSize, Math.min(total, (first + perJob) * groupSize)];
    if (results.slice(from, to).every((found) => found !== undefined)) return;
    const some = tasks.slice(first, first + perJob) as readonly unknown[] as object[]; // of JSON
    const options: Part = { ...same, tasks: some, firstTask: firstTask + first };
    const job: EpisodesJob = { does: 'episodes', record, weights: version, part, options, draw };
    const own = blanks.slice(from, to);
    const { report, episodes } = await answerTo(queue, job, { own, signal: either });
    if (report) onPlayed?.(report, own.length);
    await enter(from, episodes);
  };
  const firsts = Array.from({ length: Math.ceil(tasks.length / perJob) }, (_, i) => i * perJob);
  await Promise.all(firsts.map(askFor)).catch((error: unknown) => {
    failed.abort(error); // the others are not wanted any more
    throw error;
  });
  const played = results as Trajectory[]; // every place was entered
  reportFailures(played, collection);
  return played;
}

/** What came of a job, in the order of the episodes that were asked for. One that no worker can do is episodes that failed. */
async function answerTo(
  queue: Pick<JobQueue, 'ask'>,
  job: EpisodesJob,
  { own, signal }: { own: readonly Trajectory[]; signal: AbortSignal },
) {
  try {
    const { report, content } = await queue.ask(job, signal);
    const read = await readTrajectoryLines(content);
    const byId = new Map(read.map((episode) => [episode.id, episode]));
    const episodes = own.map(({ id }) => {
      const episode = byId.get(id);
      if (episode) return episode;
      throw new Error(
        `workers: ${report.worker} sent other episodes than it was asked for (${[...byId.keys()].slice(0, 2).join(', ')} for ${id}). Its environment is another one: use the same files and version there.`,
      );
    });
    return { report, episodes };
  } catch (error) {
    if (!(error instanceof DeadJobError)) throw error;
    return {
      report: undefined,
      episodes: own.map((blank) => ({ ...blank, error: error.message })),
    };
  }
}

/** The episodes of a collection before they are played: ids and seeds, without a word. */
async function blanksOf<Task>(
  environment: Environment<Task>,
  collection: CollectOptions<Task>,
): Promise<Trajectory[]> {
  const blanks: Trajectory[] = [];
  const mute: Environment<Task> = {
    ...{ name: environment.name, system: environment.system, maxTurns: environment.maxTurns },
    start: () => ({
      reset: () => Promise.reject(new Error('not played')),
      step: () => Promise.reject(new Error('not played')),
    }),
  };
  const { completed: _, onProgress: __, ...rest } = collection;
  const onTrajectories = (some: Trajectory[]): void => void blanks.push(...some);
  await collect(mute, { generate: async () => [] }, { ...rest, onTrajectories }).catch(
    (error: unknown) => {
      if (!(error instanceof EfEnvError && error.code === 'task')) throw error; // all of them failed, as they should
    },
  );
  return blanks;
}

/** As `collect` does, over all parts. */
function reportFailures<Task>(
  played: readonly Trajectory[],
  { onWarning = console.warn }: CollectOptions<Task>,
): void {
  const failed = played.filter(({ stop }) => stop === 'error' || stop === 'timeout');
  if (failed.length === 0) return;
  const reasons = [...new Set(failed.map(({ error = 'unknown' }) => error))].slice(0, 3).join('; ');
  if (failed.length === played.length && failed.some(({ stop }) => stop === 'error')) {
    throw new EfEnvError(
      'task',
      `workers: every episode (${played.length}) ended in an error: ${reasons}. Mend the environment, the reward or the tasks.`,
    );
  }
  onWarning?.(
    `workers: ${failed.length} of ${played.length} episodes ended in an error or a time-out: ${reasons}`,
  );
}
