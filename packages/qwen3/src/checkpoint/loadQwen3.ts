import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Variable } from '@tensorflow/tfjs-core';
import { Qwen3Error } from '../errors.ts';
import { parameterShapes } from '../model/parameterShapes.ts';
import { Qwen3 } from '../model/qwen3.ts';
import { toVariable } from '../model/toVariable.ts';
import { openSafetensors, type SafetensorsFile } from './openSafetensors.ts';
import { parseConfig } from './parseConfig.ts';
import type { Qwen3Config } from './qwen3Config.ts';
import { readJson } from './readJson.ts';

const EMBEDDING = 'model.embed_tokens.weight';
const HEAD = 'lm_head.weight';

export interface LoadQwen3Options {
  /** Name of the configuration inside the folder. Default `'config.json'`. */
  configFile?: string;
}

/**
 * Loads a model folder as Hugging Face publishes it: `config.json` and `model.safetensors` (F32, BF16 or
 * F16; computed in f32). Weights go to the current tfjs back end.
 *
 * A tied model whose file also holds an `lm_head.weight` shares the two if they are equal and keeps them
 * apart if they differ, as transformers does.
 *
 * @throws {Qwen3Error} `io` if the folder or a file is missing, `checkpoint` if the weights are damaged or
 * contradict the config, `config` or `unsupported` as `parseConfig`; also for a sharded checkpoint.
 *
 * @example
 * await saveQwen3(createQwen3(TINY_CONFIG, { seed: 1 }), 'folder', { dtype: 'float32' });
 * const model = await loadQwen3('folder');
 * const hidden = model.forward(tokenBatch([{ ids: [1, 2, 3] }], { padId: 0 })); // [1, 3, H]
 */
export async function loadQwen3(folder: string, options: LoadQwen3Options = {}): Promise<Qwen3> {
  const { configFile = 'config.json' } = options;
  const config = parseConfig(
    await readJson('loadQwen3', join(folder, configFile)),
    join(folder, configFile),
  );
  const weights = join(folder, 'model.safetensors');
  await refuseShards(folder, weights);
  const file = await openSafetensors(weights);
  const parameters: Record<string, Variable> = {};
  try {
    for (const [name, shape] of Object.entries(expectedShapes(config, file, weights))) {
      parameters[name] = toVariable(await readWeight(file, weights, name), shape);
    }
  } catch (error) {
    for (const loaded of Object.values(parameters)) loaded.dispose();
    throw error;
  } finally {
    await file.close();
  }
  if (config.tieWordEmbeddings) shareEqualHead(parameters);
  return new Qwen3(config, parameters);
}

async function refuseShards(folder: string, weights: string): Promise<void> {
  const exists = (path: string): Promise<boolean> =>
    access(path).then(
      () => true,
      () => false,
    );
  if (!(await exists(weights)) && (await exists(join(folder, 'model.safetensors.index.json')))) {
    throw new Qwen3Error(
      'unsupported',
      `loadQwen3: ${folder} holds a checkpoint in several files (model.safetensors.index.json), which is not supported by this version. Save it as one model.safetensors.`,
    );
  }
}

/** The config's shapes, compared with the file's; a tied model may bring a head of its own. */
function expectedShapes(
  config: Qwen3Config,
  file: SafetensorsFile,
  path: string,
): Record<string, number[]> {
  const shapes = parameterShapes(config);
  if (file.entries.has(HEAD)) shapes[HEAD] = [config.vocabSize, config.hiddenSize];
  for (const [name, shape] of Object.entries(shapes)) {
    const entry = file.entries.get(name);
    if (!entry) {
      throw new Qwen3Error(
        'checkpoint',
        `loadQwen3: ${path} lacks ${name}, which config.json asks for. The weights and config.json are of different models.`,
      );
    }
    if (entry.shape.join() !== shape.join()) {
      throw new Qwen3Error(
        'checkpoint',
        `loadQwen3: ${name} has shape [${entry.shape}], config.json asks for [${shape}]. The weights and config.json are of different models.`,
      );
    }
  }
  const unknown = [...file.entries.keys()].find(
    (name) => !(name in shapes) && !name.endsWith('rotary_emb.inv_freq'),
  );
  if (unknown) {
    throw new Qwen3Error(
      'checkpoint',
      `loadQwen3: ${path} holds ${unknown}, which a model of this config.json does not have. The weights and config.json are of different models.`,
    );
  }
  return shapes;
}

async function readWeight(
  file: SafetensorsFile,
  path: string,
  name: string,
): Promise<Float32Array> {
  const values = await file.read(name);
  if (!(values instanceof Float32Array)) {
    throw new Qwen3Error(
      'checkpoint',
      `loadQwen3: ${name} in ${path} holds integers, floats were expected.`,
    );
  }
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new Qwen3Error(
      'checkpoint',
      `loadQwen3: ${name} in ${path} is ${values[bad]} at index ${bad}. The checkpoint was saved from a diverged run or is damaged.`,
    );
  }
  return values;
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
