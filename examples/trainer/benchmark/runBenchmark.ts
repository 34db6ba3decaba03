import { readFile } from 'node:fs/promises';
import { type Benchmark, evaluate, type Policy, type PromptPreset } from '@molrl/ef-env';
import { exists } from '../base/exists.ts';
import { type Figure, wilson } from '../base/intervals.ts';
import { replaceFile } from '../harness/replaceFile.ts';

/** What decides a benchmark's result; a file goes on only with the same. */
export interface BenchmarkSettings {
  /** Folder or file of the model, and of its adapter. */
  model: string;
  adapter?: string | undefined;
  /** SHA-256 of the file of problems. */
  problems: string;
  prompt: PromptPreset;
  temperature: number;
  maxTokens: number;
  seed: number;
}

/** One problem's outcome. */
interface Outcome {
  id: string;
  right: boolean;
  /** What was read out of the text; null: no answer was found. */
  answer: string | null;
}

/** What the file holds, after every batch. */
export interface BenchmarkFile {
  benchmark: string;
  settings: BenchmarkSettings;
  /** Share of the problems so far, with its 95 % Wilson interval. */
  accuracy: Figure;
  /** Problems so far without an answer. */
  unparsed: number;
  total: number;
  outcomes: Outcome[];
}

export interface RunBenchmarkOptions {
  settings: BenchmarkSettings;
  /** Where the result goes; an unfinished one is gone on with. */
  out: string;
  /** Problems between two writes. Default 16. */
  batch?: number | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((file: BenchmarkFile) => void) | undefined;
}

/**
 * Asks each problem once and grades it; the file is whole after every batch.
 *
 * @throws {Error} One line if the file is of other settings.
 */
export async function runBenchmark(
  policy: Policy,
  benchmark: Benchmark,
  options: RunBenchmarkOptions,
): Promise<BenchmarkFile> {
  const { settings, out, batch = 16, signal, onProgress } = options;
  const { prompt, temperature, maxTokens, seed } = settings;
  const outcomes = await doneBefore(out, settings);
  const known = new Set(outcomes.map(({ id }) => id));
  const left = benchmark.problems.filter(({ id }) => !known.has(id));
  let file = fileOf(benchmark, settings, outcomes);
  for (let first = 0; first < left.length; first += batch) {
    const problems = left.slice(first, first + batch);
    const asked = { prompt, temperature, maxTokens, seed, signal, batch };
    const { problems: graded } = await evaluate(policy, { ...benchmark, problems }, asked);
    for (const { id, correct, answers } of graded)
      outcomes.push({ id, right: correct[0] === true, answer: answers[0] ?? null });
    file = fileOf(benchmark, settings, outcomes);
    await replaceFile(out, `${JSON.stringify(file, null, 2)}\n`);
    onProgress?.(file);
  }
  return file;
}

function fileOf(
  { name, problems }: Benchmark,
  settings: BenchmarkSettings,
  outcomes: Outcome[],
): BenchmarkFile {
  return {
    ...{ benchmark: name, settings, total: problems.length },
    accuracy: wilson(outcomes.filter(({ right }) => right).length, Math.max(1, outcomes.length)),
    unparsed: outcomes.filter(({ answer }) => answer === null).length,
    outcomes,
  };
}

async function doneBefore(out: string, settings: BenchmarkSettings): Promise<Outcome[]> {
  if (!(await exists(out))) return [];
  const before = JSON.parse(await readFile(out, 'utf8')) as Partial<BenchmarkFile>;
  if (JSON.stringify(before.settings) === JSON.stringify(settings)) return before.outcomes ?? [];
  throw new Error(
    `--out: ${out} holds a result of other settings (${JSON.stringify(before.settings)}). Give another --out, or remove it.`,
  );
}
