import { join } from 'node:path';
import { loadAdapter } from '@molrl/qwen3';
import type { TrainerSettings } from './config/schema.ts';
import { openControl } from './control/openControl.ts';
import { openGame } from './games/openGame.ts';
import { readSftRows } from './games/sftRows.ts';
import { batchInWords } from './harness/batchInWords.ts';
import { engineWords, openEngine } from './harness/openEngine.ts';
import { otherEngine } from './harness/otherEngine.ts';
import { onReaderGone } from './harness/outputPipe.ts';
import { createProgress } from './harness/progress.ts';
import { replaceFile } from './harness/replaceFile.ts';
import { openRun, saveRun } from './harness/run.ts';
import { runFile, runFileName } from './harness/runFile.ts';
import { runStages } from './harness/runStages.ts';
import type { RunState } from './harness/runState.ts';
import { onStopSignals } from './harness/stopSignals.ts';
import { untilStopped } from './harness/untilStopped.ts';
import type { Learner } from './method/learner.ts';
import { readLearner, trainedHere } from './method/learnerWeights.ts';
import { loadLearner } from './method/loadLearner.ts';
import { checkExport, exportModel, usualExport } from './model/exportModel.ts';
import { SHIPPED_MODEL } from './model/findModel.ts';
import { readGeneralText } from './model/generalText.ts';
import { modelCard } from './model/modelCard.ts';
import { openEngineElsewhere } from './remote/openEngineElsewhere.ts';
import { openRollouts } from './remote/openRollouts.ts';
import { beforeRun } from './seeing/doctor/beforeRun.ts';
import { CHECKS_BEFORE, findings } from './seeing/doctor/checks.ts';
import { memoryInWords } from './seeing/doctor/memoryInWords.ts';
import { readRun } from './seeing/readRun.ts';
import { renderReport } from './seeing/report/report.ts';
import { openTrackers } from './seeing/tracking/openTrackers.ts';
import { openWorkers } from './workers/openWorkers.ts';

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** A run whose settings are checked and whose folder is open. */
export interface CheckedRun {
  out: string;
  /** What the user gave, for `run.json`. */
  given: Record<string, unknown>;
  settings: TrainerSettings;
  /** Where it stopped, if it is to be continued. */
  found: RunState | undefined;
  threads: number | undefined;
  /** Port of the page of live control. */
  control: number | undefined;
}

/** A whole run: the model and the game are opened, the stages played, and what is left is written. */
export async function train(checked: CheckedRun): Promise<void> {
  const { out, given, settings, found, threads, control: port } = checked;
  const stop = new AbortController();
  onReaderGone(() => stop.abort(new Error('EPIPE')));
  const { device: name, kernels } = settings;
  const device = await openEngine({ device: name, threads, kernels });
  const { model = SHIPPED_MODEL, format, lora, gradientCheckpointing } = settings;
  const rollouts = await openRollouts(settings, out);
  const remote = await openEngineElsewhere(settings);
  const { sampler } = remote ?? rollouts ?? {};
  const elsewhere = remote?.elsewhere;
  const asked = { model, format, lora, gradientCheckpointing, sampler, elsewhere };
  const loaded = await loadLearner(asked);
  const kinds = settings.export ?? usualExport(lora !== undefined);
  checkExport(loaded, kinds);
  const game = await openGame(settings);
  const progress = createProgress();
  const tell = (words: string): void => progress.line(words);
  const workers = await openWorkers({ settings, learner: loaded, game, device, out, say: tell });
  const learner = workers ? { ...loaded, episodes: workers.episodes } : loaded;
  const text = await readGeneralText(settings, learner, out);
  const sftRows = await readSftRows(settings, learner, game);
  const state = found ?? (await newState(settings, learner));

  const meaning = otherEngine(state.library, device.library);
  if (meaning !== undefined) say(`--resume: ${meaning}.`);
  state.library = device.library;
  say(shapeOf(settings, learner));
  if (learner.chat.doubt !== undefined) say(`Careful: ${learner.chat.doubt}`);
  say(`${engineWords(device)}. Writing to ${out}`);
  if (remote) say(`engine: Tinker API at ${remote.facts.url}, model ${remote.facts.model}`);
  if (rollouts) say(`rollouts: vLLM ${rollouts.engine.version} at ${rollouts.engine.url}`);
  const describe = (): Promise<void> => {
    const engines = {
      ...{ device, remote: remote?.facts, rollouts: rollouts?.engine },
      workers: workers?.facts(),
    };
    const content = { settings: state.settings, given, learner, game, ...engines };
    return replaceFile(join(out, runFileName), runFile({ ...content, actions: state.actions }));
  };
  await describe();
  if (!found) {
    const facts = await beforeRun({ settings, learner, game, sftRows });
    say(memoryInWords(facts.memory));
    for (const { sentence } of findings(CHECKS_BEFORE, facts)) say(`doctor: ${sentence}`);
  }
  onStopSignals(stop, tell);
  const control = await openControl(port, tell);
  const tracker = openTrackers({ state, out, onFailure: tell });
  const run = openRun({
    ...{ learner, game, text, sftRows, out, state, tracker, progress, control, describe },
    signal: stop.signal,
  });
  if (!found) await saveRun(run);
  const again = `npm run train -- --out ${out} --resume`;
  const { signal } = stop;
  const leave = async (): Promise<void> => {
    if (workers) await describe(); // who did what
    for (const one of [rollouts, workers, remote])
      await one?.close().catch((error: Error) => say(`Careful: ${error.message}`)); // what was trained is saved
  };
  const work = async (): Promise<void> => {
    await runStages(run);
    if (remote) await remote.elsewhere.fetchAdapter(join(out, 'adapter'));
  };
  const ended = await untilStopped(work, { signal, progress, again }).finally(leave);
  if (!ended) return;
  if (remote) await loadAdapter(learner.model, join(out, 'adapter')); // what is written below is of the model here
  await game.close?.();
  const results = {
    evaluations: state.evaluations,
    seconds: state.seconds,
    accuracy: game.accuracy,
  };
  await replaceFile(join(out, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  const { evaluations, seconds } = state;
  const facts = { settings, learner, game, evaluations, seconds, out };
  const written = await exportModel(learner, {
    ...{ out, kinds },
    card: (kind) => modelCard(kind, facts),
  });
  for (const { kind, path } of written) say(`${kind}: ${path}`);
  await replaceFile(join(out, 'report.html'), renderReport([await readRun(out)]));
  say(`Report: ${join(out, 'report.html')}`);
  say(`Figures: ${join(out, 'results.json')}`);
  say(`Next: npm run chat -- ${out}`);
}

async function newState(settings: TrainerSettings, learner: Learner): Promise<RunState> {
  const weights = await readLearner(learner);
  return {
    ...{ settings, stage: 0, weights, evaluations: [], seconds: {}, actions: [] },
    bytes: { metrics: 0, completions: 0 },
  };
}

/** The arithmetic of a batch, in words. */
function shapeOf(
  { stages, grpo }: TrainerSettings,
  learner: Pick<Learner, 'model' | 'elsewhere' | 'tokensPerPass'>,
): string {
  const trained = Object.values(trainedHere(learner)).reduce((sum, { size }) => sum + size, 0);
  const weights = learner.elsewhere
    ? 'weights elsewhere'
    : `${trained.toLocaleString('en-US')} trained weights`;
  const lines = [`stages ${stages.join(' -> ')}; ${weights}`];
  if (stages.includes('grpo')) lines.push(`grpo: ${batchInWords(grpo, learner.tokensPerPass)}`);
  return lines.join('\n');
}
