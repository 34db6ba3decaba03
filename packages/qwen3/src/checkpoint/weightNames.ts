import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import { parameterShapes } from '../model/parameterShapes.ts';
import type { Qwen3Config } from '../model/qwen3Config.ts';
import type { SafetensorsFile } from './openSafetensors.ts';

export const EMBEDDING = 'model.embed_tokens.weight';
export const HEAD = 'lm_head.weight';

const OTHER_MODEL = 'The weights and config.json are of different models.';

/** Put before every name by wrappers around a model, with the way to save the model itself. */
const WRAPPERS: readonly [prefix: string, advice: string][] = [
  ['_orig_mod.', 'It was saved from a compiled model: save model._orig_mod instead.'],
  ['module.', 'It was saved from a model in DataParallel or DDP: save model.module instead.'],
  ['base_model.model.', 'It was saved from a PEFT model: save model.merge_and_unload() instead.'],
  ['transformer.', 'It is a model of another family.'],
];

/** A weight that is to be read: its name in the file and the shape config.json asks for. */
export interface WeightPlace {
  stored: string;
  shape: number[];
}

/**
 * Where the file holds each weight of the config. A file without the prefix `model.` (saved from transformers'
 * `Qwen3Model`) is read all the same; a tied model may bring an output head of its own.
 *
 * @throws {Qwen3Error} `checkpoint` if names or shapes are not those of the config. Layers are counted in the file
 * before the config's are listed, so that a damaged number of layers costs nothing.
 */
export function weightPlaces(
  config: Qwen3Config,
  file: SafetensorsFile,
  path: string,
): Record<string, WeightPlace> {
  const isBare = !file.entries.has(EMBEDDING) && file.entries.has(EMBEDDING.slice(6));
  const storedName = (name: string): string => (isBare ? name.replace(/^model\./, '') : name);
  checkWrappers(file, path);
  checkQuantized(file, path);
  checkLayers(config, file, path);
  const shapes = parameterShapes(config);
  if (file.entries.has(HEAD)) shapes[HEAD] = [config.vocabSize, config.hiddenSize];
  const places: Record<string, WeightPlace> = {};
  for (const [name, shape] of Object.entries(shapes)) {
    const stored = storedName(name);
    const entry = file.entries.get(stored);
    if (!entry) {
      const advice = isBare && name === HEAD ? HEADLESS : OTHER_MODEL;
      return fail(`${path} lacks ${stored}, which config.json asks for. ${advice}`);
    }
    if (entry.shape.join() !== shape.join()) {
      fail(
        `${stored} has shape ${showValue(entry.shape)}, config.json asks for ${showValue(shape)}. ${OTHER_MODEL}`,
      );
    }
    places[name] = { stored, shape };
  }
  checkUnknown(places, file, path);
  return places;
}

const HEADLESS =
  'It was saved from a model without an output head. Save it from AutoModelForCausalLM, or set tie_word_embeddings if the head is the embedding.';

function fail(what: string): never {
  throw new Qwen3Error('checkpoint', `loadModel: ${what}`);
}

function checkWrappers(file: SafetensorsFile, path: string): void {
  const names = [...file.entries.keys()];
  const wrapper = WRAPPERS.find(([prefix]) => names.some((name) => name.startsWith(prefix)));
  if (wrapper) fail(`names in ${path} begin with ${wrapper[0]} ${wrapper[1]}`);
}

/** Ends of names beside quantised weights, of GPTQ and AWQ too. */
const QUANTIZED_PART =
  /\.(SCB|weight\.absmax|weight_(scale|scale_inv|packed|zero_point)|qweight|qzeros)$/;

function checkQuantized(file: SafetensorsFile, path: string): void {
  const part = [...file.entries.keys()].find((name) => QUANTIZED_PART.test(name));
  if (part === undefined) return;
  fail(
    `${path} holds ${part}, a part of quantised weights that config.json does not explain (quantization_config). Take the config.json that was saved with them.`,
  );
}

function checkLayers(config: Qwen3Config, file: SafetensorsFile, path: string): void {
  const layers = new Set<string>();
  for (const name of file.entries.keys()) {
    const layer = /^(?:model\.)?layers\.(\d+)\./.exec(name)?.[1];
    if (layer !== undefined) layers.add(layer);
  }
  if (layers.size >= config.numHiddenLayers) return;
  fail(
    `config.json asks for num_hidden_layers = ${config.numHiddenLayers}, ${path} holds ${layers.size} layers. ${OTHER_MODEL}`,
  );
}

function checkUnknown(
  places: Record<string, WeightPlace>,
  file: SafetensorsFile,
  path: string,
): void {
  const known = new Set(Object.values(places).map(({ stored }) => stored));
  for (const name of file.entries.keys()) {
    if (known.has(name) || name.endsWith('rotary_emb.inv_freq')) continue;
    const isHead = /^(score|classifier|qa_outputs|v_head)\./.test(name);
    const advice = isHead
      ? 'It is a head for classification or values: this package runs language models.'
      : OTHER_MODEL;
    fail(`${path} holds ${name}, which a model of this config.json does not have. ${advice}`);
  }
}
