import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ReportTarget } from '../../config/sections/tracking.ts';
import type { RunState } from '../../harness/runState.ts';
import { childTracker } from './childTracker.ts';
import { tensorboardTracker } from './tensorboardTracker.ts';
import { updatesBefore } from './trackedRow.ts';
import type { TrackedRun, Tracker } from './tracker.ts';

const beside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const OPEN: Record<Exclude<ReportTarget, 'none'>, (run: TrackedRun) => Tracker> = {
  tensorboard: tensorboardTracker,
  wandb: (run) =>
    childTracker([process.execPath, ...process.execArgv, beside('wandbChild.ts')], { run }),
  trackio: (run) =>
    childTracker([process.env.MOLRL_PYTHON ?? 'python3', beside('trackioChild.py')], { run }),
};

export interface OpenTrackersOptions {
  /** Where the run is. */
  state: Pick<RunState, 'settings' | 'stage' | 'progress'>;
  out: string;
  /** Tells once why a tracker was given up. */
  onFailure(sentence: string): void;
}

/** All trackers of a run as one that never fails. */
export function openTrackers({ state, out, onFailure }: OpenTrackersOptions): Tracker {
  const { settings, stage, progress } = state;
  const folder = resolve(out);
  const started = statSync(folder).birthtimeMs;
  const run: TrackedRun = {
    done: updatesBefore(settings, stage) + (progress?.step ?? 0),
    ...{ out, config: settings, project: settings.project },
    name: settings.runName ?? basename(folder),
    id: createHash('sha256').update(`${folder} ${started}`).digest('hex').slice(0, 12),
  };
  const names = settings.reportTo.filter((name) => name !== 'none');
  const trackers = names.map((name) =>
    forgiving(
      () => OPEN[name](run),
      (error) => onFailure(`--report-to ${name}: ${error.message}. The run goes on without it.`),
    ),
  );
  return {
    log: (step, scalars) => {
      for (const tracker of trackers) tracker.log(step, scalars);
    },
    close: async () => {
      await Promise.all(trackers.map((tracker) => tracker.close()));
    },
  };
}

/** A tracker that is left out from its first failure on, of which is told once. */
export function forgiving(open: () => Tracker, onFailure: (error: Error) => void): Tracker {
  let tracker: Tracker | undefined;
  const giveUp = (error: unknown): void => {
    tracker = undefined;
    onFailure(error as Error); // file system, child processes
  };
  const attempt = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      giveUp(error);
    }
  };
  attempt(() => {
    tracker = open();
  });
  return {
    log: (step, scalars) => attempt(() => tracker?.log(step, scalars)),
    close: async () => {
      await tracker?.close().catch(giveUp);
      tracker = undefined;
    },
  };
}
