import type { StageName, TrainerSettings } from '../../config/schema.ts';

/** What is known before the first update. */
export interface BeforeRun {
  settings: TrainerSettings;
  /** Trained weights; all weights; longest sequence that the model was made for. */
  model: { trained: number; parameters: number; contextLength: number };
  /** Prompts of tasks that will be trained on: the text that ends them, and all their tokens. */
  prompts: readonly { text: string; tokens: number }[];
  /** What tells tasks apart, of those that are trained on and of those held out. */
  trainTasks: readonly string[];
  heldOutTasks: readonly string[];
  /** Tokens of the chat format that the tokenizer does not have as one token. */
  missingTokens: readonly string[];
  /** Bytes that the run will need at its peak, and those that the machine has. */
  memory: { needed: number; there: number; parts: Readonly<Record<string, number>> };
}

/** Metrics of one update or evaluation, as in metrics.jsonl. */
export type Metrics = Readonly<Record<string, number | string>>;

/** What is known while a stage runs. */
export interface DuringRun {
  settings: TrainerSettings;
  stage: StageName;
  /** Updates of this stage, the newest last. */
  updates: readonly Metrics[];
  /** Evaluations since the first update of this stage, the newest last. */
  evaluations: readonly Metrics[];
}

/** A plain sentence with its fix; undefined: nothing to say. */
export type Check<Facts> = (facts: Facts) => string | undefined;

/** A metric as a number, undefined where it was not measured or is NaN (JSON has null for it). */
export function metric(row: Metrics | undefined, name: string): number | undefined {
  const value = row?.[name];
  return typeof value === 'number' && !Number.isNaN(value) ? value : undefined;
}

/** The first rows that a check asks about: of thousands none is read that is not needed. */
export function firstThat(
  rows: Iterable<Metrics>,
  isWanted: (row: Metrics) => boolean,
  count: number,
): Metrics[] {
  const found: Metrics[] = [];
  for (const row of rows) {
    if (isWanted(row)) found.push(row);
    if (found.length === count) break;
  }
  return found;
}
