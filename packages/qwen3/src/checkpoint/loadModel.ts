import type { Variable } from '@tensorflow/tfjs-core';
import { Qwen3Error } from '../base/errors.ts';
import { checkOptionNames } from '../base/optionChecks.ts';
import { loadGguf } from '../gguf/loadGguf.ts';
import { isGguf } from '../gguf/tokenizerFiles.ts';
import { Qwen3 } from '../model/qwen3.ts';
import type { Qwen3Config } from '../model/qwen3Config.ts';
import { toVariable } from '../model/toVariable.ts';
import { filePath } from './filePath.ts';
import { withGenerationEnds } from './generationEnds.ts';
import { type ModelFiles, modelFiles } from './modelFiles.ts';
import { openSafetensors, type SafetensorsFile } from './openSafetensors.ts';
import { INDEX_FILE, openShards } from './openShards.ts';
import { parseConfig } from './parseConfig.ts';
import { readFloats } from './readFloats.ts';
import { EMBEDDING, HEAD, weightPlaces } from './weightNames.ts';

export interface LoadModelOptions {
  /** Name of the configuration inside the folder. Default `'config.json'`. */
  configFile?: string | undefined;
}

const WEIGHTS_FILE = 'model.safetensors';

/**
 * Loads a model as Hugging Face publishes it: `config.json`, whose `model_type` says which family it is (`qwen3`,
 * `qwen3_moe`, `qwen2`, `llama`, `smollm3`), the weights in `model.safetensors` or in several files with
 * `model.safetensors.index.json` (F32, BF16 or F16; computed in f32) and, where it is there, `generation_config.json`,
 * whose end ids join the config's (`model.config.eosTokenId`); its sampling settings are not applied. Weights are read
 * one at a time and go to the current tfjs back end.
 *
 * A tied model whose file also holds an `lm_head.weight` shares the two if they are equal and keeps them
 * apart if they differ, as transformers does. Files without the prefix `model.` are read as transformers reads them.
 *
 * @param source - a folder, a `.safetensors` file beside its config, or a `.gguf` file of this machine (see `loadGguf`):
 * text, a `file:` URL, or an `http(s):` address whose server answers range requests. A name on a hub must be downloaded first.
 * @throws {Qwen3Error} `io` if the folder or a file is missing or the server refuses, `checkpoint` if the weights are
 * damaged, incomplete or contradict the config, `config` or `unsupported` as `parseConfig`; also for weights that are
 * not safetensors; `option` for the folder of an adapter.
 *
 * @example
 * await saveModel(createQwen3(TINY_CONFIG, { seed: 1 }), 'folder', { dtype: 'float32' });
 * const model = await loadModel('folder');
 * const hidden = model.forward(tokenBatch([{ ids: [1, 2, 3] }], { padId: 0 })); // [1, 3, H]
 */
export async function loadModel(
  source: string | URL,
  options: LoadModelOptions = {},
): Promise<Qwen3> {
  checkOptionNames('loadModel', options, ['configFile']);
  if (isGguf(source)) return loadGguf(source);
  const files = await modelFiles('loadModel', source);
  const configFile = filePath('loadModel: configFile', options.configFile ?? 'config.json');
  await files.require(configFile);
  const written = parseConfig(await files.json(configFile), files.at(configFile));
  const config = await withGenerationEnds(written, files);
  const { file, path } = await openWeights(files);
  const parameters = await readParameters(config, file, path);
  if (config.tieWordEmbeddings) shareEqualHead(parameters);
  return new Qwen3(config, parameters, files.folder);
}

/** One file goes before several, as in transformers. */
async function openWeights(files: ModelFiles): Promise<{ file: SafetensorsFile; path: string }> {
  const name = files.weights ?? WEIGHTS_FILE;
  if (!(await files.has(name)) && (await files.has(INDEX_FILE))) {
    return { file: await openShards(files), path: files.at(INDEX_FILE) };
  }
  await files.require(name);
  return { file: await openSafetensors(files.at(name)), path: files.at(name) };
}

async function readParameters(
  config: Qwen3Config,
  file: SafetensorsFile,
  path: string,
): Promise<Record<string, Variable>> {
  const parameters: Record<string, Variable> = {};
  try {
    for (const [name, { stored, shape }] of Object.entries(weightPlaces(config, file, path))) {
      if (file.entries.get(stored)?.dtype === 'I32') {
        throw new Qwen3Error(
          'checkpoint',
          `loadModel: ${stored} in ${path} holds integers, floats were expected.`,
        );
      }
      parameters[name] = toVariable(await readFloats('loadModel', file, stored), shape);
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
