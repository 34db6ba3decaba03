import { z } from 'zod';
import { named, oneOf } from '../settingTypes.ts';

export const EXPORT_KINDS = ['adapter', 'merged', 'gguf'] as const;
export type ExportKind = (typeof EXPORT_KINDS)[number];

/** What a run leaves behind of its model. */
export const exporting = {
  export: named(
    z.array(oneOf(EXPORT_KINDS)).min(1, 'must name one').optional(),
    'What is written at the end: `adapter` (PEFT), `merged` (a Hugging Face folder, float32), `gguf` (F16). Default: the adapter with `lora`, else `merged`.',
    { trl: 'save_model', verl: 'actor.checkpoint.save_contents', primeRl: 'weights.save_format' },
  ),
};
