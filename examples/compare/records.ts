import { join } from 'node:path';
import { exists } from '../trainer/base/exists.ts';
import { readLines } from '../trainer/harness/linesFile.ts';
import type { Measured } from './measure.ts';
import type { Spent } from './runPlan.ts';

/** One arm of one seed, finished. */
export interface ArmRecord extends Measured, Spent {
  id: string;
  plan: string;
  domain: string;
  model: string;
  seed: number;
  learningRate: number;
  /** Of GRPO behind the method's own stage, where this arm has it. */
  grpoLearningRate?: number | undefined;
}

/** One learning rate of one method, tried on the validation tasks. */
export interface RateRecord {
  plan: string;
  domain: string;
  model: string;
  learningRate: number;
  /** Of GRPO behind the method's own stage, whether or not there is one. */
  grpoLearningRate: number;
  /** Of the last stage, at temperature 1; 0 where the run diverged. */
  accuracy: number;
}

export const armsFile = (out: string): string => join(out, 'arms.jsonl');
export const ratesFile = (out: string): string => join(out, 'rates.jsonl');

/** What is there already. */
export const readRecords = async <Row>(file: string): Promise<Row[]> =>
  (await exists(file)) ? readLines<Row>(file) : [];
