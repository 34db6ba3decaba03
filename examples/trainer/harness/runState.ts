import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
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
  /** Kernels that computed it last, e.g. `kernels-v3.so`. */
  library?: string | undefined;
  /** Lengths of the files of lines: what stands after belongs to updates that will be repeated. */
  bytes: { metrics: number; completions: number };
}

const folderOf = (out: string): string => join(out, 'checkpoints');
const PATTERN = /^checkpoint-(\d+)-(\d+)\.bin$/;

/** Checkpoints of a run, the newest first: by stage, then by update. */
export async function listCheckpoints(out: string): Promise<string[]> {
  const names = await readdir(folderOf(out)).catch(() => []); // none yet
  return names
    .flatMap((name) => {
      const match = PATTERN.exec(name);
      return match ? [{ name, place: Number(match[1]) * 2 ** 32 + Number(match[2]) }] : [];
    })
    .sort((a, b) => b.place - a.place)
    .map(({ name }) => join(folderOf(out), name));
}

/** Writes a checkpoint of its own name, then removes all but the newest `saveTotalLimit`. */
export async function writeRunState(out: string, state: RunState): Promise<void> {
  const { weights, progress, ...rest } = state;
  const groups: Record<string, Moments> = { weights };
  if (progress) {
    groups.trained = progress.weights;
    groups.moments = progress.moments;
  }
  const position = progress && {
    step: progress.step,
    optimizerStep: progress.optimizerStep,
    random: progress.random,
  };
  const content = encodeState({ header: { ...rest, progress: position }, groups });
  await mkdir(folderOf(out), { recursive: true });
  const name = `checkpoint-${state.stage}-${progress?.step ?? 0}.bin`;
  await replaceFile(join(folderOf(out), name), content);
  const old = (await listCheckpoints(out)).slice(state.settings.saveTotalLimit);
  await Promise.all(old.map((file) => rm(file, { force: true })));
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
    const saved = await readState(file);
    if (!saved) {
      onDamaged(file);
      continue;
    }
    const { header, groups } = saved;
    const { progress, ...rest } = header as unknown as Omit<RunState, 'weights'>; // written above
    const { weights = {}, trained = {}, moments = {} } = groups;
    return {
      ...rest,
      weights: weights as Weights, // written above
      progress: progress && { ...progress, weights: trained as Weights, moments },
    };
  }
  throw new Error(
    `--resume: ${folderOf(out)} holds no whole checkpoint. Give the --out folder of an interrupted run, or leave --resume out to start one.`,
  );
}
