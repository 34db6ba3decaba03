/** One line of metrics.jsonl: place and name of the stage, updates of it that were done, and what they measured. */
export interface MetricsRow {
  stage: string;
  step: number;
  [metric: string]: number | string;
}
