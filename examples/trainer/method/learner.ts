import { join } from 'node:path';
import type { Segment } from '@molrl/ef-env';
import type { Role } from '@molrl/mol-loss';
import {
  addLora,
  type ChatFormat,
  type LanguageModel,
  loadQwen3,
  loadTokenizer,
  type Qwen3,
  type Qwen3Policy,
  qwen3Policy,
  type RenderedSegments,
  renderSegments,
  type Tokenizer,
  type TrainingSequence,
} from '@molrl/qwen3';
import { exists } from '../harness/exists.ts';

/** Tokens with the loss each one is the target of. */
export type Sequence = TrainingSequence<Role>;

/** The model that learns, as all that a stage asks of it. */
export interface Learner {
  /** What is trained. Each arm starts it from its own weights. */
  model: Qwen3;
  /** The frozen base: with LoRA the model itself, whose adapter is off for it. */
  ref: LanguageModel;
  tokenizer: Tokenizer;
  /** The model as a player of episodes. */
  policy: Qwen3Policy;
  /** An episode as tokens, in the chat format that the policy samples in. */
  render(segments: readonly Segment[]): RenderedSegments;
  dispose(): void;
}

export interface LoadLearnerOptions {
  /** Folder of the base model: config.json, model.safetensors, tokenizer.json. */
  folder: string;
  format: ChatFormat;
  /** A LoRA adapter, `alpha` by default twice its rank; absent = full fine-tuning. */
  lora?: { r: number; alpha?: number | undefined } | undefined;
}

/** Loads the tokenizer, and the model twice (once with LoRA). */
export async function loadLearner(options: LoadLearnerOptions): Promise<Learner> {
  const { folder, format, lora } = options;
  await assertModelFolder(folder);
  const tokenizer = await loadTokenizer(folder);
  const model = await loadQwen3(folder);
  const base = lora === undefined ? await loadQwen3(folder) : model;
  if (lora !== undefined) addLora(model, { r: lora.r, alpha: lora.alpha ?? 2 * lora.r });
  return {
    model,
    ref: base,
    tokenizer,
    policy: qwen3Policy(model, tokenizer, { format }),
    render: (segments) => renderSegments(segments, tokenizer, { format }),
    dispose: () => {
      model.dispose();
      if (base !== model) base.dispose();
    },
  };
}

async function assertModelFolder(folder: string): Promise<void> {
  for (const name of ['config.json', 'model.safetensors', 'tokenizer.json']) {
    const path = join(folder, name);
    if (!(await exists(path))) {
      throw new Error(
        `model: ${path} cannot be read. Give a folder with config.json, model.safetensors and tokenizer.json, or leave the setting out to use the model that ships with the example.`,
      );
    }
  }
}
