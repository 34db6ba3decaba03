import { readFileSync } from 'node:fs';
import { type LinesFile, openLinesFile, parseLines } from './linesFile.ts';
import type { MetricsRow } from './metricsRow.ts';

/** metrics.jsonl of a run, with all that stands in it. */
export interface MetricsLog extends LinesFile<MetricsRow> {
  /** From the run's beginning, those before it was resumed included. */
  readonly rows: readonly MetricsRow[];
}

/**
 * Opens the file for appending; see `openLinesFile`.
 *
 * @param onRow - Gets each row that is appended.
 */
export function openMetricsLog(
  file: string,
  keep: number,
  onRow: (row: MetricsRow) => void,
): MetricsLog {
  const lines = openLinesFile<MetricsRow>(file, keep);
  const rows = parseLines<MetricsRow>(readFileSync(file, 'utf8'));
  return {
    ...lines,
    rows,
    cut: (bytes) => {
      lines.cut(bytes);
      rows.splice(0, rows.length, ...parseLines<MetricsRow>(readFileSync(file, 'utf8')));
    },
    append: (row) => {
      lines.append(row);
      rows.push(row);
      onRow(row);
    },
  };
}
