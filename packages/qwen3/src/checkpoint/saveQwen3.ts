import { join, resolve } from 'node:path';
import { checkOptionNames } from '../base/optionChecks.ts';
import { checkModel } from '../model/checkModel.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { copyCompanions, missingCompanions } from './companionFiles.ts';
import { filePath } from './filePath.ts';
import { formatConfig } from './formatConfig.ts';
import { inTurn } from './inTurn.ts';
import { jsonText } from './jsonText.ts';
import { storedTensors } from './storedTensors.ts';
import { checkWeightDtype, type WeightDtype } from './weightDtype.ts';
import { writeFileAtomic } from './writeFileAtomic.ts';
import { writeSafetensors } from './writeSafetensors.ts';

export interface SaveQwen3Options {
  /** How weights are stored: exact, or rounded to half the size. No default: rounding must be meant. */
  dtype: WeightDtype;
  /**
   * Folder whose tokenizer files and `generation_config.json` are taken along; null = none. Default: the folder the
   * model was loaded from.
   */
  copyFrom?: string | URL | null | undefined;
}

export interface SavedQwen3 {
  /** Names of the files that were written. */
  files: string[];
  /** What transformers needs for text and the folder does not hold: copy it there from the base model. */
  missing: string[];
}

/** Fields that transformers reads as floats only. */
const FLOATS = ['rms_norm_eps', 'rope_theta', 'initializer_range', 'attention_dropout'];

/**
 * Writes `config.json` and `model.safetensors`, which `loadQwen3` and transformers read, and takes along what came
 * with the model: `tokenizer.json`, `tokenizer_config.json`, the chat template, `generation_config.json` and the
 * older files of vocabularies, replacing those in the folder. Each file appears whole or not at all; saves of one
 * process into the same folder wait for each other.
 *
 * A LoRA adapter is not included: use `saveAdapter`, or save the model that `mergeLora` returns. As `'bfloat16'` a
 * merged model loses updates smaller than 2^-9 of their weight, most of a short LoRA run: save it as `'float32'`.
 *
 * @throws {Qwen3Error} `option` for an unknown option or dtype or a weight that is not finite (nothing is written then), `io` if
 * the folder cannot be written or the base's files cannot be read any more.
 *
 * @example
 * const model = createQwen3(TINY_CONFIG, { seed: 1 });
 * const { files, missing } = await saveQwen3(model, 'folder', { dtype: 'bfloat16' });
 * files; // ['model.safetensors', 'config.json']
 * missing; // ['tokenizer.json', 'tokenizer_config.json']: this model came from no folder
 */
export async function saveQwen3(
  model: Qwen3,
  folder: string | URL,
  options: SaveQwen3Options,
): Promise<SavedQwen3> {
  checkModel('saveQwen3', model);
  const path = filePath('saveQwen3', folder);
  checkOptionNames('saveQwen3', options ?? {}, ['dtype', 'copyFrom']);
  const { dtype, copyFrom = model.folder ?? null } = { ...options };
  checkWeightDtype('saveQwen3', dtype);
  const base = copyFrom === null ? null : filePath('saveQwen3', copyFrom);
  const stored = await storedTensors('saveQwen3', model.parameters, dtype);
  const config = jsonText(formatConfig(model.config, dtype), FLOATS);
  return inTurn(resolve(path), async () => {
    await writeSafetensors(join(path, 'model.safetensors'), stored, { dtype });
    await writeFileAtomic(join(path, 'config.json'), [config]);
    const copied = base === null ? [] : await copyCompanions(base, path);
    return {
      files: ['model.safetensors', 'config.json', ...copied],
      missing: await missingCompanions(path),
    };
  });
}
