import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** A JSON Lines file of a run: appended line by line, cut back when a run resumes. */
export interface LinesFile<Row> {
  append(row: Row): void;
  /** Cuts off what stands after so many bytes. */
  cut(keep: number): void;
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
export function openLinesFile<Row>(file: string, keep: number): LinesFile<Row> {
  const handle = openSync(file, 'a');
  if (fstatSync(handle).size > keep) ftruncateSync(handle, keep);
  return {
    append: (row) => {
      writeSync(handle, `${JSON.stringify(row)}\n`);
    },
    cut: (keep) => ftruncateSync(handle, keep),
    flush: () => {
      fsyncSync(handle);
      return fstatSync(handle).size;
    },
    close: () => closeSync(handle),
  };
}

/** All rows written so far. */
export const readLines = async <Row>(file: string): Promise<Row[]> =>
  parseLines<Row>(await readFile(file, 'utf8'));

/** Rows of the content of such a file. */
export const parseLines = <Row>(content: string): Row[] =>
  content
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row); // written by `append` above
