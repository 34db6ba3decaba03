import { EfEnvError, type Environment, type StepResult, type Trajectory } from '@molrl/ef-env';
import type { AttemptJob, GroupJob, JudgingJob } from '../judgingJobs.ts';
import { UnfitError } from '../queue/serveJobs.ts';
import { failure, type Opening, type Scores, shownHash, type Verdict } from '../verdict.ts';
import { readTrajectoryLines } from './trajectoryLines.ts';

/**
 * What the environment says. Its errors are verdicts as well: where it would fail in the trainer, another try is no help.
 *
 * @throws {UnfitError} if it needs a package that is not here. The signal's reason if it is aborted.
 */
export async function judge(
  environment: Environment<object>,
  job: JudgingJob,
  signal: AbortSignal,
): Promise<Verdict> {
  try {
    const said =
      job.does === 'group'
        ? await score(environment, job, signal)
        : await answer(environment, job, signal);
    return { said };
  } catch (error) {
    signal.throwIfAborted();
    const isMissing = error instanceof EfEnvError && error.code === 'missing-peer';
    if (isMissing) throw new UnfitError(error.message);
    return failure(error);
  }
}

/** The answer to the last attempt, or the opening. */
async function answer(
  environment: Environment<object>,
  { task, seed, said, told, stepTimeout }: AttemptJob,
  signal: AbortSignal,
): Promise<Opening | StepResult> {
  const episode = environment.start();
  const limits = { stepTimeout, signal };
  try {
    let last: Opening | StepResult = await within(limits, (stop) =>
      episode.reset(task, { seed, signal: stop }),
    );
    for (const [i, action] of said.entries()) {
      await checkTold(last, told[i], i);
      last = await within(limits, (stop) => episode.step(action, { signal: stop }));
    }
    return last;
  } finally {
    if (episode.close) await within(limits, async () => episode.close?.()).catch(() => {}); // it was judged
  }
}

/** @throws {Error} if the environment does not say again what was said. */
async function checkTold(
  said: Opening | StepResult,
  told: string | undefined,
  attempt: number,
): Promise<void> {
  if (told === (await shownHash(said))) return;
  const what = attempt === 0 ? 'opening' : `answer to attempt ${attempt}`;
  throw new Error(
    `workers: the environment's ${what} was another one when the episode was gone through again to judge attempt ${attempt + 1}. What workers judge must depend on task, seed and attempts alone; leave --workers out, or let them play (--workers without --rollouts).`,
  );
}

async function score(
  { rubric }: Environment<object>,
  { episodes, stepTimeout }: GroupJob,
  signal: AbortSignal,
): Promise<Scores> {
  if (!rubric) throw new UnfitError('worker: the environment here has no rubric.');
  const trajectories = await readTrajectoryLines(episodes);
  const completions = trajectories.map(lastSaid);
  const rows = trajectories.map(({ task }) => task.data as object); // tasks are objects
  return within({ stepTimeout, signal }, (stop) =>
    rubric.score(completions, rows, { signal: stop, trajectories }),
  );
}

const lastSaid = ({ segments }: Trajectory): string =>
  segments.findLast(({ kind }) => kind === 'policy')!.text; // only such are scored

/** As a step of `collect`: what takes longer is given up, with the same words. */
async function within<T>(
  { stepTimeout, signal }: { stepTimeout: number; signal: AbortSignal },
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const own = new AbortController();
  const stop = (): void => own.abort(signal.reason);
  const late = new EfEnvError('timeout', `collect: a step took longer than ${stepTimeout} ms.`);
  const timer = setTimeout(() => own.abort(late), stepTimeout);
  const cut = new Promise<never>((_, reject) => {
    own.signal.addEventListener('abort', () => reject(own.signal.reason as Error), { once: true });
  });
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([call(own.signal), cut]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}
