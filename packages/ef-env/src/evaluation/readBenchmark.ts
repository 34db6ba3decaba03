import { EfEnvError } from '../errors.ts';
import { lastBoxed } from '../graders/math/findBoxes.ts';
import { gsm8kAnswer } from '../graders/math/gsm8kAnswer.ts';

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
}

/** Names of the same thing in the files people have. */
const PROBLEM = ['problem', 'question', 'prompt', 'input', 'Problem'];
const ANSWER = ['answer', 'final_answer', 'target', 'expected_answer', 'Answer', 'solution'];
const ID = ['id', 'unique_id', 'ID', 'idx'];

/**
 * Reads a benchmark of yours: JSONL, a JSON list, or `{ "rows": [...] }`, with any of the usual names
 * for problem, answer and id. A GSM8K answer is what follows `####`, a whole solution counts by its last
 * box. Nothing is downloaded.
 *
 * @throws {EfEnvError} `format` with the row's number if problem or answer is missing.
 *
 * @example
 * readBenchmark('{"question": "1+1?", "answer": "It is #### 2"}', { name: 'mine' }).problems[0];
 * // { id: 'mine-1', problem: '1+1?', answer: '2' }
 */
export function readBenchmark(text: string, options: ReadBenchmarkOptions): Benchmark {
  const { name } = options;
  const rows = readRows(text);
  const problems = rows.map((row, i) => {
    const problem = field(row, PROBLEM);
    const answer = field(row, ANSWER);
    if (problem === null || answer === null) {
      throw new EfEnvError(
        'format',
        `readBenchmark: row ${i + 1} of '${name}' needs one of ${PROBLEM.join(', ')} and one of ${ANSWER.join(', ')}, has ${Object.keys(row).join(', ')}.`,
      );
    }
    return { id: field(row, ID) ?? `${name}-${i + 1}`, problem, answer: bareAnswer(answer) };
  });
  return { name, problems };
}

function readRows(text: string): Record<string, unknown>[] {
  const parse = (source: string, line: number): unknown => {
    try {
      return JSON.parse(source);
    } catch (error) {
      throw new EfEnvError(
        'format',
        `readBenchmark: line ${line} is no JSON (${error instanceof Error ? error.message : error}).`,
      );
    }
  };
  const trimmed = text.trim();
  let values: unknown[];
  if (trimmed.startsWith('['))
    values = parse(trimmed, 1) as unknown[]; // begins with a bracket
  else
    values = trimmed
      .split('\n')
      .flatMap((line, i) => (line.trim() === '' ? [] : [parse(line, i + 1)]));
  const [first] = values;
  if (values.length === 1 && isRow(first) && Array.isArray(first.rows)) values = first.rows;
  const bad = values.findIndex((value) => !isRow(value));
  if (bad >= 0) throw new EfEnvError('format', `readBenchmark: row ${bad + 1} is no object.`);
  return values.map((value) => (isRow(value) && isRow(value.row) ? value.row : value)) as Record<
    string,
    unknown
  >[]; // just tested
}

const isRow = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function field(row: Record<string, unknown>, names: readonly string[]): string | null {
  for (const name of names) {
    const value = row[name];
    if (typeof value === 'string' || typeof value === 'number') return `${value}`;
  }
  return null;
}

const bareAnswer = (answer: string): string =>
  gsm8kAnswer(answer) ?? (answer.length > 100 ? (lastBoxed(answer) ?? answer) : answer);
