import { join } from 'node:path';
import { saveAdapter, saveQwen3 } from '@molrl/qwen3';
import type { Learner } from '../method/learner.ts';

/** What a run leaves: a PEFT adapter, or with all weights trained a Hugging Face folder. */
export async function exportModel(
  { model }: Learner,
  { out, base }: { out: string; base: string },
): Promise<{ what: string; folder: string; next: string }> {
  if (model.adapter) {
    const folder = join(out, 'adapter');
    await saveAdapter(model, folder);
    return { what: 'Adapter', folder, next: `${base} --adapter ${folder}` };
  }
  const folder = join(out, 'model');
  await saveQwen3(model, folder, { dtype: 'float32' });
  return { what: 'Model', folder, next: folder };
}
