import { join } from 'node:path';
import type { TrainerSettings } from './config/schema.ts';
import type { Control } from './control/control.ts';
import type { Game } from './games/game.ts';
import { batchInWords } from './harness/batchInWords.ts';
import type { Engine } from './harness/openEngine.ts';
import type { Progress } from './harness/progress.ts';
import { replaceFile } from './harness/replaceFile.ts';
import { type GeneralText, openRun, type Run, saveRun } from './harness/run.ts';
import { type ElsewhereFacts, runFile, runFileName } from './harness/runFile.ts';
import { runStages } from './harness/runStages.ts';
import type { RunState } from './harness/runState.ts';
import { untilStopped } from './harness/untilStopped.ts';
import type { Learner, Sequence } from './method/learner.ts';
import { trainedHere } from './method/learnerWeights.ts';
import type { Weights } from './method/weights.ts';
import { openTrackers } from './seeing/tracking/openTrackers.ts';

/** Everything that a run needs, opened: several runs of one process share most of it. */
export interface RunParts {
  settings: TrainerSettings;
  /** What the user gave, for `run.json`. */
  given: Record<string, unknown>;
  /** The folder of the run. */
  out: string;
  /** Where it stopped, if it is to be continued. */
  found: RunState | undefined;
  /** What a new run starts from. */
  fresh: () => Promise<Weights>;
  device: Engine;
  learner: Learner;
  game: Game;
  text: GeneralText;
  sftRows: readonly Sequence[];
  progress: Progress;
  control: Control;
  signal: AbortSignal;
  /** The command that goes on with the run. */
  again: string;
  /** Engines elsewhere, for `run.json`. */
  elsewhere?: (() => ElsewhereFacts) | undefined;
  /** Before a new run begins. */
  beforeStart?: (() => Promise<void>) | undefined;
  afterStage?: Run['afterStage'];
  /** After the last stage, before the results. */
  afterStages?: (() => Promise<void>) | undefined;
}

/**
 * Plays the stages of a run that are still to come, and writes `run.json` and `results.json`.
 *
 * @returns The state at its end; undefined if it was stopped and saved.
 */
export async function playRun(parts: RunParts): Promise<RunState | undefined> {
  const { settings, given, out, found, fresh, device, learner, game, progress, signal } = parts;
  const state = found ?? newState(settings, await fresh());
  state.library = device.library;
  const describe = (): Promise<void> => {
    const { settings, actions } = state;
    const content = { settings, given, learner, game, device, actions, ...parts.elsewhere?.() };
    return replaceFile(join(out, runFileName), runFile(content));
  };
  await describe();
  if (!found) await parts.beforeStart?.();
  const tracker = openTrackers({ state, out, onFailure: progress.line });
  const run = openRun({ ...parts, state, tracker, describe });
  if (!found) await saveRun(run);
  const { again } = parts;
  const work = async (): Promise<void> => {
    await runStages(run);
    await parts.afterStages?.();
  };
  const ended = await untilStopped(work, { signal, progress, again }).finally(async () => {
    if (parts.elsewhere) await describe(); // who did what
  });
  if (!ended) return undefined;
  const { evaluations, seconds } = state;
  const results = { evaluations, seconds, accuracy: game.accuracy };
  await replaceFile(join(out, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  return state;
}

const newState = (settings: TrainerSettings, weights: Weights): RunState => ({
  ...{ settings, stage: 0, weights, evaluations: [], seconds: {}, actions: [] },
  bytes: { metrics: 0, completions: 0 },
});

/** The stages and the arithmetic of a batch, in words. */
export function shapeOf(
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
