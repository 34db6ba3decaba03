import { join } from 'node:path';

export const trajectoriesFile = (out: string): string => join(out, 'trajectories.jsonl');
export const metricsFile = (out: string): string => join(out, 'metrics.jsonl');
