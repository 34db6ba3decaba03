import { join, resolve } from '#platform';
import { checkInteger, checkOptionNames } from '../base/optionChecks.ts';
import { checkModel } from '../model/checkModel.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { copyCompanions, missingCompanions } from './companionFiles.ts';
import { filePath } from './filePath.ts';
import { formatConfig } from './formatConfig.ts';
import { inTurn } from './inTurn.ts';
import { jsonText } from './jsonText.ts';
import { tensorsToWrite } from './tensorsToWrite.ts';
import { checkWeightDtype, type WeightDtype } from './weightDtype.ts';
import { writeFileAtomically } from './writeFileAtomically.ts';
import { writeWeights } from './writeWeights.ts';

export interface SaveModelOptions {
  /** How weights are stored: exact, or rounded to half the size. No default: rounding must be meant. */
  dtype: WeightDtype;
  /**
   * Folder whose tokenizer files and `generation_config.json` are taken along; null = none. Default: the folder the
   * model was loaded from.
   */
  copyFrom?: string | URL | null | undefined;
  /** Bytes of tensors per file: a larger model goes into several, with an index. Default 5e9. */
  maxShardBytes?: number | undefined;
}

export interface SavedModel {
  /** Names of the files that were written. */
  files: string[];
  /** What transformers needs for text and the folder does not hold: copy it there from the base model. */
  missing: string[];
}

/** Fields that transformers reads as floats only. */
const FLOATS = [
  ...['rms_norm_eps', 'rope_theta', 'initializer_range', 'attention_dropout'],
  ...['router_aux_loss_coef', 'factor', 'low_freq_factor', 'high_freq_factor', 'attention_factor'],
  ...['beta_fast', 'beta_slow', 'mscale', 'mscale_all_dim'],
];

/**
 * Writes `config.json` and `model.safetensors` (or several files with `model.safetensors.index.json`), which `loadModel` and
 * transformers read, and takes along what came with the model: `tokenizer.json`, `tokenizer_config.json`, the chat
 * template, `generation_config.json` and the older files of vocabularies, replacing those in the folder. Each file appears
 * whole or not at all; of several files of weights the old ones stay until all new ones are there. Saves of one process
 * into the same folder wait for each other. Weights are fetched one at a time.
 *
 * A LoRA adapter is not included: use `saveAdapter`, or save the model that `mergeLora` returns. As `'bfloat16'` a
 * merged model loses updates smaller than 2^-9 of their weight, most of a short LoRA run: save it as `'float32'`.
 *
 * @throws {Qwen3Error} `option` for an unknown option or dtype or a weight that is not finite (nothing is written then), `io` if
 * the folder cannot be written or the base's files cannot be read any more.
 *
 * @example
 * const model = createQwen3(TINY_CONFIG, { seed: 1 });
 * const { files, missing } = await saveModel(model, 'folder', { dtype: 'bfloat16' });
 * files; // ['model.safetensors', 'config.json']
 * missing; // ['tokenizer.json', 'tokenizer_config.json']: this model came from no folder
 */
export async function saveModel(
  model: Qwen3,
  folder: string | URL,
  options: SaveModelOptions,
): Promise<SavedModel> {
  checkModel('saveModel', model);
  const path = filePath('saveModel', folder);
  checkOptionNames('saveModel', options ?? {}, ['dtype', 'copyFrom', 'maxShardBytes']);
  const { dtype, copyFrom = model.folder ?? null, maxShardBytes = 5e9 } = { ...options };
  checkWeightDtype('saveModel', dtype);
  checkInteger('saveModel: maxShardBytes', maxShardBytes, [1]);
  const base = copyFrom === null ? null : filePath('saveModel', copyFrom);
  const config = jsonText(formatConfig(model.config, dtype), FLOATS);
  const tensors = tensorsToWrite('saveModel', model.weights(), dtype);
  return inTurn(resolve(path), async () => {
    const weights = await writeWeights(path, tensors, maxShardBytes);
    await writeFileAtomically(join(path, 'config.json'), [config]);
    const copied = base === null ? [] : await copyCompanions(base, path);
    return {
      files: [...weights, 'config.json', ...copied],
      missing: await missingCompanions(path),
    };
  });
}
