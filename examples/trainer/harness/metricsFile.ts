import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** One line of metrics.jsonl: where the run was, and what it measured. */
export interface MetricsRow {
  seed: number;
  arm: string;
  stage: 'teach' | 'grpo';
  step: number;
  [metric: string]: number | string;
}

/** metrics.jsonl of a run: appended line by line, cut back when a run resumes. */
export interface MetricsFile {
  append(row: MetricsRow): void;
  /** Length on disk, after a flush. */
  flush(): number;
  close(): void;
}

/**
 * Opens the file for appending.
 *
 * @param keep - Bytes that belong to the run: what a killed run wrote after its checkpoint is cut off,
 * because those updates are repeated.
 */
export function openMetricsFile(file: string, keep: number): MetricsFile {
  const handle = openSync(file, 'a');
  if (fstatSync(handle).size > keep) ftruncateSync(handle, keep);
  return {
    append: (row) => {
      writeSync(handle, `${JSON.stringify(row)}\n`);
    },
    flush: () => {
      fsyncSync(handle);
      return fstatSync(handle).size;
    },
    close: () => closeSync(handle),
  };
}

/** All rows written so far. */
export async function readMetrics(file: string): Promise<MetricsRow[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as MetricsRow); // written by `append` above
}
