import { join } from 'node:path';
import { addLora, type Qwen3, removeAdapter, saveAdapter } from '@molrl/qwen3';

/** An adapter that we trained, and what it makes of the prompts. */
export interface SavedVariant {
  name: string;
  path: string;
  logits: Float32Array[];
}

/** The forms of PEFT's LoRA that scale otherwise; ranks whose root is no whole number tell rsLoRA's scaling. */
const VARIANTS = {
  rsLoRA: { r: 6, alpha: 6, useRslora: true },
  DoRA: { r: 4, alpha: 8, useDora: true },
  'DoRA with rsLoRA': { r: 6, alpha: 6, useDora: true, useRslora: true },
} as const;

/** One adapter of each form, trained and written as PEFT's; none is left on the model. */
export async function saveVariants(
  model: Qwen3,
  folder: string,
  { train, logits }: { train(): Promise<unknown>; logits(): Float32Array[] },
): Promise<SavedVariant[]> {
  const saved: SavedVariant[] = [];
  for (const [name, options] of Object.entries(VARIANTS)) {
    addLora(model, { ...options, name, seed: 1 });
    await train();
    const path = join(folder, name.replaceAll(' ', '-'));
    await saveAdapter(model, path);
    saved.push({ name, path, logits: logits() });
    removeAdapter(model, name);
  }
  return saved;
}
