import { join } from 'node:path';
import { exists } from '../trainer/base/exists.ts';
import { checkSettings } from '../trainer/config/checkSettings.ts';
import type { TrainerSettings } from '../trainer/config/schema.ts';
import { createControl } from '../trainer/control/control.ts';
import { openGame } from '../trainer/games/openGame.ts';
import { type Engine, engineWords, openEngine, withTiles } from '../trainer/harness/openEngine.ts';
import { otherEngine } from '../trainer/harness/otherEngine.ts';
import { onReaderGone } from '../trainer/harness/outputPipe.ts';
import { createProgress } from '../trainer/harness/progress.ts';
import type { Run } from '../trainer/harness/run.ts';
import { makeRunFolder } from '../trainer/harness/runFolder.ts';
import { listCheckpoints, type RunState, readRunState } from '../trainer/harness/runState.ts';
import { onStopSignals } from '../trainer/harness/stopSignals.ts';
import type { Learner } from '../trainer/method/learner.ts';
import { readLearner } from '../trainer/method/learnerWeights.ts';
import { loadLearner } from '../trainer/method/loadLearner.ts';
import type { Weights } from '../trainer/method/weights.ts';
import { saveWhole } from '../trainer/model/exportModel.ts';
import { SHIPPED_MODEL } from '../trainer/model/findModel.ts';
import { readGeneralText } from '../trainer/model/generalText.ts';
import { playRun, shapeOf } from '../trainer/playRun.ts';
import { type Course, coursesOf } from './courses.ts';
import { type Job, writeJob } from './job.ts';
import type { Options, Settings } from './options.ts';
import { writeResults } from './writeResults.ts';

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** From a model to the table of its arms: the job begins, or goes on where it stopped. */
export async function wholeJob({ out, quick, threads }: Options, job: Job): Promise<void> {
  const stop = new AbortController();
  // Nobody reads on: no failure, and npm would print one for another exit code. The run is saved.
  onReaderGone(() => stop.abort(new Error('EPIPE')));
  const { settings } = job;
  const { device: name, kernels, model = SHIPPED_MODEL, lora } = settings;
  const device = await openEngine({ device: name, threads, kernels, tiles: job.tiles });
  refuseOtherEngine(job.library, device.library);
  let tell = say;
  onStopSignals(stop, (text) => tell(text));
  await writeJob(out, { settings, library: device.library, tiles: device.tiles });
  const learner = await loadLearner({
    ...{ model, format: 'recipe' },
    lora: lora === undefined ? undefined : { r: lora },
  });
  const fresh = await readLearner(learner);
  if (quick) {
    say(
      `--quick: ${settings.arm.length} arms, ${settings.updates} + ${settings.grpoUpdates} updates, ${settings.evalTasks} tasks a cell. A first look: leave it out for the full comparison.`,
    );
  }
  say(`MoL-RL on ${engineWords(device)}. Writing to ${out}`);
  const courses = coursesOf(settings, out);
  const usual = checkSettings(courses[0]!.config); // one arm at least; the runs differ in stages and method only
  const text = await readGeneralText(usual, learner, out);
  const game = await openGame(usual);
  for (const course of courses) {
    if (await exists(join(course.out, 'results.json'))) continue;
    const progress = createProgress();
    tell = progress.line;
    const parts = { device, learner, fresh, text, game, progress, signal: stop.signal };
    const again = `npm start -- --out ${out} --resume`;
    if (!(await playCourse(course, { ...parts, job: settings, out, again }))) return;
  }
  process.exitCode = 0; // a signal that came after the last stage stopped nothing
  await writeResults(out, settings, courses);
}

/** A run is the same wherever it was interrupted: only on the same kernels. */
function refuseOtherEngine(before: string | undefined, now: string): void {
  const meaning = otherEngine(before, now);
  if (meaning === undefined) return;
  throw new Error(
    `--resume: ${meaning}. Continue it on a machine that has ${before} (MOLRL_CPU=v3 or v4 and MOLRL_KERNELS choose), or start a new run in another --out.`,
  );
}

interface CourseParts {
  job: Settings;
  /** The folder of the job. */
  out: string;
  device: Engine;
  learner: Learner;
  /** The base: every run starts from it. */
  fresh: Weights;
  text: Run['text'];
  game: Run['game'];
  progress: Run['progress'];
  signal: AbortSignal;
  again: string;
}

/** A run of the trainer, from its beginning or from its newest checkpoint. */
async function playCourse(course: Course, parts: CourseParts): Promise<RunState | undefined> {
  const { learner, fresh, job, out, ...shared } = parts;
  const found = await foundIn(course.out);
  const settings: TrainerSettings =
    found?.settings ?? checkSettings(withTiles(course.config, parts.device));
  await makeRunFolder(course.out);
  say(`${course.name} (seed ${course.seed}): ${shapeOf(settings, learner)}`);
  return playRun({
    ...{ ...shared, learner, settings, found, out: course.out, given: course.config },
    fresh: () => Promise.resolve(fresh),
    ...{ sftRows: [], control: createControl() },
    async afterStage({ state }) {
      const { stages } = state.settings;
      if (stages[state.stage] !== 'eval') return;
      const before = stages.slice(0, state.stage).filter((stage) => stage === 'eval');
      const arm = course.arms[before.length]!; // one for each evaluation
      if (arm !== 'base' && course.seed === job.seed)
        await saveWhole(learner.model, join(out, 'models', arm));
    },
  });
}

/** The newest whole checkpoint of a run; undefined if it has none yet. */
async function foundIn(out: string): Promise<RunState | undefined> {
  if ((await listCheckpoints(out)).length === 0) return undefined;
  return readRunState(out, (file) => say(`${file} is damaged; going on from the one before.`));
}
