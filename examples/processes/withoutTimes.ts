/** A row of metrics.jsonl, but for what the clock decides. */
export const withoutTimes = (row: object): object =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith('perf/')));
