import { join } from 'node:path';
import type { Variable } from '@tensorflow/tfjs-core';
import { Qwen3Error } from '../base/errors.ts';
import { checkOptionNames } from '../base/optionChecks.ts';
import { Qwen3 } from '../model/qwen3.ts';
import type { Qwen3Config } from '../model/qwen3Config.ts';
import { toVariable } from '../model/toVariable.ts';
import { filePath } from './filePath.ts';
import { withGenerationEnds } from './generationEnds.ts';
import { openSafetensors } from './openSafetensors.ts';
import { parseConfig } from './parseConfig.ts';
import { readFloats } from './readFloats.ts';
import { readJson } from './readJson.ts';
import { requireFiles } from './requireFiles.ts';
import { EMBEDDING, HEAD, weightPlaces } from './weightNames.ts';

export interface LoadQwen3Options {
  /** Name of the configuration inside the folder. Default `'config.json'`. */
  configFile?: string;
}

/**
 * Loads a model folder as Hugging Face publishes it: `config.json`, `model.safetensors` (F32, BF16 or
 * F16; computed in f32) and, where it is there, `generation_config.json`, whose end ids join the config's
 * (`model.config.eosTokenId`); its sampling settings are not applied. Weights go to the current tfjs back end.
 *
 * A tied model whose file also holds an `lm_head.weight` shares the two if they are equal and keeps them
 * apart if they differ, as transformers does. Files without the prefix `model.` are read as transformers reads them.
 *
 * @param folder - text or a `file:` URL; a name on a hub must be downloaded first.
 * @throws {Qwen3Error} `io` if the folder or a file is missing, `checkpoint` if the weights are damaged or
 * contradict the config, `config` or `unsupported` as `parseConfig`; also for a sharded checkpoint and for weights
 * that are not safetensors; `option` for the folder of an adapter.
 *
 * @example
 * await saveQwen3(createQwen3(TINY_CONFIG, { seed: 1 }), 'folder', { dtype: 'float32' });
 * const model = await loadQwen3('folder');
 * const hidden = model.forward(tokenBatch([{ ids: [1, 2, 3] }], { padId: 0 })); // [1, 3, H]
 */
export async function loadQwen3(
  folder: string | URL,
  options: LoadQwen3Options = {},
): Promise<Qwen3> {
  const path = filePath('loadQwen3', folder);
  checkOptionNames('loadQwen3', options, ['configFile']);
  const configFile = filePath('loadQwen3: configFile', options.configFile ?? 'config.json');
  await requireFiles('loadQwen3', 'model', path, [configFile]);
  const configPath = join(path, configFile);
  const written = parseConfig(await readJson('loadQwen3', configPath), configPath);
  const config = await withGenerationEnds(written, path);
  await requireFiles('loadQwen3', 'model', path, ['model.safetensors']);
  const parameters = await readParameters(config, join(path, 'model.safetensors'));
  if (config.tieWordEmbeddings) shareEqualHead(parameters);
  return new Qwen3(config, parameters, path);
}

async function readParameters(
  config: Qwen3Config,
  path: string,
): Promise<Record<string, Variable>> {
  const file = await openSafetensors(path);
  const parameters: Record<string, Variable> = {};
  try {
    for (const [name, { stored, shape }] of Object.entries(weightPlaces(config, file, path))) {
      if (file.entries.get(stored)?.dtype === 'I32') {
        throw new Qwen3Error(
          'checkpoint',
          `loadQwen3: ${stored} in ${path} holds integers, floats were expected.`,
        );
      }
      parameters[name] = toVariable(await readFloats('loadQwen3', file, stored), shape);
    }
    return parameters;
  } catch (error) {
    for (const loaded of Object.values(parameters)) loaded.dispose();
    throw error;
  } finally {
    await file.close();
  }
}

function shareEqualHead(parameters: Record<string, Variable>): void {
  const head = parameters[HEAD];
  const embedding = parameters[EMBEDDING];
  if (!head || !embedding) return;
  const a = head.dataSync();
  const b = embedding.dataSync();
  if (a.every((value, i) => value === b[i])) {
    head.dispose();
    delete parameters[HEAD];
  }
}
