import { join } from 'node:path';
import { storedTensors } from '../checkpoint/saveQwen3.ts';
import { writeFileAtomic } from '../checkpoint/writeFileAtomic.ts';
import { writeSafetensors } from '../checkpoint/writeSafetensors.ts';
import { Qwen3Error } from '../errors.ts';
import type { Qwen3 } from '../model/qwen3.ts';

/** PEFT puts its wrapper's name before the module's. */
export const PEFT_PREFIX: string = 'base_model.model.';

/**
 * Writes the adapter as a PEFT folder: `adapter_config.json` and `adapter_model.safetensors`, each whole or not at all.
 *
 * @throws {Qwen3Error} `option` if the model has no adapter, `io` if the folder cannot be written.
 *
 * @example
 * const model = createQwen3(TINY_CONFIG, { seed: 1 });
 * addLora(model, { r: 4, alpha: 8 });
 * await saveAdapter(model, 'adapter');
 * const other = createQwen3(TINY_CONFIG, { seed: 1 });
 * await loadAdapter(other, 'adapter');
 * other.adapter?.scaling; // 2
 */
export async function saveAdapter(model: Qwen3, folder: string): Promise<void> {
  const { adapter } = model;
  if (!adapter)
    throw new Qwen3Error('option', 'saveAdapter: the model has no adapter. Add one with addLora.');
  const named = Object.fromEntries(
    Object.entries(adapter.parameters).map(([name, value]) => [PEFT_PREFIX + name, value]),
  );
  await writeSafetensors(join(folder, 'adapter_model.safetensors'), await storedTensors(named));
  const config = {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: null,
    r: adapter.r,
    lora_alpha: adapter.alpha,
    lora_dropout: 0,
    target_modules: [...adapter.targets].sort(),
    bias: 'none',
    fan_in_fan_out: false,
    init_lora_weights: true,
    inference_mode: true,
    use_dora: false,
    use_rslora: false,
  };
  await writeFileAtomic(join(folder, 'adapter_config.json'), [
    `${JSON.stringify(config, null, 2)}\n`,
  ]);
}
