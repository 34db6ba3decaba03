/** One line of metrics.jsonl: where the run was, and what it measured. */
export interface MetricsRow {
  seed: number;
  arm: string;
  stage: 'teach' | 'grpo';
  step: number;
  [metric: string]: number | string;
}
