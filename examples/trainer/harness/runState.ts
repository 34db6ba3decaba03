import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { TrainerSettings } from '../config/schema.ts';
import type { Evaluation } from '../method/evaluateGame.ts';
import type { StageState } from '../method/stage.ts';
import type { Moments, Weights } from '../method/weights.ts';
import { replaceFile } from './replaceFile.ts';
import { encodeState, readState } from './stateFile.ts';

/** An evaluation and where in the run it was made. */
export interface EvaluationRow extends Evaluation {
  /** Place of the stage in `settings.stages`. */
  stage: number;
  /** Updates of that stage before it. */
  step: number;
}

/** Something that a person did to the run while it went. */
export interface Action {
  at: string;
  stage: string;
  /** Updates of the stage before it. */
  step: number;
  what: string;
}

/** The position of a run. */
export interface RunState {
  settings: TrainerSettings;
  /** Place of the stage at work; those before it have ended. */
  stage: number;
  /** Trained weights at the start of that stage. */
  weights: Weights;
  /** How far it is; absent at its start. */
  progress?: StageState | undefined;
  evaluations: EvaluationRow[];
  /** Time spent by place and name of a stage, seconds. */
  seconds: Record<string, number>;
  /** What was done by hand, undone things included. */
  actions: Action[];
  /** Kernels that computed it last, e.g. `kernels-v3.so`. */
  library?: string | undefined;
  /** Lengths of the files of lines: what stands after belongs to updates that will be repeated. */
  bytes: { metrics: number; completions: number };
}

export const checkpointsFolder = (out: string): string => join(out, 'checkpoints');
const PATTERN = /^(checkpoint|snapshot)-(\d+)-(\d+)\.bin$/;

/** Checkpoints of a run, the newest first: by stage, then by update. */
export async function listCheckpoints(out: string): Promise<string[]> {
  const names = await readdir(checkpointsFolder(out)).catch(() => []); // none yet
  return names
    .flatMap((name) => {
      const match = PATTERN.exec(name);
      return match ? [{ name, place: Number(match[2]) * 2 ** 32 + Number(match[3]) }] : [];
    })
    .sort((a, b) => b.place - a.place)
    .map(({ name }) => join(checkpointsFolder(out), name));
}

/** Writes a checkpoint of its own name, then removes all but the newest `saveTotalLimit`. */
export async function writeRunState(out: string, state: RunState): Promise<void> {
  await write(out, 'checkpoint', state);
  const all = (await listCheckpoints(out)).filter((file) => !basename(file).startsWith('snapshot'));
  const old = all.slice(state.settings.saveTotalLimit);
  await Promise.all(old.map((file) => rm(file, { force: true })));
}

/** Writes a state that no run goes on from. @returns Its file. */
export const writeEmergency = (out: string, state: RunState): Promise<string> =>
  write(out, 'emergency', state);

/** Writes a checkpoint that stays. @returns Its file. */
export const writeSnapshot = (out: string, state: RunState): Promise<string> =>
  write(out, 'snapshot', state);

async function write(out: string, kind: string, state: RunState): Promise<string> {
  const { weights, progress, ...rest } = state;
  const { weights: trained, moments, ...position } = progress ?? {};
  const groups: Record<string, Moments> = { weights };
  if (trained && moments) Object.assign(groups, { trained, moments });
  const header = { ...rest, progress: progress && position };
  const content = encodeState({ header, groups });
  await mkdir(checkpointsFolder(out), { recursive: true });
  const file = join(checkpointsFolder(out), `${kind}-${state.stage}-${progress?.step ?? 0}.bin`);
  await replaceFile(file, content);
  return file;
}

/**
 * The newest whole checkpoint.
 *
 * @param onDamaged - Told of each newer one whose checksum does not fit.
 * @throws {Error} One line if there is none.
 */
export async function readRunState(
  out: string,
  onDamaged: (file: string) => void,
): Promise<RunState> {
  for (const file of await listCheckpoints(out)) {
    const state = await readCheckpointFile(file);
    if (state) return state;
    onDamaged(file);
  }
  throw new Error(
    `--resume: ${checkpointsFolder(out)} holds no whole checkpoint. Give the --out folder of an interrupted run, or leave --resume out to start one.`,
  );
}

/** @returns Undefined if the file's checksum does not fit. */
export async function readCheckpointFile(file: string): Promise<RunState | undefined> {
  const saved = await readState(file);
  if (!saved) return undefined;
  const { header, groups } = saved;
  const { progress, ...rest } = header as unknown as Omit<RunState, 'weights'>; // written above
  const { weights = {}, trained = {}, moments = {} } = groups as Record<string, Weights>; // moments alone may be bytes
  return { ...rest, weights, progress: progress && { ...progress, weights: trained, moments } };
}
