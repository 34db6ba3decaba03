import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { dropBestAfter } from '../harness/bestModel.ts';
import { type Run, saveRun, stageLabel } from '../harness/run.ts';
import { checkpointsFolder, listCheckpoints, readCheckpointFile } from '../harness/runState.ts';

/**
 * Puts the run back to an earlier checkpoint: what came after it, changes by hand included, did not happen, so that run.json
 * repeats the run as it is then. Only the list of actions remembers.
 */
export async function goBack(run: Run, checkpoint: string): Promise<void> {
  const { state, out, progress } = run;
  const saved = await readCheckpointFile(join(checkpointsFolder(out), checkpoint));
  if (!saved) throw new Error(`roll back: ${checkpoint} is damaged. The run is as it was.`);
  const from = { stage: stageLabel(state), step: state.progress?.step ?? 0 };
  const { actions } = state;
  Object.assign(state, { progress: undefined }, saved, { actions });
  run.metrics.cut(state.bytes.metrics);
  run.completions.cut(state.bytes.completions);
  const step = state.progress?.step ?? 0;
  await dropBestAfter(out, { stage: state.stage, step });
  const files = await listCheckpoints(out);
  const newer = files.slice(
    0,
    files.findIndex((file) => basename(file) === checkpoint),
  );
  await Promise.all(newer.map((file) => rm(file, { force: true })));
  const what = `back to ${checkpoint} from ${from.stage}`;
  actions.push({ at: new Date().toISOString(), stage: stageLabel(state), step, what });
  progress.line(`by hand: ${what}; goes on after ${stageLabel(state)} ${step}`);
  await saveRun(run);
  await run.describe();
}
