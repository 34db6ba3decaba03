import { totalmem } from 'node:os';
import { PROCESS_BYTES, parameterShapes, planMemory, type Qwen3Config } from '@molrl/qwen3';
import type { TrainerSettings } from '../../config/schema.ts';
import { tokensPerPass } from '../../method/microBatches.ts';
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
  const { stages, lora, grpo, gradientCheckpointing } = settings;
  const rows = grpo.prompts * grpo.numGenerations;
  const loraRank = lora?.r ?? 0;
  const most = tokensPerPass(config, loraRank);
  const passes = batches(settings, lengths).map(({ rows, tokens }) =>
    Math.max(tokens, Math.min(rows * tokens, most)),
  );
  const { parts, peak, mapped, limit } = planMemory(config, {
    ...{ loraRank, frozen: lora === undefined ? null : PUBLISHED },
    train: {
      tokens: Math.max(1, ...passes),
      gradientCheckpointing,
      optimizer: optimizerOf(settings),
      ...({ ref: lora === undefined ? 'copy' : 'adapterOff', kl: true } as const), // the frozen base
    },
    ...(stages.some((stage) => stage !== 'sft' && stage !== 'mol') && {
      generate: {
        rows: Math.min(rows, MOST_ROWS),
        promptTokens: lengths.prompt,
        maxTokens: grpo.maxCompletionLength,
      },
    }),
  });
  const beside = mapped + PROCESS_BYTES;
  return {
    needed: peak + beside,
    there: Math.min(machineMemory(), limit + beside),
    parts: {
      ...parts,
      ...(mapped > 0 && { 'frozen weights': mapped }),
    },
    trained: parts.gradients / 4,
    parameters: parameterCount(config),
  };
}

/** Type of most published files, for the matrices that an adapter leaves as they are. */
const PUBLISHED = 'bf16';

const optimizerOf = ({ optim }: TrainerSettings) => (optim === 'adamw_8bit' ? 'adamw8bit' : optim);

const parameterCount = (config: Qwen3Config): number =>
  Object.values(parameterShapes(config)).reduce(
    (total, shape) => total + shape.reduce((size, length) => size * length, 1),
    0,
  );

/** Attempts of a live episode. */
const LIVE_TURNS = 2;

/** What each training stage takes at once, were it in one pass, and the tokens of a long row of it. */
function batches(settings: TrainerSettings, { prompt, sftRow }: Lengths) {
  const { stages, collect, sft, mol, live, grpo } = settings;
  const attempt = grpo.maxCompletionLength;
  const ofStage = {
    sft: { rows: sft.batchSize, tokens: sftRow },
    mol: {
      rows: mol.batchSize + (mol.generalBatchSize ?? mol.batchSize),
      tokens: prompt + collect.maxTurns * attempt,
    },
    live: { rows: live.prompts * live.numGenerations, tokens: prompt + LIVE_TURNS * attempt },
    grpo: {
      rows: grpo.microBatchSize ?? grpo.prompts * grpo.numGenerations,
      tokens: prompt + attempt,
    },
  };
  return stages.flatMap((stage) => (stage in ofStage ? [ofStage[stage as 'grpo']] : [])); // a key of it
}

/** Sequences that are sampled at once. */
const MOST_ROWS = 256;

/** Of the machine, or of the container where it has less. */
function machineMemory(): number {
  const allowed = process.constrainedMemory();
  return allowed > 0 ? Math.min(allowed, totalmem()) : totalmem();
}
