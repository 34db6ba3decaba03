import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exists } from '../trainer/base/exists.ts';
import { readLines } from '../trainer/harness/linesFile.ts';
import type { MetricsRow } from '../trainer/harness/metricsRow.ts';
import { type Ended, type RunOptions, runProgram } from './runProgram.ts';
import { withoutTimes } from './withoutTimes.ts';

const program = fileURLToPath(new URL('../trainer/main.ts', import.meta.url));

/** Runs the trainer as its own process. */
export const train = (argv: readonly string[], options: RunOptions = {}): Promise<Ended> =>
  runProgram(program, argv, options);

/** Small, but through every stage that plays or teaches. */
export const SMALL_TRAINING: readonly string[] = [
  ...['--env', 'codewords', '--stages', 'collect,mol,grpo,eval', '--lora', '4', '--seed', '3'],
  ...['--episodes', '12', '--max-turns', '2', '--mol.updates', '3', '--grpo.updates', '3'],
  ...['--prompts', '4', '--num-generations', '4', '--max-completion-length', '40'],
  ...['--tasks', '4', '--save-steps', '1', '--micro-batch-size', '6', '--general-kl', '2'],
];

/** What must be the same in two runs with the same settings: all but times. */
export async function outcome(out: string): Promise<Record<string, unknown>> {
  const text = (name: string): Promise<string> => readFile(join(out, name), 'utf8');
  const rows = await readLines<MetricsRow>(join(out, 'metrics.jsonl'));
  const adapter = join(out, 'adapter', 'adapter_model.safetensors');
  const weights = (await exists(adapter)) ? adapter : join(out, 'model', 'model.safetensors');
  return {
    weights: await readFile(weights, 'hex'),
    evaluations: JSON.parse(await text('results.json')).evaluations,
    completions: await text('completions.jsonl'),
    metrics: rows.map(withoutTimes),
  };
}

/** {@link outcome}, short enough to be printed. */
export async function digest(out: string): Promise<Record<string, unknown>> {
  const { weights, completions, ...rest } = await outcome(out);
  const short = (text: unknown) => createHash('sha256').update(String(text)).digest('hex');
  return { ...rest, weights: short(weights), completions: short(completions) };
}
