import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrainerSettings } from '../config/schema.ts';
import type { CompletionRow } from '../harness/completionRows.ts';
import { readLines } from '../harness/linesFile.ts';
import type { MetricsRow } from '../harness/metricsRow.ts';
import { completionsFile, metricsFile } from '../harness/run.ts';
import { runFileName } from '../harness/runFile.ts';
import { type EvaluationRow, readRunState } from '../harness/runState.ts';

/** What a run wrote, whether it has ended or not. */
export interface RunRead {
  folder: string;
  settings: TrainerSettings;
  /** All of run.json. */
  file: RunFileContent;
  metrics: MetricsRow[];
  completions: CompletionRow[];
  evaluations: readonly EvaluationRow[];
  /** Time by place and name of a stage, seconds. */
  seconds: Readonly<Record<string, number>>;
}

/** The parts of run.json that are shown. */
export interface RunFileContent {
  settings: TrainerSettings;
  model: Record<string, unknown>;
  engine: { library: string; kind: string; threads: number };
  versions: Record<string, string>;
  system: string;
  /** How right and wrong are told apart. */
  accuracy: string;
  files: Record<string, string>;
}

/** @throws {Error} One line if the folder holds no run. */
export async function readRun(folder: string): Promise<RunRead> {
  const file = await readFile(join(folder, runFileName), 'utf8').then(
    (text) => JSON.parse(text) as RunFileContent, // written by runFile
    () => undefined,
  );
  if (!file) {
    throw new Error(
      `${folder}: there is no ${runFileName} in it. Give the folder of a run of \`npm run train\`, such as runs/last.`,
    );
  }
  const { evaluations, seconds } = await positionOf(folder);
  return {
    ...{ folder, file, settings: file.settings, evaluations, seconds },
    metrics: await readLines<MetricsRow>(metricsFile(folder)).catch(() => []), // none yet
    completions: await readLines<CompletionRow>(completionsFile(folder)).catch(() => []),
  };
}

/** results.json of a run that ended, else its newest checkpoint. */
async function positionOf(folder: string): Promise<Pick<RunRead, 'evaluations' | 'seconds'>> {
  try {
    return JSON.parse(await readFile(join(folder, 'results.json'), 'utf8')) as RunRead; // both are in it
  } catch {
    return readRunState(folder, () => undefined).catch(() => ({ evaluations: [], seconds: {} }));
  }
}
