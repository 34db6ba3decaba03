import { join } from 'node:path';
import type { Control } from '../control/control.ts';
import type { Game } from '../games/game.ts';
import type { Learner, Sequence } from '../method/learner.ts';
import { trackedRow } from '../seeing/tracking/trackedRow.ts';
import type { Tracker } from '../seeing/tracking/tracker.ts';
import type { CompletionRow } from './completionRows.ts';
import { type LinesFile, openLinesFile } from './linesFile.ts';
import { type MetricsLog, openMetricsLog } from './metricsLog.ts';
import type { MetricsRow } from './metricsRow.ts';
import type { Progress } from './progress.ts';
import { type RunState, writeRunState } from './runState.ts';

/** Text of the world outside the tasks, as tokens. */
export interface GeneralText {
  train: readonly number[];
  heldOut: readonly number[];
}

/** One run: what it has, where it writes, how it is stopped. */
export interface Run {
  learner: Learner;
  game: Game;
  text: GeneralText;
  /** Rows of the stage `sft`. */
  sftRows: readonly Sequence[];
  out: string;
  /** Continued in place; written every `saveSteps` updates and after each stage. */
  state: RunState;
  metrics: MetricsLog;
  /** A few completions of every update. */
  completions: LinesFile<CompletionRow>;
  /** Whoever else shows the metrics. */
  tracker: Tracker;
  progress: Progress;
  /** Wishes of a person, between updates. */
  control: Control;
  /** Writes run.json as the run is now. */
  describe(): Promise<void>;
  /** After each stage, before it counts as ended: after a crash it may be called again. */
  afterStage?: ((run: Run) => Promise<void>) | undefined;
  signal: AbortSignal;
  /** The command that goes on with the run. */
  again: string;
}

export const metricsFile = (out: string): string => join(out, 'metrics.jsonl');
export const trajectoriesFile = (out: string): string => join(out, 'trajectories.jsonl');
export const completionsFile = (out: string): string => join(out, 'completions.jsonl');

/** Opens what a run writes to; lines of updates that will be repeated are cut off. */
export function openRun(parts: Omit<Run, 'metrics' | 'completions'>): Run {
  const { out, state, tracker } = parts;
  const track = (row: MetricsRow): void => {
    const { step, scalars } = trackedRow(state.settings, row);
    tracker.log(step, scalars);
  };
  return {
    ...parts,
    metrics: openMetricsLog(metricsFile(out), state.bytes.metrics, track),
    completions: openLinesFile(completionsFile(out), state.bytes.completions),
  };
}

export async function saveRun({ out, state, metrics, completions }: Run): Promise<void> {
  state.bytes = { metrics: metrics.flush(), completions: completions.flush() };
  await writeRunState(out, state);
}

/** Takes back rows and evaluations of updates that will be made again. */
export function forgetUnsaved({ state, metrics, completions }: Run): void {
  metrics.cut(state.bytes.metrics);
  completions.cut(state.bytes.completions);
  const { stage, progress } = state;
  state.evaluations = state.evaluations.filter(
    (row) => row.stage !== stage || row.step <= (progress?.step ?? 0),
  );
}

/** Name of the stage at work in files and progress: its place and its name. */
export const stageLabel = ({ settings, stage }: RunState): string =>
  `${stage + 1}-${settings.stages[stage]}`;
