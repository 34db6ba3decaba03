import { join } from 'node:path';
import { loadAdapter } from '@molrl/qwen3';
import type { TrainerSettings } from './config/schema.ts';
import { openControl } from './control/openControl.ts';
import { openGame } from './games/openGame.ts';
import { readSftRows } from './games/sftRows.ts';
import { engineWords, openEngine, withTiles } from './harness/openEngine.ts';
import { otherEngine } from './harness/otherEngine.ts';
import { onReaderGone } from './harness/outputPipe.ts';
import { createProgress } from './harness/progress.ts';
import { replaceFile } from './harness/replaceFile.ts';
import type { RunState } from './harness/runState.ts';
import { onStopSignals } from './harness/stopSignals.ts';
import { readLearner } from './method/learnerWeights.ts';
import { loadLearner } from './method/loadLearner.ts';
import { checkExport, exportModel, usualExport } from './model/exportModel.ts';
import { SHIPPED_MODEL } from './model/findModel.ts';
import { readGeneralText } from './model/generalText.ts';
import { modelCard } from './model/modelCard.ts';
import { playRun, shapeOf } from './playRun.ts';
import { openEngineElsewhere } from './remote/openEngineElsewhere.ts';
import { openRollouts } from './remote/openRollouts.ts';
import { versionedEpisodes } from './remote/versionedEpisodes.ts';
import { beforeRun } from './seeing/doctor/beforeRun.ts';
import { CHECKS_BEFORE, findings } from './seeing/doctor/checks.ts';
import { memoryInWords } from './seeing/doctor/memoryInWords.ts';
import { readRun } from './seeing/readRun.ts';
import { renderReport } from './seeing/report/report.ts';
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
  const { out, given, found, threads, control: port } = checked;
  const stop = new AbortController();
  onReaderGone(() => stop.abort(new Error('EPIPE')));
  const { device: name, kernels, tiles } = checked.settings;
  const device = await openEngine({ device: name, threads, kernels, tiles });
  const settings = withTiles(checked.settings, device);
  if (found) found.settings = settings;
  const { model = SHIPPED_MODEL, format, lora, gradientCheckpointing } = settings;
  const progress = createProgress();
  const tell = (words: string): void => progress.line(words);
  const rollouts = await openRollouts({ settings, out, say: tell, signal: stop.signal });
  const remote = await openEngineElsewhere(settings);
  const { sampler } = remote ?? rollouts ?? {};
  const elsewhere = remote?.elsewhere;
  const asked = { model, format, lora, gradientCheckpointing, sampler, elsewhere };
  const loaded = await loadLearner(asked);
  const kinds = settings.export ?? usualExport(lora !== undefined);
  checkExport(loaded, kinds);
  const game = await openGame(settings);
  const there = rollouts ? versionedEpisodes(loaded, rollouts) : loaded.episodes;
  const sampled = rollouts || remote ? there : undefined;
  const workers = await openWorkers({
    ...{ settings, learner: loaded, game, device, out, sampled, say: tell },
  });
  const learner = { ...loaded, episodes: workers?.episodes ?? there };
  const text = await readGeneralText(settings, learner, out);
  const sftRows = await readSftRows(settings, learner, game);

  const meaning = otherEngine(found?.library, device.library);
  if (meaning !== undefined) say(`--resume: ${meaning}.`);
  say(shapeOf(settings, learner));
  if (learner.chat.doubt !== undefined) say(`Careful: ${learner.chat.doubt}`);
  say(`${engineWords(device)}. Writing to ${out}`);
  if (remote) say(`engine: Tinker API at ${remote.facts.url}, model ${remote.facts.model}`);
  if (rollouts)
    say(`rollouts: ${rollouts.engine.name} ${rollouts.engine.version} at ${rollouts.engine.url}`);
  onStopSignals(stop, tell);
  const leave = async (): Promise<void> => {
    for (const one of [rollouts, workers, remote])
      await one?.close().catch((error: Error) => say(`Careful: ${error.message}`)); // what was trained is saved
  };
  const state = await playRun({
    ...{ settings, given, out, found, device, learner, game, text, sftRows, progress },
    fresh: () => readLearner(learner),
    control: await openControl(port, tell),
    signal: stop.signal,
    again: `npm run train -- --out ${out} --resume`,
    elsewhere: () => ({
      ...{ remote: remote?.facts, rollouts: rollouts?.engine },
      workers: workers?.facts(), // who did what so far
    }),
    beforeStart: async () => {
      const facts = await beforeRun({ settings, learner, game, sftRows });
      say(memoryInWords(facts.memory));
      for (const { sentence } of findings(CHECKS_BEFORE, facts)) say(`doctor: ${sentence}`);
    },
    afterStages: async () => {
      await remote?.elsewhere.fetchAdapter(join(out, 'adapter'));
    },
  }).finally(leave);
  if (!state) return;
  process.exitCode = 0; // a signal that came after the last stage stopped nothing
  if (remote) await loadAdapter(learner.model, join(out, 'adapter')); // what is written below is of the model here
  await game.close?.();
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
