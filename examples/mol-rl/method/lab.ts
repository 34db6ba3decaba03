import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  addLora,
  loadQwen3,
  loadTokenizer,
  type Qwen3,
  type Qwen3Policy,
  qwen3Policy,
  type TokenBatch,
  type Tokenizer,
  withoutAdapter,
} from '@molrl/qwen3';
import type { Tensor } from '@tensorflow/tfjs-core';

export interface LabOptions {
  /** Folder of the base model: config.json, model.safetensors, tokenizer.json. Default: the one shipped. */
  model?: string | undefined;
  /** Rank of a LoRA adapter (alpha is twice the rank); absent = full fine-tuning. */
  lora?: number | undefined;
}

/** What all stages work with: one model that learns, the frozen base, the words. */
export interface Lab {
  /** The model that is trained. Each arm starts it from its own weights. */
  model: Qwen3;
  tokenizer: Tokenizer;
  policy: Qwen3Policy;
  /** Hidden states of the frozen base, `[B, T, H]`: with LoRA the same weights with the adapter off. */
  baseForward(batch: TokenBatch): Tensor;
  baseHead(): Tensor;
  text: {
    /** Tokens of the text that general sequences are cut from. */
    train: number[];
    validation: number[];
    test: number[];
  };
  dispose(): void;
}

const here = fileURLToPath(new URL('../', import.meta.url));

/** The end of a turn, in the recipe's chat format. */
export const END_OF_TURN = '<|im_end|>';

/** Loads the model twice (or once, with LoRA), the tokenizer and the general text. */
export async function loadLab(options: LabOptions): Promise<Lab> {
  const folder = options.model ?? join(here, 'base');
  await assertModelFolder(folder);
  const tokenizer = await loadTokenizer(folder);
  const model = await loadQwen3(folder);
  const base = options.lora === undefined ? await loadQwen3(folder) : model;
  if (options.lora !== undefined) addLora(model, { r: options.lora, alpha: 2 * options.lora });
  const [train, heldOut] = await Promise.all(['train', 'heldOut'].map((name) => readText(name)));
  const heldOutIds = tokenizer.encode(heldOut!); // two names were read
  const half = heldOutIds.length >> 1;
  return {
    model,
    tokenizer,
    policy: qwen3Policy(model, tokenizer, { format: 'recipe' }),
    baseForward: (batch) => withoutAdapter(base, () => base.forward(batch)),
    baseHead: () => base.head(),
    text: {
      train: tokenizer.encode(train!), // two names were read
      validation: heldOutIds.slice(0, half),
      test: heldOutIds.slice(half),
    },
    dispose: () => {
      model.dispose();
      if (base !== model) base.dispose();
    },
  };
}

const readText = (name: string): Promise<string> =>
  readFile(join(here, 'text', `${name}.txt`), 'utf8');

async function assertModelFolder(folder: string): Promise<void> {
  for (const name of ['config.json', 'model.safetensors', 'tokenizer.json']) {
    const path = join(folder, name);
    const found = await access(path).then(
      () => true,
      () => false,
    );
    if (!found) {
      throw new Error(
        `--model: ${path} cannot be read. Give a folder with config.json, model.safetensors and tokenizer.json, or leave --model out to use the model that ships with the example.`,
      );
    }
  }
}
