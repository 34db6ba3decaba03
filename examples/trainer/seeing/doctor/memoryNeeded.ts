import { totalmem } from 'node:os';
import { PROCESS_BYTES, planMemory, type Qwen3Config } from '@molrl/qwen3';
import type { TrainerSettings } from '../../config/schema.ts';
import type { BeforeRun } from './check.ts';

/** The longest sequences of a run, in tokens. */
export interface Lengths {
  prompt: number;
  /** Of a row of `sft.data`. */
  sftRow: number;
}

/** What a run will need at its peak, by part, and what the machine has. */
export function memoryNeeded(
  config: Qwen3Config,
  settings: TrainerSettings,
  lengths: Lengths,
): BeforeRun['memory'] & { trained: number; parameters: number } {
  const { stages, lora, grpo, sft } = settings;
  const rows = grpo.prompts * grpo.numGenerations;
  const attempts = stages.includes('grpo')
    ? (grpo.microBatchSize ?? rows) * (lengths.prompt + grpo.maxCompletionLength)
    : 0;
  const taught = stages.includes('sft') ? sft.batchSize * lengths.sftRow : 0;
  const { parts, peak, limit } = planMemory(config, {
    loraRank: lora?.r ?? 0,
    train: { tokens: Math.max(1, attempts, taught) },
    ...(stages.some((stage) => stage !== 'sft' && stage !== 'mol') && {
      generate: {
        rows: Math.min(rows, MOST_ROWS),
        promptTokens: lengths.prompt,
        maxTokens: grpo.maxCompletionLength,
      },
    }),
  });
  // Without an adapter the frozen base stands beside the model.
  const base = lora === undefined ? parts.weights : 0;
  const adapter = lora === undefined ? 0 : parts.optimizer / 2;
  return {
    needed: peak + base + PROCESS_BYTES,
    there: Math.min(machineMemory(), limit + PROCESS_BYTES),
    parts: { ...parts, ...(base > 0 && { 'frozen base': base }) },
    trained: parts.optimizer / 8, // two moments of four bytes
    parameters: (parts.weights - adapter) / 4,
  };
}

/** Sequences that are sampled at once. */
const MOST_ROWS = 256;

/** Of the machine, or of the container where it has less. */
function machineMemory(): number {
  const allowed = process.constrainedMemory();
  return allowed > 0 ? Math.min(allowed, totalmem()) : totalmem();
}
