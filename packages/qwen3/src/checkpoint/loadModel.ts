import { checkBoolean, checkOptionNames } from '../base/optionChecks.ts';
import { loadGguf } from '../gguf/loadGguf.ts';
import { isGguf } from '../gguf/tokenizerFiles.ts';
import { Qwen3 } from '../model/qwen3.ts';
import { filePath } from './filePath.ts';
import { withGenerationEnds } from './generationEnds.ts';
import { isFolder, type ModelFiles, modelFiles } from './modelFiles.ts';
import { modelWeights } from './modelWeights.ts';
import { openTensorFile, type TensorFile } from './openSafetensors.ts';
import { INDEX_FILE, openShards } from './openShards.ts';
import { parseConfig } from './parseConfig.ts';
import { dequantized } from './quantized/dequantized.ts';
import { readQuantization } from './quantized/readQuantization.ts';

export interface LoadModelOptions {
  /** Name of the configuration inside the folder. Default `'config.json'`. */
  configFile?: string | undefined;
  /**
   * Matrices stay as their file has them (F32, BF16 or F16; of GGUF also Q8_0, Q4_0, Q4_1), mapped into memory and outside
   * the heap: nothing is copied, a model larger than the heap loads at once, and only an adapter can be trained. Their values
   * are not searched for NaN. Those of quantised safetensors are dequantised into memory. Default false.
   */
  frozen?: boolean | undefined;
}

const WEIGHTS_FILE = 'model.safetensors';

/**
 * Loads a model as Hugging Face publishes it: `config.json`, whose `model_type` says which family it is (`qwen3`,
 * `qwen3_moe`, `qwen2`, `llama`, `mistral`, `smollm3`), the weights in `model.safetensors` or in several files with
 * `model.safetensors.index.json` (F32, BF16 or F16; computed in f32) and, where it is there, `generation_config.json`,
 * whose end ids join the config's (`model.config.eosTokenId`); its sampling settings are not applied. Weights are read
 * one at a time and go to the current tfjs back end.
 *
 * Quantised weights are read as well, where `quantization_config` names one of these layouts: bitsandbytes (8 bits; nf4 and fp4),
 * compressed-tensors (int-, float- and naive-quantized of 8 bits; pack-quantized of 4 and 8) and fp8 with a scale per block. Each
 * matrix gets the values, bit for bit, that its library dequantises it to, and the model is an ordinary one of floats: it is trained
 * and saved as such. Its outputs are not quite those of the library at run time: LLM.int8(), W8A8 and dynamic fp8 round activations,
 * too, which is not done here.
 *
 * A tied model whose file also holds an `lm_head.weight` shares the two if they are equal and keeps them
 * apart if they differ, as transformers does. Files without the prefix `model.` are read as transformers reads them.
 *
 * @param source - a folder, a `.safetensors` file beside its config, or a `.gguf` file of this machine (see `loadGguf`):
 * text, a `file:` URL, or an `http(s):` address whose server answers range requests. A name on a hub must be downloaded first.
 * @throws {Qwen3Error} `io` if the folder or a file is missing or the server refuses, `checkpoint` if the weights are
 * damaged, incomplete or contradict the config, `config` or `unsupported` as `parseConfig`; also for weights that are
 * not safetensors, and other ways of quantising them (GPTQ, AWQ, …); `option` for the folder of an adapter.
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
  checkOptionNames('loadModel', options, ['configFile', 'frozen']);
  const { frozen = false } = options;
  checkBoolean('loadModel: frozen', frozen);
  if (isGguf(source) && !(await isFolder(source))) return loadGguf(source, { frozen });
  const files = await modelFiles('loadModel', source);
  const configFile = filePath('loadModel: configFile', options.configFile ?? 'config.json');
  await files.require(configFile);
  const json = await files.json(configFile);
  const quantization = readQuantization(json, files.at(configFile));
  const plain = { ...json, quantization_config: undefined }; // what it says is done below
  const written = parseConfig(plain, files.at(configFile));
  const config = await withGenerationEnds(written, files);
  const { file, path } = await openWeights(files);
  try {
    const floats = quantization ? await dequantized(quantization, { file, path }) : file;
    const weights = await modelWeights(config, { file: floats, path, frozen });
    return new Qwen3(config, { ...weights, folder: files.folder });
  } finally {
    await file.close();
  }
}

/** One file goes before several, as in transformers. */
async function openWeights(files: ModelFiles): Promise<{ file: TensorFile; path: string }> {
  const name = files.weights ?? WEIGHTS_FILE;
  if (!(await files.has(name)) && (await files.has(INDEX_FILE))) {
    return { file: await openShards(files), path: files.at(INDEX_FILE) };
  }
  await files.require(name);
  return { file: await openTensorFile(files.at(name)), path: files.at(name) };
}
