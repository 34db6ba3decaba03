import { join } from 'node:path';
import { exists } from '../../trainer/base/exists.ts';
import { replaceFile } from '../../trainer/harness/replaceFile.ts';
import { encodeState, readState, type SavedState } from '../../trainer/harness/stateFile.ts';
import type { StageState } from '../../trainer/method/stage.ts';
import type { Moments, Weights } from '../../trainer/method/weights.ts';
import type { Evaluation } from '../domain/evaluate.ts';
import type { Settings } from './options.ts';

/** The position of a whole run. */
export interface Checkpoint {
  settings: Settings;
  /** Finished arms by `seed/arm`. */
  evaluations: Record<string, Evaluation>;
  /** Time spent by `seed/stage`, seconds. */
  seconds: Record<string, number>;
  /** Largest difference between the sampler's and the trainer's log-probs so far. */
  mismatch: number;
  /** Weights after stage 1 by `seed/method`, while other arms still start from them. */
  taught: Record<string, Weights>;
  /** The stage that was running, or the last one that ended. */
  stage?: { name: string; state: StageState } | undefined;
  /** Kernels that compute the run, e.g. `kernels-v3.so`: with others it would not be the same run, bit for bit. */
  library?: string | undefined;
  /** Length of metrics.jsonl: lines after it belong to updates that will be repeated. */
  metricsBytes: number;
}

export const checkpointFile = (out: string): string => join(out, 'checkpoint.bin');
const previousFile = (out: string): string => join(out, 'checkpoint.previous.bin');

/** True if a run left a checkpoint in this folder. */
export async function hasCheckpoint(out: string): Promise<boolean> {
  return (await exists(checkpointFile(out))) || exists(previousFile(out));
}

/**
 * Writes a checkpoint: a temporary file, flushed to disk, then renamed. The one before is kept as
 * `checkpoint.previous.bin`. A crash or a full disk at any moment leaves a whole checkpoint behind.
 */
export async function writeCheckpoint(out: string, checkpoint: Checkpoint): Promise<void> {
  const { taught, stage, ...rest } = checkpoint;
  const groups: Record<string, Moments> = {};
  for (const [name, weights] of Object.entries(taught)) groups[`taught|${name}`] = weights;
  const { weights, moments, ...position } = stage?.state ?? {};
  if (weights && moments)
    Object.assign(groups, { 'stage|weights': weights, 'stage|moments': moments });
  const header = { ...rest, stage: stage && { name: stage.name, ...position } };
  const content = encodeState({ header, groups });
  await replaceFile(checkpointFile(out), content, previousFile(out));
}

/**
 * Reads the newest whole checkpoint of a run.
 *
 * @throws {Error} One line: there is none, or it is damaged and which file still is not.
 */
export async function readCheckpoint(out: string): Promise<Checkpoint> {
  // Between its two renames a run that was killed has only the previous one.
  const file = (await exists(checkpointFile(out))) ? checkpointFile(out) : previousFile(out);
  if (!(await exists(file))) {
    throw new Error(
      `--resume: ${checkpointFile(out)} does not exist. Give the --out folder of an interrupted run, or leave --resume out to start one.`,
    );
  }
  const state = await readState(file);
  if (state) return decode(state);
  const previous = previousFile(out);
  const advice =
    file !== previous && (await exists(previous))
      ? `The one before is kept: mv '${previous}' '${file}' and --resume again.`
      : 'There is none before it: start anew with another --out.';
  throw new Error(
    `--resume: ${file} is corrupt (its checksum does not match its content). ${advice}`,
  );
}

type Header = Omit<Checkpoint, 'taught' | 'stage'> & {
  stage?: Omit<StageState, 'weights' | 'moments'> & { name: string };
};

function decode({ header, groups }: SavedState): Checkpoint {
  const taught: Record<string, Weights> = {};
  for (const [name, weights] of Object.entries(groups)) {
    if (name.startsWith('taught|')) taught[name.slice('taught|'.length)] = weights as Weights; // float32 was written
  }
  const { stage, ...rest } = header as unknown as Header; // written by writeCheckpoint
  if (!stage) return { ...rest, taught };
  const { name, ...position } = stage;
  const weights = (groups['stage|weights'] ?? {}) as Weights; // float32 was written
  const moments = groups['stage|moments'] ?? {};
  return { ...rest, taught, stage: { name, state: { ...position, weights, moments } } };
}
