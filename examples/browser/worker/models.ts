import { putFiles, removeFiles } from '@molrl/qwen3';
import config from '../../mol-rl/base/config.json?url';
import weights from '../../mol-rl/base/model.safetensors?url';
import tokenizer from '../../mol-rl/base/tokenizer.json?url';
import { sha256 } from '../../trainer/base/sha256.ts';
import { type Learner, openLearner } from '../../trainer/method/learner.ts';
import type { Plan } from '../run/plan.ts';

const FOLDER = 'models/own';
const SHIPPED = {
  'config.json': config,
  'tokenizer.json': tokenizer,
  'model.safetensors': weights,
};

/** A model as the worker has it. */
export interface FoundModel {
  /** Where its files lie. */
  folder: string;
  /** That, or a GGUF file in it. */
  source: string;
  /** Chat format: the shipped model's own, else what the checkpoint's template writes. */
  format: 'recipe' | 'auto';
  identity: Plan['model'];
}

/** Puts the shipped model, or files of one's own, where `openLearner` finds them. */
export async function findModel(files: readonly File[]): Promise<FoundModel> {
  await removeFiles(FOLDER);
  const found: Record<string, Blob> =
    files.length > 0
      ? Object.fromEntries(files.map((file) => [file.name, file]))
      : await fetchShipped();
  await putFiles(FOLDER, found);
  const gguf = Object.keys(found).find((name) => name.toLowerCase().endsWith('.gguf'));
  if (files.length > 0 && gguf === undefined && !('config.json' in found))
    throw new Error(
      `model: give a .gguf file, or the files config.json, tokenizer.json and model.safetensors of a folder; got ${Object.keys(found).join(', ')}.`,
    );
  return {
    folder: FOLDER,
    source: gguf === undefined ? FOLDER : `${FOLDER}/${gguf}`,
    format: files.length > 0 ? 'auto' : 'recipe',
    identity: {
      name: files.length > 0 ? (gguf ?? 'own model') : 'shipped',
      fingerprint: await fingerprint(found),
    },
  };
}

export function loadLearner({ source, format }: FoundModel, lora: number): Promise<Learner> {
  return openLearner({ source, format, lora: lora === 0 ? undefined : { r: lora } });
}

async function fetchShipped(): Promise<Record<string, Blob>> {
  const entries = Object.entries(SHIPPED).map(async ([name, address]) => {
    const response = await fetch(address);
    if (!response.ok) throw new Error(`model: ${address}: the server answered ${response.status}.`);
    return [name, await response.blob()] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Enough of each file to tell models apart without reading gigabytes. */
const PIECE = 2 ** 20;

async function fingerprint(files: Record<string, Blob>): Promise<string> {
  const parts: Blob[] = [];
  for (const name of Object.keys(files).sort()) {
    const file = files[name]!; // a name of it
    parts.push(new Blob([`${name} ${file.size} `]), file.slice(0, PIECE), file.slice(-PIECE));
  }
  return sha256(new Uint8Array(await new Blob(parts).arrayBuffer()));
}
