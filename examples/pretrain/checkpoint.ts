import { join } from 'node:path';
import { exists } from '../trainer/base/exists.ts';
import { replaceFile } from '../trainer/harness/replaceFile.ts';
import { encodeState, readState } from '../trainer/harness/stateFile.ts';
import type { StageState } from '../trainer/method/stage.ts';
import type { Weights } from '../trainer/method/weights.ts';
import type { PretrainSettings } from './settings.ts';

/** What decides the outcome. */
type Fixed = Pick<PretrainSettings, 'size' | 'tokens' | 'seed'>;
const fixedOf = ({ size, tokens, seed }: PretrainSettings): Fixed => ({ size, tokens, seed });

const fileOf = (out: string): string => join(out, 'checkpoint.bin');

/** Where a run is: its stage, and the length of its file of metrics. */
export interface Position {
  stage: StageState;
  metrics: number;
}

/** Writes where the run is; the file appears whole or not at all. */
export async function writeCheckpoint(settings: PretrainSettings, at: Position): Promise<void> {
  const { weights, moments, ...position } = at.stage;
  const header = { settings: fixedOf(settings), position, metrics: at.metrics };
  await replaceFile(fileOf(settings.out), encodeState({ header, groups: { weights, moments } }));
}

/** Where an interrupted run is. @throws {Error} where the folder holds one of other settings, or a damaged file. */
export async function readCheckpoint(settings: PretrainSettings): Promise<Position | undefined> {
  const file = fileOf(settings.out);
  if (!(await exists(file))) return undefined;
  const saved = await readState(file);
  if (!saved) {
    throw new Error(
      `pretrain: ${file} is damaged. Remove it to begin anew, or give another --out.`,
    );
  }
  const {
    settings: own,
    position,
    metrics,
  } = saved.header as unknown as {
    settings: Fixed;
    position: Omit<StageState, 'weights' | 'moments'>;
    metrics: number;
  }; // written above
  const [before, now] = [own, fixedOf(settings)].map((fixed) => JSON.stringify(fixed));
  if (before !== now) {
    throw new Error(
      `pretrain: ${settings.out} holds a run with ${before}, this command has ${now}. Give another --out.`,
    );
  }
  const { weights = {}, moments = {} } = saved.groups;
  return { stage: { ...position, weights: weights as Weights, moments }, metrics }; // weights are float32
}
