import { warn } from '#platform';
import { checkList } from '../base/checkData.ts';
import { EfEnvError } from '../base/errors.ts';
import { readOptions } from '../base/readOptions.ts';
import { type DataRow, type PlacedRow, parseRows } from '../data/parseRows.ts';
import { lastBoxed } from '../judges/maths/extract/findBoxes.ts';
import { gsm8kAnswer } from '../judges/maths/extract/gsm8kAnswer.ts';

export interface BenchmarkProblem {
  id: string;
  problem: string;
  answer: string;
}

/** Problems with reference answers. */
export interface Benchmark {
  name: string;
  problems: BenchmarkProblem[];
}

export interface ReadBenchmarkOptions {
  name: string;
  /** Told when ids are replaced. Default: a warning of the process, or of the console in browsers. */
  onWarning?: ((message: string) => void) | null | undefined;
}

/** Names of the same thing in the files people have, first come first served; capitals do not matter. */
const PROBLEM = ['problem', 'question', 'prompt', 'input'];
const ANSWER = ['answer', 'final_answer', 'expected_answer', 'target', 'ground_truth', 'solution'];
const ID = ['id', 'unique_id', 'problem_idx', 'idx'];

/**
 * Makes a benchmark of rows of yours: MATH-500, AIME, GSM8K and the like under any of the usual names for problem,
 * answer and id. Of an answer that is a whole solution, what follows `####` counts (GSM8K), or the last box. Nothing
 * is downloaded.
 *
 * @param source - Rows, e.g. `await readRows('aime_2024.parquet')`, or the text of a JSONL or JSON file.
 * @returns The problems in their order. A missing id becomes `<name>-<row>`; ids that are not unique all do, with a
 * warning.
 *
 * @throws {EfEnvError} `format` with the row's number if problem or answer is missing or a number beyond 2^53, and for a text that holds no
 * rows; `option` without a name.
 *
 * @example
 * readBenchmark('{"question": "1+1?", "answer": "It is #### 2"}', { name: 'mine' }).problems[0];
 * // { id: 'mine-1', problem: '1+1?', answer: '2' }
 */
export function readBenchmark(
  source: string | readonly DataRow[],
  options: ReadBenchmarkOptions,
): Benchmark {
  const { name, onWarning = warn } = readOptions('readBenchmark', options, {
    name: 'required',
    onWarning: 'optional',
  });
  if (typeof source !== 'string') checkList('readBenchmark', 'rows', source);
  if (typeof name !== 'string') {
    throw new EfEnvError('option', `readBenchmark: name must be a text, got ${typeof name}.`);
  }
  const where = `readBenchmark: '${name}'`;
  if (typeof source === 'string' && !/[[{]/.test(source)) {
    throw new EfEnvError(
      'format',
      `${where} needs rows or the text of a file, got '${source.slice(0, 80)}'. A path: readBenchmark(await readRows(path), ...).`,
    );
  }
  const rows =
    typeof source === 'string'
      ? parseRows(source, where)
      : source.map((row, i): PlacedRow => ({ row, where: `${where}: row ${i + 1}` }));
  const ids = rows.map((placed, i) => field(placed, ID) ?? `${name}-${i + 1}`);
  const unique = new Set(ids).size === ids.length;
  if (!unique) {
    const seen = new Set<string>();
    const twice = ids.find((id) => seen.size === seen.add(id).size);
    onWarning(
      `${where}: the id '${twice}' stands in several rows: every id became ${name}-<row>. Give readRows other columns, or ids of their own.`,
    );
  }
  const problems = rows.map((placed, i) => ({
    id: unique ? ids[i]! : `${name}-${i + 1}`, // one id per row
    problem: needed(placed, PROBLEM),
    answer: bareAnswer(needed(placed, ANSWER)),
  }));
  return { name, problems };
}

function needed({ row, where }: PlacedRow, names: readonly string[]): string {
  const value = field({ row, where }, names);
  if (value !== null) return value;
  throw new EfEnvError(
    'format',
    `${where} needs a text or number in one of ${names.join(', ')}, has ${Object.keys(row).join(', ')}. Rename the column: readRows(file, { columns: { ${names[0]}: ... } }).`,
  );
}

function field({ row, where }: PlacedRow, names: readonly string[]): string | null {
  const columns = new Map(Object.entries(row).map(([name, value]) => [name.toLowerCase(), value]));
  for (const name of names) {
    const value = columns.get(name);
    if (typeof value === 'string' || typeof value === 'bigint') return `${value}`;
    if (typeof value !== 'number') continue;
    if (Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))) {
      return `${value}`;
    }
    throw new EfEnvError(
      'format',
      `${where}: ${name} is ${value}, ${Number.isFinite(value) ? 'beyond 2^53, where numbers lose digits' : 'which is no answer'}. Write it as text.`,
    );
  }
  return null;
}

const bareAnswer = (answer: string): string => gsm8kAnswer(answer) ?? lastBoxed(answer) ?? answer;
