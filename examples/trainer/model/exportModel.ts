import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { mergeLora, type Qwen3, saveAdapter, saveGguf, saveModel } from '@molrl/qwen3';
import type { ExportKind } from '../config/sections/exporting.ts';
import { replaceFile } from '../harness/replaceFile.ts';
import type { Learner } from '../method/learner.ts';

/** Families that llama.cpp's files can hold. */
const GGUF_FAMILIES = ['qwen3', 'qwen2', 'llama'];

export interface ExportOptions {
  /** Folder of the run. */
  out: string;
  kinds: readonly ExportKind[];
  /** Says how it was made; goes beside each as README.md. */
  card(kind: ExportKind): string;
}

/** What is written where. */
export interface Exported {
  kind: ExportKind;
  /** Folder, or GGUF file. */
  path: string;
}

/** With LoRA the adapter, else the whole model. */
export const usualExport = (lora: boolean): ExportKind[] => [lora ? 'adapter' : 'merged'];

/** Refuses before the run what could not be written after it. */
export function checkExport({ model }: Pick<Learner, 'model'>, kinds: readonly ExportKind[]): void {
  const { modelType = 'qwen3', slidingWindow } = model.config;
  if (!kinds.includes('gguf')) return;
  if (slidingWindow !== undefined)
    throw new Error(
      `export: a model with a sliding window (${slidingWindow}) cannot be written as GGUF: llama.cpp has none for this family. Take merged.`,
    );
  if (GGUF_FAMILIES.includes(modelType)) return;
  throw new Error(
    `export: a model of the family ${modelType} cannot be written as GGUF, ${GGUF_FAMILIES.join(', ')} can. Take merged, and convert that with llama.cpp's convert_hf_to_gguf.py.`,
  );
}

/** Writes what a run leaves: a PEFT adapter, a Hugging Face folder, a GGUF file (F16), each with its card. */
export async function exportModel(
  { model, source }: Pick<Learner, 'model' | 'source'>,
  { out, kinds, card }: ExportOptions,
): Promise<Exported[]> {
  const write = async (whole: Qwen3): Promise<Exported[]> => {
    const written: Exported[] = [];
    for (const kind of kinds) {
      const { folder, path } = await WRITE[kind]({ model, whole, source, out });
      await replaceFile(join(folder, 'README.md'), card(kind));
      written.push({ kind, path });
    }
    return written;
  };
  return kinds.some((kind) => kind !== 'adapter') ? withWhole(model, write) : write(model);
}

/** A Hugging Face folder of the model with its adapter worked in; the tokenizer's files come along from the base. */
export const saveWhole = (model: Qwen3, folder: string): Promise<void> =>
  withWhole(model, async (whole) => {
    await saveModel(whole, folder, { dtype: 'float32' }); // bfloat16 would lose most of a short run
  });

/** Does something with the model as if it had no adapter. */
async function withWhole<T>(model: Qwen3, work: (whole: Qwen3) => Promise<T>): Promise<T> {
  const whole = model.adapter ? mergeLora(model) : model;
  try {
    return await work(whole);
  } finally {
    if (whole !== model) whole.dispose();
  }
}

interface Parts {
  model: Qwen3;
  /** The model with its adapter worked in. */
  whole: Qwen3;
  source: string;
  out: string;
}

/** `folder` gets the card. */
const WRITE: Record<ExportKind, (parts: Parts) => Promise<{ folder: string; path: string }>> = {
  async adapter({ model, source, out }) {
    const folder = join(out, 'adapter');
    await saveAdapter(model, folder, { baseModel: source });
    return { folder, path: folder };
  },
  async merged({ whole, out }) {
    const folder = join(out, 'model');
    await saveWhole(whole, folder);
    return { folder, path: folder };
  },
  async gguf({ whole, source, out }) {
    const folder = join(out, 'gguf');
    await mkdir(folder, { recursive: true });
    const path = join(folder, 'model.gguf');
    await saveGguf(whole, path, { dtype: 'F16', tokenizer: source });
    return { folder, path };
  },
};
