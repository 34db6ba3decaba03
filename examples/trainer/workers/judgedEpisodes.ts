import type { CollectOptions, Environment, Rubric, StepResult } from '@molrl/ef-env';
import type { EpisodeSource, GamePart } from '../method/episodeSource.ts';
import type { AttemptJob, GroupJob, JudgingJob } from './judgingJobs.ts';
import type { JobQueue } from './queue/jobQueue.ts';
import type { Report } from './queue/messages.ts';
import { refuseTasks } from './refuseTasks.ts';
import { type Opening, readVerdict, type Scores, shownHash } from './verdict.ts';
import { trajectoryLines } from './worker/trajectoryLines.ts';

export interface JudgedEpisodesOptions {
  queue: Pick<JobQueue, 'ask'>;
  /** Description of the run, by its hash. */
  record: string;
  /** Who plays them: another engine samples. */
  source: EpisodeSource;
  /** Told of each verdict, and by whom. */
  onJudged?: ((report: Report) => void) | undefined;
}

/** Longest wait of `setTimeout`, milliseconds. */
const LONGEST_WAIT = 2 ** 31 - 1;

/**
 * Episodes of another source whose environment runs at workers: they open, answer and score them, and the result is that
 * of the environment here.
 */
export function judgedEpisodes(options: JudgedEpisodesOptions): EpisodeSource {
  const { source, record } = options;
  return {
    ...(source.publish && { publish: () => source.publish!() }), // was looked at
    collect(play, collection) {
      refuseTasks(collection.tasks);
      const { stepTimeout = 30_000 } = collection;
      const ask = askOf(options, {
        ...{ record, part: play.part, stepTimeout: Math.min(stepTimeout, LONGEST_WAIT) },
      });
      const environment = judgedEnvironment(play.environment, ask);
      return source.collect({ ...play, environment }, { ...collection, ...TIMED_THERE });
    },
  };
}

/** The worker looks at the clock: a job may wait for one longer than a step may take. */
const TIMED_THERE: Pick<CollectOptions<unknown>, 'stepTimeout'> = { stepTimeout: Infinity };

type Ask = <Said>(
  job: Omit<AttemptJob, keyof OfCollection> | Omit<GroupJob, keyof OfCollection>,
  signal: AbortSignal | undefined,
) => Promise<Said>;

interface OfCollection {
  record: string;
  part: GamePart;
  stepTimeout: number;
}

const askOf =
  ({ queue, onJudged }: JudgedEpisodesOptions, shared: OfCollection): Ask =>
  async <Said>(...[job, signal]: Parameters<Ask>): Promise<Said> => {
    const whole: JudgingJob = { ...job, ...shared };
    const { report, content } = await queue.ask(whole, signal);
    onJudged?.(report);
    return readVerdict<Said>(content);
  };

/** The same environment, but for who does its work. */
function judgedEnvironment<Task>(own: Environment<Task>, ask: Ask): Environment<Task> {
  const { rubric } = own;
  return {
    ...{ name: own.name, system: own.system, maxTurns: own.maxTurns, concurrency: own.concurrency },
    ...(rubric && { rubric: judgedRubric(rubric, ask) }),
    start() {
      const begun = { task: {} as object, seed: 0 };
      const said: string[] = [];
      const told: string[] = [];
      const soFar = () => ({ ...begun, said: [...said], told: [...told] });
      return {
        async reset(task, { seed, signal }) {
          Object.assign(begun, { task, seed });
          const opening = await ask<Opening>({ does: 'attempt', ...soFar() }, signal);
          told.push(await shownHash(opening));
          return opening;
        },
        async step(action, { signal }) {
          said.push(action);
          const result = await ask<StepResult>({ does: 'attempt', ...soFar() }, signal);
          told.push(await shownHash(result));
          return result;
        },
      };
    },
  };
}

const judgedRubric = <Row>({ names }: Rubric<Row>, ask: Ask): Rubric<Row> => ({
  names,
  score: (_, __, { trajectories = [], signal } = {}) =>
    ask<Scores>({ does: 'group', episodes: trajectoryLines(trajectories) }, signal),
});
