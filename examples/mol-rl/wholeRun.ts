import { join } from 'node:path';
import { readTrajectories } from '@molrl/ef-env';
import { readLines } from '../trainer/harness/linesFile.ts';
import { engineWords, openEngine } from '../trainer/harness/openEngine.ts';
import { otherEngine } from '../trainer/harness/otherEngine.ts';
import { onReaderGone } from '../trainer/harness/outputPipe.ts';
import { createProgress } from '../trainer/harness/progress.ts';
import { replaceFile } from '../trainer/harness/replaceFile.ts';
import { onStopSignals } from '../trainer/harness/stopSignals.ts';
import { untilStopped } from '../trainer/harness/untilStopped.ts';
import { loadLearner } from '../trainer/method/loadLearner.ts';
import { SHIPPED_MODEL } from '../trainer/model/findModel.ts';
import { readGeneralText } from './domain/generalText.ts';
import { type Checkpoint, writeCheckpoint } from './harness/checkpoint.ts';
import type { MetricsRow } from './harness/metricsRow.ts';
import type { Options } from './harness/options.ts';
import { renderReport } from './harness/report.ts';
import { consoleTable, summarize } from './harness/results.ts';
import { openRun, runArms } from './harness/run.ts';
import { type RunFacts, runFacts } from './harness/runFacts.ts';
import { metricsFile, trajectoriesFile } from './harness/runFiles.ts';

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** From a model to the table of its arms: the run that `checkpoint` begins or goes on with. */
export async function wholeRun(options: Options, checkpoint: Checkpoint): Promise<void> {
  const stop = new AbortController();
  // Nobody reads on: no failure, and npm would print one for another exit code. The run is saved.
  onReaderGone(() => stop.abort(new Error('EPIPE')));
  const { out } = options;
  const { settings } = checkpoint;
  const { device: name, kernels } = settings;
  const device = await openEngine({ device: name, threads: options.threads, kernels });
  refuseOtherEngine(checkpoint.library, device.library);
  checkpoint.library = device.library;
  const learner = await loadLearner({
    model: settings.model ?? SHIPPED_MODEL,
    format: 'recipe',
    lora: settings.lora === undefined ? undefined : { r: settings.lora },
  });
  const text = await readGeneralText(learner.tokenizer);
  if (options.quick) {
    say(
      `--quick: ${settings.arm.length} arms, ${settings.updates} + ${settings.grpoUpdates} updates, ${settings.evalTasks} tasks a cell. A first look: leave it out for the full comparison.`,
    );
  }
  say(`MoL-RL on ${engineWords(device)}. Writing to ${out}`);
  await writeCheckpoint(out, checkpoint);

  const progress = createProgress();
  const run = openRun({ learner, text, out, checkpoint, progress, signal: stop.signal });
  onStopSignals(stop, (text) => progress.line(text));
  const again = `npm start -- --out ${out} --resume`;
  const { signal } = stop;
  if (!(await untilStopped(() => runArms(run), { signal, progress, again }))) return;
  await writeResults(out, checkpoint, runFacts(settings, learner, device));
}

/** A run is the same wherever it was interrupted: only on the same kernels. */
function refuseOtherEngine(before: string | undefined, now: string): void {
  const meaning = otherEngine(before, now);
  if (meaning === undefined) return;
  throw new Error(
    `--resume: ${meaning}. Continue it on a machine that has ${before} (MOLRL_CPU=v3 or v4 and MOLRL_KERNELS choose), or start a new run in another --out.`,
  );
}

async function writeResults(out: string, checkpoint: Checkpoint, facts: RunFacts): Promise<void> {
  const results = summarize(checkpoint);
  const metrics = await readLines<MetricsRow>(metricsFile(out));
  const episodes = await readTrajectories(trajectoriesFile(out)).catch(() => []); // no arm needed any
  const talkative = [...episodes].sort((a, b) => b.segments.length - a.segments.length).slice(0, 5);
  await replaceFile(join(out, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  await replaceFile(
    join(out, 'report.html'),
    renderReport({ checkpoint, results, metrics, episodes: talkative, facts }),
  );
  say('');
  say(consoleTable(results.arms));
  const { seeds, evalTasks, split } = checkpoint.settings;
  const interval = seeds === 1 ? 'Wilson over tasks, t over text windows' : `t over ${seeds} seeds`;
  say(
    `[95 % interval: ${interval}; ${evalTasks} tasks a cell, held-out ${split} half, no feedback]`,
  );
  say(`Largest sampler/trainer log-prob difference: ${results.mismatch.max.toExponential(1)}`);
  for (const [stage, seconds] of Object.entries(checkpoint.seconds))
    say(`  ${stage.padEnd(28)} ${seconds.toFixed(1)} s`);
  say(`Report: ${join(out, 'report.html')}   Figures: ${join(out, 'results.json')}`);
}
